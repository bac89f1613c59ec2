//! Allocators on pages of one's own.
//!
//! | type          | for                                                      | gives back                                    |
//! |---------------|----------------------------------------------------------|-----------------------------------------------|
//! | [`AnonPages`] | whole pages; the source of the others                    | everything, at once                           |
//! | [`Bump`]      | a program: `#[global_allocator]`, any number of threads  | the last block, and every block over 128 KiB  |
//! | [`Arena`]     | values that go together, of one thread                   | the last block, everything by `reset`, scopes |
//! | [`MapPages`]  | the pages of any map, or of a reservation, as a source   | the last range; the memory of every other one |
//! | [`SharedArena`] | values that several processes put into shared memory   | nothing, or everything by `reset`             |
//!
//! For talc, dlmalloc and collections that take an allocator, see [`adapt`]; `Checked`, with the feature `alloc-debug`, finds out who
//! writes past the ends of a block.
//!
//! They take pages from anything that is a [`PageSource`]. None takes a lock, so that they work in a forked child
//! whatever other threads of its parent were doing, and, but for [`Arena`], which is one thread's, in signal handlers.
//!
//! ```
//! use baremap::alloc::Bump;
//!
//! #[global_allocator]
//! static HEAP: Bump = Bump::new();
//!
//! assert_eq!((0..1000).collect::<Vec<u32>>().len(), 1000);
//! ```

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;

pub mod adapt;
pub mod arena;
mod buffer;
mod bump;
#[cfg(feature = "alloc-debug")]
mod checked;
pub mod maps;
mod pages;
mod shard;
mod shared;
mod source;
pub(crate) mod thread;

pub use arena::{AllocError, Arena, Scope};
pub use buffer::{BorrowedBuffer, Buffer};
pub use bump::{Bump, Usage};
#[cfg(feature = "alloc-debug")]
pub use checked::Checked;
pub use maps::MapPages;
pub use pages::AnonPages;
pub use shared::SharedArena;
pub use source::PageSource;

/// What [`shard`] is made of; its model checker puts its own in their place.
mod atomic {
    pub(super) use core::sync::atomic::{AtomicUsize, compiler_fence};
}

/// Allocates, copies and frees.
///
/// # Safety
/// As [`GlobalAlloc::realloc`].
unsafe fn move_block(heap: &impl GlobalAlloc, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    // SAFETY: the caller's layout is right, and so is its size rounded up; the two blocks are two.
    unsafe {
        let new = heap.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
        if !new.is_null() {
            ptr::copy_nonoverlapping(block, new, layout.size().min(new_size));
            heap.dealloc(block, layout);
        }
        new
    }
}
