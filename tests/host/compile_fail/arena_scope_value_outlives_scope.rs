//! Values go with the scope that they are of.

use baremap::alloc::Arena;

pub fn main() -> baremap::Result<()> {
    let arena = Arena::new();
    let scope = arena.scope();
    let value = scope.alloc(1);
    drop(scope); //~ E0505
    *value += 1;
    Ok(())
}
