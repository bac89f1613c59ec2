//! A slice does not outlive its map.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let map = AnonMap::new(1)?;
    let bytes = &map[..];
    drop(map); //~ E0505
    assert_eq!(bytes, [0]);
    Ok(())
}
