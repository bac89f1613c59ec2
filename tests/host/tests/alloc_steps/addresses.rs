//! A source of addresses, and blocks that are nothing else.

use baremap::alloc::PageSource;
use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeMap;
use std::ptr::{self, NonNull};
use std::sync::Mutex;

/// Where the first range lies.
pub(crate) const BASE: usize = 1 << 32;
/// Ranges are as long as the allocator wants them.
pub(crate) const GRANULE: usize = 4096;

/// Gives out addresses, each once.
pub(crate) struct Addresses {
    /// Where the next range may lie, and the ranges that are given out.
    state: Mutex<(usize, BTreeMap<usize, usize>)>,
    /// Called in the midst of each request, which is a system call elsewhere.
    within: fn(),
}

impl Addresses {
    pub(crate) const fn new(within: fn()) -> Self {
        Self { state: Mutex::new((BASE, BTreeMap::new())), within }
    }

    /// How many ranges there are.
    pub(crate) fn ranges(&self) -> usize {
        self.state.lock().expect("nobody panics with it").1.len()
    }
}

// SAFETY: no address is given out twice. That nothing is there, the tests know.
unsafe impl PageSource for &Addresses {
    const ZEROED: bool = true;

    fn granule(&self) -> usize {
        GRANULE
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        (self.within)();
        let mut state = self.state.lock().expect("nobody panics with it");
        let start = state.0.next_multiple_of(align);
        state.0 = start + len;
        state.1.insert(start, len);
        NonNull::new(ptr::without_provenance_mut(start))
    }

    unsafe fn resize(&self, _: NonNull<u8>, _: usize, _: usize, _: bool) -> Option<NonNull<u8>> {
        None
    }

    unsafe fn discard(&self, _: NonNull<u8>, _: usize) -> bool {
        false
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        let removed = self.state.lock().expect("nobody panics with it").1.remove(&start.addr().get());
        assert_eq!(removed, Some(len), "a range that was never given out");
    }
}

/// Moves a block that has no bytes.
///
/// # Safety
/// As [`GlobalAlloc::realloc`].
pub(crate) unsafe fn move_block(
    heap: &impl GlobalAlloc,
    block: *mut u8,
    layout: Layout,
    new_size: usize,
) -> *mut u8 {
    // SAFETY: the caller's layout is right, and so is its size rounded up.
    unsafe {
        let new = heap.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
        heap.dealloc(block, layout);
        new
    }
}

/// A block of so many bytes, at a multiple of 8.
pub(crate) fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).expect("short")
}
