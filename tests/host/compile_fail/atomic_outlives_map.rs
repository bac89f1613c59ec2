//! Atomics go with their map.

use baremap::SharedMap;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

pub fn main() -> baremap::Result<()> {
    let map = SharedMap::new(4)?;
    let counter: &AtomicU32 = map.atomic(0)?;
    drop(map); //~ E0505
    assert_eq!(counter.load(Relaxed), 0);
    Ok(())
}
