//! Nobody writes to what is sealed.

use baremap::SealedMap;

pub fn main() -> baremap::Result<()> {
    let mut map = SealedMap::new(b"text")?;
    map[0] = b'T'; //~ E0594
    assert_eq!(&map[..], b"text");
    map = SealedMap::new(b"more")?;
    assert_eq!(&map[..], b"more");
    Ok(())
}
