//! The subject on the least that there is: a pointer into one map of huge pages, which only ever goes up.

use std::alloc::Layout;

use baremap::alloc::{AnonPages, PageSource};

/// Address space; memory it takes as it is used.
const LEN: usize = 4 << 30;

fn main() {
    let mut next = AnonPages::new().allocate(LEN, 1).expect("addresses are free").as_ptr();
    baremap_benches::subject::run_arena(|layout: Layout| {
        let block = next;
        // SAFETY: the subject takes less than the map has.
        next = unsafe { next.add(layout.size().next_multiple_of(8)) };
        block
    });
}
