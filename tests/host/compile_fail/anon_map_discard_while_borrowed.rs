//! Bytes become zeros again only when nobody looks at them.

use baremap::{AnonMap, page};

pub fn main() -> baremap::Result<()> {
    let mut map = AnonMap::new(page::size())?;
    let bytes = &map[..];
    map.discard(0, page::size())?; //~ E0502
    assert_eq!(bytes[0], 0);
    Ok(())
}
