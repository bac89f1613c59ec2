//! The subject on the least that there is: a pointer into one map of huge pages, which only ever goes up.

use std::alloc::Layout;

use baremap::alloc::{AnonPages, PageSource};

/// Address space; memory it takes as it is used. The kernel may refuse more than there is.
const LENGTHS: [usize; 2] = [16 << 30, 4 << 30];

fn main() {
    let start = LENGTHS.into_iter().find_map(|len| AnonPages::new().allocate(len, 1));
    let mut next = start.expect("addresses are free").as_ptr();
    baremap_benches::subject::run_arena(|layout: Layout| {
        let block = next;
        // SAFETY: the subject takes less than the map has.
        next = unsafe { next.add(layout.size().next_multiple_of(8)) };
        block
    });
}
