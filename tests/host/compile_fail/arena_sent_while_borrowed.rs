//! An arena of which something is borrowed stays with its thread.

use baremap::alloc::Arena;
use std::thread;

pub fn main() -> baremap::Result<()> {
    let arena = Arena::new();
    let value = arena.alloc(1);
    thread::spawn(move || *arena.alloc(1)); //~ E0505
    *value += 1;
    Ok(())
}
