//! What is borrowed of an arena stays.

use baremap::alloc::Arena;

pub fn main() -> baremap::Result<()> {
    let mut arena = Arena::new();
    let value = arena.alloc(1);
    arena.reset(); //~ E0502
    *value += 1;
    arena.reset();
    Ok(())
}
