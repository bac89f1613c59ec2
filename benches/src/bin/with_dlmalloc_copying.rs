//! The subject on dlmalloc over this crate's pages, without mremap(2): what grows is copied.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::{self, NonNull};
use std::sync::{Mutex, PoisonError};

use baremap::alloc::{AnonPages, PageSource};
use dlmalloc::{Allocator, Dlmalloc};

/// Pages that stay as long as they are.
struct Pages(AnonPages);

// SAFETY: every range has its own map.
unsafe impl Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let start = self.0.allocate(size, 1);
        (start.map_or(ptr::null_mut(), NonNull::as_ptr), size, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, start: *mut u8, size: usize) -> bool {
        // SAFETY: dlmalloc frees what it has allocated, which is not null.
        unsafe { self.0.release(NonNull::new_unchecked(start), size) };
        true
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        baremap::page::size()
    }
}

/// One thread at a time.
struct Locked(Mutex<Dlmalloc<Pages>>);

impl Locked {
    fn with<T>(&self, call: impl FnOnce(&mut Dlmalloc<Pages>) -> T) -> T {
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// SAFETY: dlmalloc's promise, kept by the lock for all threads.
unsafe impl GlobalAlloc for Locked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on to the caller, here and below.
        self.with(|heap| unsafe { heap.malloc(layout.size(), layout.align()) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        self.with(|heap| unsafe { heap.free(block, layout.size(), layout.align()) });
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        self.with(|heap| unsafe { heap.realloc(block, layout.size(), layout.align(), new_size) })
    }
}

#[global_allocator]
static HEAP: Locked = Locked(Mutex::new(Dlmalloc::new_with_allocator(Pages(AnonPages::new()))));

fn main() {
    baremap_benches::subject::run();
}
