//! A map that is read-only lends nothing to store to.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let map = AnonMap::new(1)?.make_read_only()?;
    assert_eq!(map[0], 0);
    map[0] = 1; //~ E0594
    Ok(())
}
