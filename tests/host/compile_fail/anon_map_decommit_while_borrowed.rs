//! What is borrowed of a map keeps its memory.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let map = AnonMap::new(1)?;
    let bytes = &map[..];
    map.decommit()?; //~ E0505
    assert_eq!(bytes, [0]);
    Ok(())
}
