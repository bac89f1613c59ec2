//! The subject on this crate's arena over one reservation.

use baremap::alloc::Arena;

/// Address space; memory it takes as it is used.
const LEN: usize = 16 << 30;

fn main() {
    let arena = Arena::reserved(LEN).expect("addresses are free");
    baremap_benches::subject::run_arena(|layout| arena.alloc_layout(layout).as_ptr());
}
