//! The subject on this crate's arena over pages that are not huge.

use baremap::alloc::{AnonPages, Arena};

fn main() {
    let arena = Arena::over(AnonPages::new().no_huge());
    baremap_benches::subject::run_arena(|layout| arena.alloc_layout(layout).as_ptr());
}
