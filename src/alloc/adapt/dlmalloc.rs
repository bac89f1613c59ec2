//! Pages for `dlmalloc`.

use ::dlmalloc::Dlmalloc;
use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ops::DerefMut;
use core::ptr::{self, NonNull};
use spin::Mutex;

use crate::alloc::{AnonPages, PageSource};
use crate::page;

/// Maps for dlmalloc: zeroed, of this machine's page size, given back in whole or in part.
///
/// ```
/// use baremap::alloc::{AnonPages, adapt::DlmallocSource};
/// use dlmalloc::Dlmalloc;
///
/// // SAFETY: the heap alone uses it.
/// let mut heap = Dlmalloc::new_with_allocator(unsafe { DlmallocSource::over(AnonPages::new()) });
/// // SAFETY: the block is as large as is said, and used no more after it is freed.
/// unsafe {
///     let block = heap.malloc(100, 8);
///     assert!(!block.is_null());
///     block.write(7);
///     heap.free(block, 100, 8);
/// }
/// ```
///
/// dlmalloc 0.2 asks for pages of its granularity, 64 KiB unless it is told otherwise, and moves a block that cannot grow where
/// it is by copying: it never asks for a range to be remapped.
///
/// The methods of dlmalloc's trait are safe and unmap whatever they are told to. So [`AnonPages`] have none of them, and who makes
/// a source promises that nobody else calls them.
#[derive(Debug)]
pub struct DlmallocSource {
    pages: AnonPages,
}

impl DlmallocSource {
    /// A source of these pages, for one dlmalloc.
    ///
    /// # Safety
    /// Nothing but the one `Dlmalloc` that it is given to calls the methods of `dlmalloc::Allocator` on it, also not through
    /// `Dlmalloc::allocator`; and it stays there: it is not exchanged for another.
    #[must_use]
    pub const unsafe fn over(pages: AnonPages) -> Self {
        Self { pages }
    }

    /// Where the maps come from.
    #[must_use]
    pub const fn pages(&self) -> &AnonPages {
        &self.pages
    }
}

// SAFETY: every map is readable, writable and nobody else's. Neighbours may be unmapped in one piece, as dlmalloc does.
unsafe impl ::dlmalloc::Allocator for DlmallocSource {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        // The whole pages are mapped, so that dlmalloc may have them.
        match (page::round_up(size), self.pages.allocate(size, 1)) {
            (Some(len), Some(start)) => (start.as_ptr(), len, 0),
            _ => (ptr::null_mut(), 0, 0),
        }
    }

    fn remap(&self, start: *mut u8, old: usize, new: usize, may_move: bool) -> *mut u8 {
        let Some(start) = NonNull::new(start) else { return ptr::null_mut() };
        // SAFETY: dlmalloc has the range from here, and uses the new one from now on.
        unsafe { self.pages.resize(start, old, new, may_move) }.map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    fn free_part(&self, start: *mut u8, old: usize, new: usize) -> bool {
        // SAFETY: the range is from here, and what follows its first `new` bytes is used no more.
        NonNull::new(start)
            .is_some_and(|start| unsafe { self.pages.resize(start, old, new, false) }.is_some())
    }

    fn free(&self, start: *mut u8, size: usize) -> bool {
        let Some(start) = NonNull::new(start) else { return false };
        // SAFETY: dlmalloc has the range from here, or several that lie side by side, and uses it no more.
        unsafe { self.pages.release(start, size) };
        true
    }

    fn can_release_part(&self, _: u32) -> bool {
        true
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        page::size()
    }
}

/// dlmalloc as a program's allocator: behind a lock, over maps. Its own `GlobalDlmalloc` takes libc's.
///
/// ```
/// use baremap::alloc::{AnonPages, adapt::LockedDlmalloc};
///
/// #[global_allocator]
/// // SAFETY: a static stays where it is.
/// static HEAP: LockedDlmalloc = unsafe { LockedDlmalloc::over(AnonPages::new()) };
///
/// assert_eq!((0..1000).collect::<Vec<u32>>().len(), 1000);
/// ```
pub struct LockedDlmalloc(Mutex<Dlmalloc<DlmallocSource>>);

impl LockedDlmalloc {
    /// One that takes its memory from these pages.
    ///
    /// # Safety
    /// It is not moved once a block was allocated: it then points into itself.
    #[must_use]
    pub const unsafe fn over(pages: AnonPages) -> Self {
        // SAFETY: dlmalloc alone uses it, and who takes the lock promises the rest.
        let source = unsafe { DlmallocSource::over(pages) };
        Self(Mutex::new(Dlmalloc::new_with_allocator(source)))
    }

    /// dlmalloc itself, for its other methods; nobody else has it as long as the guard is there.
    ///
    /// # Safety
    /// It stays in there, and nobody calls its source's methods, as [`DlmallocSource::over`] wants it.
    pub unsafe fn lock(&self) -> impl DerefMut<Target = Dlmalloc<DlmallocSource>> {
        self.0.lock()
    }

    /// Gives all its memory back, and says how many bytes.
    ///
    /// # Safety
    /// No block is used any more.
    pub unsafe fn destroy(self) -> usize {
        // SAFETY: passed on to the caller.
        unsafe { self.0.into_inner().destroy() }
    }
}

impl fmt::Debug for LockedDlmalloc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockedDlmalloc").finish_non_exhaustive()
    }
}

// SAFETY: dlmalloc's own, one call after the other.
unsafe impl GlobalAlloc for LockedDlmalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on to the caller.
        unsafe { self.0.lock().malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on to the caller.
        unsafe { self.0.lock().calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on to the caller.
        unsafe { self.0.lock().free(block, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: passed on to the caller.
        unsafe { self.0.lock().realloc(block, layout.size(), layout.align(), new_size) }
    }
}
