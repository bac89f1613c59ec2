//! A source stays while an arena has pages of it.

use baremap::alloc::{Arena, MapPages};
use baremap::AnonMap;

pub fn main() -> baremap::Result<()> {
    let source = MapPages::new(AnonMap::new(1 << 16)?)?;
    let arena = Arena::over(&source);
    let value = arena.alloc(1);
    drop(source); //~ E0505
    *value += 1;
    Ok(())
}
