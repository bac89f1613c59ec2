//! Nor by the bytes that it lends as those of a file.

use baremap::SealedMap;

pub fn main() -> baremap::Result<()> {
    let map = SealedMap::new(b"text")?;
    map.as_shared().write_at(0, b"T")?; //~ E0599
    assert_eq!(map.as_shared().load::<u8>(0)?, b't');
    Ok(())
}
