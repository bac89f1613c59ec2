//! What a source of pages is.

use core::ptr::NonNull;

/// Gives out ranges of memory and takes them back: pages of the system, a reservation, a shared map, a buffer.
///
/// Lengths are bytes, more than 0; a source rounds them up to whole [`granules`](PageSource::granule).
///
/// # Safety
/// A range that was allocated is readable, writable and nobody else's until it is released or the source is dropped, wherever
/// the source itself is moved, and starts at a multiple of the alignment. The methods may be called by several threads at once and in a signal's handler, must not panic and must not
/// use the program's allocator.
pub unsafe trait PageSource {
    /// Whether what [`allocate`](PageSource::allocate) returns, and what [`resize`](PageSource::resize) adds, reads as zero.
    const ZEROED: bool;

    /// Ranges are as long as was asked for, rounded up to a multiple of this: a power of two.
    fn granule(&self) -> usize;

    /// `len` bytes at a multiple of `align`, a power of two; `None` if there is no room.
    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>>;

    /// Makes a range longer or shorter and keeps its bytes, as far as both reach; moves it, to a multiple of the granule, if it
    /// must and may. `None`: nothing has changed.
    ///
    /// # Safety
    /// The range was allocated here with `old` bytes; nothing points into what goes away.
    unsafe fn resize(
        &self,
        start: NonNull<u8>,
        old: usize,
        new: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>>;

    /// Gives the memory behind whole granules back and keeps the range. Whether it did: the bytes then read as zero, and
    /// otherwise as before.
    ///
    /// # Safety
    /// They lie in a range that was allocated here, and nobody needs their contents.
    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool;

    /// Takes a range back.
    ///
    /// # Safety
    /// It was allocated here with `len` bytes, and nothing points into it.
    unsafe fn release(&self, start: NonNull<u8>, len: usize);
}

// SAFETY: the same source.
unsafe impl<S: PageSource> PageSource for &S {
    const ZEROED: bool = S::ZEROED;

    fn granule(&self) -> usize {
        S::granule(self)
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        S::allocate(self, len, align)
    }

    unsafe fn resize(
        &self,
        start: NonNull<u8>,
        old: usize,
        new: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        // SAFETY: passed on to the caller.
        unsafe { S::resize(self, start, old, new, may_move) }
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { S::discard(self, start, len) }
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        // SAFETY: passed on to the caller.
        unsafe { S::release(self, start, len) }
    }
}
