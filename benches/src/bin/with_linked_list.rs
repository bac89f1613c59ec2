//! The subject on linked_list_allocator, over one map of this crate's.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr;

use baremap::alloc::{AnonPages, PageSource};
use linked_list_allocator::LockedHeap;

/// A heap that gets its memory before its first block.
struct Heap(LockedHeap);

/// Address space; memory it takes as it is used.
const LEN: usize = 4 << 30;

// SAFETY: the inner heap's promise.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut heap = self.0.lock();
        if heap.size() == 0 {
            let Some(start) = AnonPages::new().allocate(LEN, 1) else { return ptr::null_mut() };
            // SAFETY: a range of its own, for ever.
            unsafe { heap.init(start.as_ptr(), LEN) };
        }
        heap.allocate_first_fit(layout).map_or(ptr::null_mut(), |block| block.as_ptr())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on to the caller.
        unsafe { self.0.dealloc(block, layout) };
    }
}

#[global_allocator]
static HEAP: Heap = Heap(LockedHeap::empty());

fn main() {
    baremap_benches::subject::run();
}
