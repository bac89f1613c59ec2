//! An offset leads to shared values only.

use baremap::SharedMap;
use baremap::share::{Offset, PlainCell};

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(8)?;
    Offset::of(&1_u32, &map)?; //~ E0277
    Offset::<u32>::from_raw(4).get(&map)?; //~ E0599
    Offset::<PlainCell<u32>>::from_raw(4).get(&map).map(drop)
}
