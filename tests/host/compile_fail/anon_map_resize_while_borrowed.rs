//! A map moves only when nothing of it is borrowed.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let mut map = AnonMap::new(1)?;
    let bytes = &map[..];
    map.resize(1 << 20)?; //~ E0502
    assert_eq!(bytes, [0]);
    Ok(())
}
