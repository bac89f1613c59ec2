//! The trait `Allocator` of two versions of `allocator-api2`.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use crate::alloc::{AnonPages, Arena, Bump, PageSource};
use crate::page;

/// What both versions of the trait ask of an allocator; moving it moves no block, and dropping it frees none.
///
/// # Safety of the methods
/// That of the trait's.
trait Heap {
    fn allocate(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>>;

    unsafe fn free(&self, block: NonNull<u8>, layout: Layout);

    /// Makes a block longer or shorter.
    unsafe fn resize(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>>;

    /// From which byte on a block reads as zero after it has been made longer than `old` bytes, if that is known.
    fn zero_from(_old: usize) -> Option<usize> {
        None
    }

    /// Makes a block longer; what it gains is zero.
    unsafe fn grow_zeroed(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        if old.size() == 0 {
            return self.allocate(new, true);
        }
        // SAFETY: passed on to the caller.
        let block = unsafe { self.resize(block, old, new) }?;
        let zeroed = Self::zero_from(old.size()).map_or(new.size(), |from| from.min(new.size()));
        // SAFETY: the bytes between the two are the block's.
        unsafe { block.add(old.size()).write_bytes(0, zeroed - old.size()) };
        Some(block)
    }
}

impl Heap for AnonPages {
    fn allocate(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        global_allocate(self, layout, zeroed)
    }

    unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: passed on to the caller.
        unsafe { global_free(self, block, layout) }
    }

    unsafe fn resize(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        // SAFETY: passed on to the caller.
        unsafe { global_resize(self, block, old, new) }
    }

    fn zero_from(old: usize) -> Option<usize> {
        // What follows on the last page may be left of a block that was longer.
        page::round_up(old)
    }
}

/// By reference: one that is dropped with its collection leaves its chunks behind.
impl<S: PageSource> Heap for &Bump<S> {
    fn allocate(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        global_allocate(*self, layout, zeroed)
    }

    unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: passed on to the caller.
        unsafe { global_free(*self, block, layout) }
    }

    unsafe fn resize(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        // SAFETY: passed on to the caller.
        unsafe { global_resize(*self, block, old, new) }
    }
}

/// By reference: who drops the arena gives its blocks back.
impl<S: PageSource, const MIN_ALIGN: usize> Heap for &Arena<S, MIN_ALIGN> {
    #[inline]
    fn allocate(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        let block = self.try_alloc_layout(layout).ok()?;
        if zeroed {
            // SAFETY: the block has so many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        Some(block)
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: passed on to the caller.
        unsafe { self.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn resize(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        // SAFETY: passed on to the caller.
        let resized = unsafe {
            if new.size() < old.size() { self.shrink(block, old, new) } else { self.grow(block, old, new) }
        };
        resized.ok()
    }
}

fn global_allocate(heap: &impl GlobalAlloc, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
    if layout.size() == 0 {
        // No memory, aligned all the same.
        return NonNull::new(ptr::without_provenance_mut(layout.align()));
    }
    // SAFETY: not of no bytes.
    NonNull::new(unsafe { if zeroed { heap.alloc_zeroed(layout) } else { heap.alloc(layout) } })
}

/// # Safety
/// The block is from here, and of that layout.
unsafe fn global_free(heap: &impl GlobalAlloc, block: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: passed on to the caller.
        unsafe { heap.dealloc(block.as_ptr(), layout) }
    }
}

/// # Safety
/// The block is from here, and of the layout `old`.
unsafe fn global_resize(
    heap: &impl GlobalAlloc,
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Option<NonNull<u8>> {
    if old.align() == new.align() && old.size() != 0 && new.size() != 0 {
        // SAFETY: passed on to the caller.
        return NonNull::new(unsafe { heap.realloc(block.as_ptr(), old, new.size()) });
    }
    let moved = global_allocate(heap, new, false)?;
    // SAFETY: passed on to the caller; the two blocks are two.
    unsafe {
        moved.copy_from_nonoverlapping(block, old.size().min(new.size()));
        global_free(heap, block, old);
    }
    Some(moved)
}

/// Implements one version's trait for some types.
macro_rules! implement {
    ($version:ident: $([$($generics:tt)*] $heap:ty),*) => {$(
        // SAFETY: blocks are the heap's, and stay where they are when it moves.
        unsafe impl<$($generics)*> $version::alloc::Allocator for $heap {
            #[inline]
            fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, $version::alloc::AllocError> {
                slice(Heap::allocate(self, layout, false), layout).ok_or($version::alloc::AllocError)
            }

            #[inline]
            fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, $version::alloc::AllocError> {
                slice(Heap::allocate(self, layout, true), layout).ok_or($version::alloc::AllocError)
            }

            #[inline]
            unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
                // SAFETY: passed on to the caller.
                unsafe { self.free(block, layout) }
            }

            #[inline]
            unsafe fn grow(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $version::alloc::AllocError> {
                // SAFETY: passed on to the caller.
                slice(unsafe { Heap::resize(self, block, old, new) }, new).ok_or($version::alloc::AllocError)
            }

            #[inline]
            unsafe fn grow_zeroed(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $version::alloc::AllocError> {
                // SAFETY: passed on to the caller.
                slice(unsafe { Heap::grow_zeroed(self, block, old, new) }, new)
                    .ok_or($version::alloc::AllocError)
            }

            #[inline]
            unsafe fn shrink(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $version::alloc::AllocError> {
                // SAFETY: passed on to the caller.
                slice(unsafe { Heap::resize(self, block, old, new) }, new).ok_or($version::alloc::AllocError)
            }
        }
    )*};
}

fn slice(block: Option<NonNull<u8>>, layout: Layout) -> Option<NonNull<[u8]>> {
    Some(NonNull::slice_from_raw_parts(block?, layout.size()))
}

#[cfg(feature = "allocator-api2")]
implement!(allocator_api2:
    [] AnonPages,
    [S: PageSource] &Bump<S>,
    [S: PageSource, const MIN_ALIGN: usize] &Arena<S, MIN_ALIGN>
);
#[cfg(feature = "allocator-api2-02")]
implement!(allocator_api2_02:
    [] AnonPages,
    [S: PageSource] &Bump<S>,
    [S: PageSource, const MIN_ALIGN: usize] &Arena<S, MIN_ALIGN>
);
