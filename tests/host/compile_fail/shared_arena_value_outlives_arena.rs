//! Values go with the arena's map.

use baremap::SharedMap;
use baremap::alloc::SharedArena;
use baremap::share::PlainCell;

pub fn main() -> baremap::Result<()> {
    let arena = SharedArena::create(SharedMap::new(1 << 16)?)?;
    let value = arena.alloc(PlainCell::new(7_u32))?;
    drop(arena); //~ E0505
    assert_eq!(value.get(), 7);
    Ok(())
}
