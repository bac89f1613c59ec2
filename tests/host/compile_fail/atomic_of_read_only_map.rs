//! An atomic may be stored to: a map that may not lends none.

use baremap::SharedMap;
use core::sync::atomic::AtomicU32;

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(4)?.make_read_only()?;
    map.atomic::<AtomicU32>(0)?; //~ E0599
    assert_eq!(map.load::<u32>(0)?, 0);
    Ok(())
}
