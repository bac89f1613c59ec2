//! A scope is of the thread that its arena is of.

use baremap::alloc::Arena;
use std::thread;

pub fn main() -> baremap::Result<()> {
    let arena = Arena::new();
    let scope = arena.scope();
    thread::scope(|threads| drop(threads.spawn(move || *scope.alloc(1)))); //~ E0277
    Ok(())
}
