//! To roll back is unsafe: nothing says that what was allocated since is not used any more.

use baremap::alloc::Arena;

pub fn main() -> baremap::Result<()> {
    let arena = Arena::new();
    let checkpoint = arena.checkpoint();
    arena.rollback(checkpoint); //~ E0133
    // SAFETY: nothing was allocated since.
    unsafe { arena.rollback(checkpoint) };
    Ok(())
}
