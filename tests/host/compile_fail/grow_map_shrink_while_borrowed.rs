//! What is borrowed is not given back, and what grows is not borrowed.

use baremap::map::GrowMap;

pub fn main() -> baremap::Result<()> {
    let mut map = GrowMap::new(1 << 20)?;
    map.grow_to(1 << 20)?;
    let bytes = &map[..];
    map.shrink_to(0)?; //~ E0502
    map.grow_to(1 << 20)?; //~ E0502
    assert_eq!(bytes[0], 0);
    Ok(())
}
