//! A map has one owner, who unmaps it once.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let map = AnonMap::new(1)?;
    drop(map.clone()); //~ E0599
    drop(map);
    Ok(())
}
