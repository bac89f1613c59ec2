//! A slice does not outlive its map.

use baremap::map::GuardedMap;

pub fn main() -> baremap::Result<()> {
    let map = GuardedMap::new(1)?;
    let bytes = &map[..];
    drop(map); //~ E0505
    assert_eq!(bytes, [0]);
    Ok(())
}
