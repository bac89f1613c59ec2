//! The program's allocator: none.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;

/// A crate that can allocate does not link without an allocator, though nothing that is used of it here allocates.
pub(crate) struct NoHeap;

// SAFETY: an allocator may always fail.
unsafe impl GlobalAlloc for NoHeap {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
