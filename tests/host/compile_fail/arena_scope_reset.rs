//! A scope lends its arena shared: nobody resets it, or takes it out.

use baremap::alloc::Arena;
use std::mem;

pub fn main() -> baremap::Result<()> {
    let arena = Arena::new();
    let mut scope = arena.scope();
    scope.reset(); //~ E0596
    mem::swap(&mut *scope, &mut *arena.scope()); //~ E0596
    scope = arena.scope();
    scope.alloc(1);
    Ok(())
}
