//! Behind a reference into shared memory everything may change: plain values may not lie there as such.

use baremap::SharedMap;
use baremap::share::PlainCell;
use core::cell::Cell;

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(8)?;
    map.value::<u32>(0)?; //~ E0277
    map.value::<Cell<u32>>(0)?; //~ E0277
    map.value::<&u8>(0)?; //~ E0277
    map.values::<Option<u32>>(0, 1)?; //~ E0277
    map.value::<PlainCell<u32>>(0).map(drop)
}
