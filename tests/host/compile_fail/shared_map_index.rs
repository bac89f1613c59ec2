//! Nor a reference to one byte.

use baremap::SharedMap;

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(1)?;
    map[0] = 1; //~ E0608
    map.store(0, 1_u8)
}
