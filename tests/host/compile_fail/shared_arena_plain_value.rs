//! What lies in it may be changed by others.

use baremap::SharedMap;
use baremap::alloc::SharedArena;
use baremap::share::PlainCell;

pub fn main() -> baremap::Result<()> {
    let arena = SharedArena::create(SharedMap::new(1 << 16)?)?;
    arena.alloc(7_u32)?; //~ E0277
    arena.alloc(PlainCell::new(7_u32)).map(drop)
}
