//! Another process may change the bytes at any moment: no slice of them.

use baremap::SharedMap;

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(1)?;
    let bytes: &[u8] = &map; //~ E0308
    let mut bytes = [1];
    map.read_at(0, &mut bytes)?;
    assert_eq!(bytes, [0]);
    Ok(())
}
