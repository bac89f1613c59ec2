//! What may not be touched lends nothing.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let map = AnonMap::reserve(1)?;
    let _ = map[0]; //~ E0608
    assert_eq!(map.make_mut()?[0], 0);
    Ok(())
}
