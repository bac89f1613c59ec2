//! The subject on an arena of bumpalo.

use bumpalo::Bump;

fn main() {
    let arena = Bump::new();
    baremap_benches::subject::run_arena(|layout| arena.alloc_layout(layout).as_ptr());
}
