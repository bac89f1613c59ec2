//! What an offset leads to goes with the map, not with the offset.

use baremap::SharedMap;
use baremap::share::{Offset, PlainCell};

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(8)?;
    let value = Offset::<PlainCell<u32>>::from_raw(4).get(&map)?;
    drop(map); //~ E0505
    assert_eq!(value.map(PlainCell::get), Some(0));
    Ok(())
}
