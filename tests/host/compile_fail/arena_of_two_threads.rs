//! An arena is of one thread at a time; a thread may have it, values and all, when nobody else does.

use baremap::alloc::Arena;
use std::thread;

pub fn main() -> baremap::Result<()> {
    let arena = Arena::new();
    thread::scope(|threads| drop(threads.spawn(|| *arena.alloc(1)))); //~ E0277
    thread::spawn(move || *arena.alloc(1)).join().expect("it does not panic");
    Ok(())
}
