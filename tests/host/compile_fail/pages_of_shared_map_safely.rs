//! Nor is there a safe function for it.

use baremap::SharedMap;
use baremap::alloc::MapPages;

pub fn main() -> baremap::Result<()> {
    MapPages::new(SharedMap::new(1)?)?; //~ E0277
    Ok(())
}
