//! Values go with their map.

use baremap::SharedMap;
use baremap::share::PlainCell;

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(4)?;
    let value: &PlainCell<u32> = map.value(0)?;
    drop(map); //~ E0505
    assert_eq!(value.get(), 0);
    Ok(())
}
