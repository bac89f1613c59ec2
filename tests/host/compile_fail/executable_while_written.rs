//! A map is not made executable while somebody may write to it.

use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let mut map = AnonMap::new(1)?;
    let bytes = &mut map[..];
    let map = map.make_exec()?; //~ E0505
    bytes[0] = 0xc3;
    assert_eq!(map.len(), 1);
    Ok(())
}
