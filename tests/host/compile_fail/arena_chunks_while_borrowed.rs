//! Nobody looks at the bytes of values that are borrowed.

use baremap::alloc::Arena;

pub fn main() -> baremap::Result<()> {
    let mut arena = Arena::new();
    let value = arena.alloc(1_u64);
    arena.iter_allocated_chunks(); //~ E0502
    *value += 1;
    assert_eq!(arena.iter_allocated_chunks().count(), 1);
    Ok(())
}
