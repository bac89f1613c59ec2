//! Whole pages from the system.

use crate::sys::{self, Advice, MapFlags, MremapFlags, ProtFlags};
use crate::{Errno, page};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{PageSource, move_block};

/// Private anonymous maps: zeroed, a map for each range, grown and moved by mremap(2), unmapped when released.
///
/// As an allocator it is for large blocks: each takes a system call and whole pages.
///
/// ```
/// use baremap::{alloc::{AnonPages, PageSource}, page};
///
/// let pages = AnonPages::new().limit(1 << 30);
/// let range = pages.allocate(10, 1 << 16).expect("a page is there");
/// assert_eq!((range.addr().get() % (1 << 16), pages.mapped()), (0, page::size()));
/// // SAFETY: it is the range from above, which nobody uses.
/// unsafe { pages.release(range, 10) };
/// ```
///
/// A forked child has copies of all ranges, and counts for itself.
#[derive(Debug)]
pub struct AnonPages {
    mapped: AtomicUsize,
    // A new one is all zero, so that a static one takes no room in the program's file.
    /// Bytes that may not be mapped at once, of all that there could be.
    beyond_limit: usize,
    no_huge: bool,
    lazy: bool,
}

/// Ranges of this length and more are placed and advised so that the kernel can use huge pages.
pub(super) const HUGE: usize = 2 << 20;

impl AnonPages {
    /// As many pages as there are, huge ones where a range is long enough.
    #[must_use]
    pub const fn new() -> Self {
        Self { mapped: AtomicUsize::new(0), beyond_limit: 0, no_huge: false, lazy: false }
    }

    /// At most so many bytes at once.
    #[must_use]
    pub const fn limit(self, bytes: usize) -> Self {
        Self { beyond_limit: usize::MAX - bytes, ..self }
    }

    /// No transparent huge pages: for long ranges of which little is touched.
    #[must_use]
    pub const fn no_huge(self) -> Self {
        Self { no_huge: true, ..self }
    }

    /// [`discard`](PageSource::discard) by `MADV_FREE`, in place of `MADV_DONTNEED`: the kernel takes the memory when it needs
    /// it, and what is used again before costs nothing. The bytes are then zero or what they were, so it says no.
    #[must_use]
    pub const fn lazy(self) -> Self {
        Self { lazy: true, ..self }
    }

    /// Bytes that are mapped now.
    #[must_use]
    pub fn mapped(&self) -> usize {
        self.mapped.load(Relaxed)
    }

    /// Counts `new` bytes in and `old` out, unless that is more than the limit.
    fn count(&self, old: usize, new: usize) -> Option<()> {
        let limit = usize::MAX - self.beyond_limit;
        let sum = |mapped: usize| {
            mapped.saturating_sub(old).checked_add(new).filter(|&sum| sum <= limit || new <= old)
        };
        self.mapped.fetch_update(Relaxed, Relaxed, sum).ok().map(drop)
    }

    /// Maps `len` bytes, whole pages, at a multiple of `align`: a longer map whose ends go again.
    fn map(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        let align = if !self.no_huge && len >= HUGE { align.max(HUGE) } else { align };
        let all = len.checked_add(align.saturating_sub(page::size()))?;
        let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: the kernel chooses an address that is free; what is unmapped is a part of that.
        unsafe {
            let map = sys::mmap_anonymous(ptr::null_mut(), all, prot, flags).ok()?;
            let before = map.addr().wrapping_neg() & (align - 1);
            let start = map.add(before);
            // At the limit of maps nothing can be cut off a map, but a whole one can go.
            if unmap(map, before).is_err() {
                let _ = unmap(map, all);
                return None;
            }
            if unmap(start.add(len), all - before - len).is_err() {
                let _ = unmap(start, all - before);
                return None;
            }
            self.advise(start, 0, len);
            NonNull::new(start)
        }
    }

    /// Asks for huge pages when a range gets long enough.
    fn advise(&self, start: *mut u8, old: usize, new: usize) {
        if !self.no_huge && old < HUGE && new >= HUGE {
            // SAFETY: the contents stay. A kernel without huge pages says no.
            let _ = unsafe { sys::madvise(start, new, Advice::HUGEPAGE) };
        }
    }
}

/// # Safety
/// As munmap(2); nothing is nothing.
unsafe fn unmap(start: *mut u8, len: usize) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    if len == 0 { Ok(()) } else { unsafe { sys::munmap(start, len) } }
}

impl Default for AnonPages {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: the kernel gives every map its own addresses.
unsafe impl PageSource for AnonPages {
    const ZEROED: bool = true;

    fn granule(&self) -> usize {
        page::size()
    }

    #[cold]
    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        let len = page::round_up(len).filter(|&len| len > 0 && align.is_power_of_two())?;
        self.count(0, len)?;
        let start = self.map(len, align);
        if start.is_none() {
            let _ = self.count(len, 0);
        }
        start
    }

    unsafe fn resize(
        &self,
        start: NonNull<u8>,
        old: usize,
        new: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        let (old, new) = (page::round_up(old)?, page::round_up(new)?);
        if old == new {
            return Some(start);
        }
        self.count(old, new)?;
        let flags = if may_move { MremapFlags::MAYMOVE } else { MremapFlags::empty() };
        // SAFETY: the caller's range; what goes away is not used any more.
        let moved = unsafe { sys::mremap(start.as_ptr(), old, new, flags, ptr::null_mut()) };
        match moved {
            Ok(start) => self.advise(start, old, new),
            Err(_) => drop(self.count(new, old)),
        }
        moved.ok().and_then(NonNull::new)
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        let advice = if self.lazy { Advice::FREE } else { Advice::DONTNEED };
        // SAFETY: the caller's range, whose contents nobody needs.
        unsafe { sys::madvise(start.as_ptr(), len, advice) }.is_ok() && !self.lazy
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        if let Some(len) = page::round_up(len) {
            // SAFETY: the caller's range, which is not used any more. At the limit of maps a part of what the kernel merged
            // cannot go, but its memory can.
            unsafe {
                if unmap(start.as_ptr(), len).is_err() {
                    let _ = sys::madvise(start.as_ptr(), len, Advice::DONTNEED);
                }
            }
            let _ = self.count(len, 0);
        }
    }
}

// SAFETY: every block is a range of its own.
unsafe impl GlobalAlloc for AnonPages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.allocate(layout.size(), layout.align()).map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on to the caller. Fresh pages are zero.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on to the caller; a block is not null.
        unsafe { self.release(NonNull::new_unchecked(block), layout.size()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // mremap moves to the start of any page.
        let may_move = layout.align() <= page::size();
        // SAFETY: passed on to the caller; a block is not null.
        unsafe {
            match self.resize(NonNull::new_unchecked(block), layout.size(), new_size, may_move) {
                Some(block) => block.as_ptr(),
                None if may_move => ptr::null_mut(),
                None => move_block(self, block, layout, new_size),
            }
        }
    }
}
