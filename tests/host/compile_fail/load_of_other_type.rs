//! Only types of which every pattern of bits is a value are loaded.

use baremap::SharedMap;

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(8)?;
    map.load::<bool>(0)?; //~ E0277
    map.load::<char>(0)?; //~ E0277
    map.load::<&u8>(0)?; //~ E0277
    map.load::<u64>(0).map(drop)
}
