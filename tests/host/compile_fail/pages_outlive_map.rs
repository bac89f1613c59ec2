//! Pages are a map's, and go with it.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let map = AnonMap::new(1)?;
    let pages = map.pages();
    drop(map); //~ E0505
    assert_eq!(pages.count(), 1);
    Ok(())
}
