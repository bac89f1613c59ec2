//! An allocator over memory that others have too is unsafe to make.

use baremap::alloc::MapPages;
use baremap::{AnonMap, SharedMap};

pub fn main() -> baremap::Result<()> {
    MapPages::over(SharedMap::new(1)?); //~ E0133
    // SAFETY: no other process has the map, which is written to through the pages only.
    drop(unsafe { MapPages::over(SharedMap::new(1)?) });
    MapPages::new(AnonMap::new(1)?).map(drop)
}
