//! Values, slices and boxes go with their arena.

use baremap::alloc::Arena;

pub fn main() -> baremap::Result<()> {
    let arena = Arena::new();
    let (value, text, boxed) = (arena.alloc(1), arena.alloc_str("text"), arena.alloc_box(1));
    drop(arena); //~ E0505
    assert_eq!((*value, &*text, *boxed), (1, "text", 1));
    Ok(())
}
