//! Who fills a map that is going to be sealed has it no longer afterwards.

use baremap::{SealedMap, SharedBytes};

pub fn main() -> baremap::Result<()> {
    let mut escaped: Option<&SharedBytes> = None;
    let map = SealedMap::build(4, |bytes| {
        escaped = Some(bytes); //~ E0521
        bytes.write_at(0, b"text")
    })?;
    assert!(escaped.take().is_none());
    assert_eq!(&map[..], b"text");
    Ok(())
}
