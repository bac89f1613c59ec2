//! The subject on this crate's arena.

use baremap::alloc::Arena;

fn main() {
    let arena = Arena::new();
    baremap_benches::subject::run_arena(|layout| arena.alloc_layout(layout).as_ptr());
}
