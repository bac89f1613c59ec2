//! Only integers are atomics of any bytes: a `bool` is 0 or 1, and a pointer is of one process.

use baremap::SharedMap;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32};

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(8)?;
    map.atomic::<u32>(0)?; //~ E0277
    map.atomic::<AtomicBool>(0)?; //~ E0277
    map.atomic::<AtomicPtr<u8>>(0)?; //~ E0277
    map.atomic::<AtomicU32>(0).map(drop)
}
