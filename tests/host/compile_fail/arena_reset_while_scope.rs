//! A scope has a part of its arena, which therefore stays.

use baremap::alloc::Arena;

pub fn main() -> baremap::Result<()> {
    let mut arena = Arena::new();
    let scope = arena.scope();
    arena.reset(); //~ E0502
    scope.alloc(1);
    Ok(())
}
