//! What can be executed cannot be written.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let mut map = AnonMap::new(1)?;
    map[0] = 0xc3;
    let mut map = map.make_exec()?;
    map[0] = 0xc3; //~ E0594
    assert_eq!(map.as_ref(), [0xc3]);
    map = AnonMap::new(1)?.make_exec()?;
    assert_eq!(map.as_ref(), [0]);
    Ok(())
}
