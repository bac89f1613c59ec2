//! The subject on talc, which takes its memory from the C library.

use std::alloc::System;

use spinning_top::RawSpinlock;
use talc::{TalcLock, source::GlobalAllocSource};

#[global_allocator]
static HEAP: TalcLock<RawSpinlock, GlobalAllocSource<System>> = TalcLock::new(GlobalAllocSource::new(System));

fn main() {
    baremap_benches::subject::run();
}
