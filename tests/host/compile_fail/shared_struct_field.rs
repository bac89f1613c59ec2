//! A struct in shared memory has no plain fields.

use baremap::shared;
use baremap::share::PlainCell;

shared! {
    struct Header {
        plain: u32, //~ E0277
        pointer: *const u8, //~ E0277
        count: PlainCell<u32>,
        flag: PlainCell<bool>, //~ E0277
    }
}

pub fn main() -> baremap::Result<()> {
    let map = baremap::SharedMap::new(4)?;
    assert_eq!(map.value::<Header>(0)?.count.get(), 0);
    Ok(())
}
