//! Memory of a fixed place and length as a source of pages.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::PageSource;

/// `N` bytes in the program itself: for tests, and where there is no kernel to ask. It takes back only what it gave last.
///
/// ```
/// use baremap::alloc::{Buffer, Bump};
///
/// static MEMORY: Buffer<65536> = Buffer::new();
/// static HEAP: Bump<&Buffer<65536>> = Bump::over(&MEMORY);
/// ```
#[repr(C, align(16))]
pub struct Buffer<const N: usize> {
    bytes: UnsafeCell<[u8; N]>,
    used: Used,
}

// SAFETY: the bytes are given out range by range, each to one user.
unsafe impl<const N: usize> Sync for Buffer<N> {}

impl<const N: usize> Buffer<N> {
    /// All of it free.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: UnsafeCell::new([0; N]), used: Used(AtomicUsize::new(0)) }
    }

    /// The bytes, all of them.
    fn all(&self) -> NonNull<[u8]> {
        // SAFETY: a cell has an address.
        let start = unsafe { NonNull::new_unchecked(self.bytes.get().cast()) };
        NonNull::slice_from_raw_parts(start, N)
    }
}

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: `used` only grows past what nobody has, and shrinks over what was released. By reference only: a buffer that
// moved would leave its ranges behind.
unsafe impl<const N: usize> PageSource for &Buffer<N> {
    const ZEROED: bool = false;

    fn granule(&self) -> usize {
        1
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        self.used.allocate(self.all(), len, align)
    }

    unsafe fn resize(&self, start: NonNull<u8>, old: usize, new: usize, _: bool) -> Option<NonNull<u8>> {
        self.used.resize(self.all(), start, old, new)
    }

    unsafe fn discard(&self, _: NonNull<u8>, _: usize) -> bool {
        false
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        self.used.release(self.all(), start, len);
    }
}

/// Bytes of somebody else's, for as long as they are lent: a part of an array, or memory that C code has. It takes back only what
/// it gave last.
///
/// ```
/// use baremap::alloc::{Arena, BorrowedBuffer};
/// use core::mem::MaybeUninit;
///
/// let mut memory = [MaybeUninit::uninit(); 1024];
/// let arena = Arena::over(BorrowedBuffer::new(&mut memory));
/// assert_eq!(arena.alloc_str("on the stack"), "on the stack");
/// ```
pub struct BorrowedBuffer<'memory> {
    bytes: NonNull<[u8]>,
    used: Used,
    lent: PhantomData<&'memory mut [MaybeUninit<u8>]>,
}

// SAFETY: the bytes are given out range by range, each to one user.
unsafe impl Sync for BorrowedBuffer<'_> {}
// SAFETY: bytes belong to no thread.
unsafe impl Send for BorrowedBuffer<'_> {}

impl<'memory> BorrowedBuffer<'memory> {
    /// All of it free.
    #[must_use]
    pub const fn new(memory: &'memory mut [MaybeUninit<u8>]) -> Self {
        let len = memory.len();
        // SAFETY: a slice has an address.
        let start = unsafe { NonNull::new_unchecked(memory.as_mut_ptr().cast()) };
        let bytes = NonNull::slice_from_raw_parts(start, len);
        Self { bytes, used: Used(AtomicUsize::new(0)), lent: PhantomData }
    }
}

// SAFETY: as for `Buffer`; the bytes stay where they are when this is moved.
unsafe impl PageSource for BorrowedBuffer<'_> {
    const ZEROED: bool = false;

    fn granule(&self) -> usize {
        1
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        self.used.allocate(self.bytes, len, align)
    }

    unsafe fn resize(&self, start: NonNull<u8>, old: usize, new: usize, _: bool) -> Option<NonNull<u8>> {
        self.used.resize(self.bytes, start, old, new)
    }

    unsafe fn discard(&self, _: NonNull<u8>, _: usize) -> bool {
        false
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        self.used.release(self.bytes, start, len);
    }
}

/// How much of a range of memory is given out, from its start.
pub(super) struct Used(pub(super) AtomicUsize);

impl Used {
    /// The next `len` bytes of `all`.
    pub(super) fn allocate(&self, all: NonNull<[u8]>, len: usize, align: usize) -> Option<NonNull<u8>> {
        let base = all.cast::<u8>();
        if !align.is_power_of_two() {
            return None;
        }
        let place = |used: usize| {
            let start =
                base.addr().get().checked_add(used)?.checked_next_multiple_of(align)? - base.addr().get();
            start.checked_add(len).filter(|&end| end <= all.len()).map(|end| (start, end))
        };
        let used = self.0.fetch_update(Acquire, Relaxed, |used| place(used).map(|(_, end)| end)).ok()?;
        // SAFETY: within `all`.
        Some(unsafe { base.add(place(used)?.0) })
    }

    /// Moves the end of a range, if it is the last one or gets no longer.
    pub(super) fn resize(
        &self,
        all: NonNull<[u8]>,
        start: NonNull<u8>,
        old: usize,
        new: usize,
    ) -> Option<NonNull<u8>> {
        let offset = start.addr().get() - all.addr().get();
        let end = offset.checked_add(new).filter(|&end| end <= all.len())?;
        let last = self.0.compare_exchange(offset + old, end, AcqRel, Relaxed).is_ok();
        (last || new <= old).then_some(start)
    }

    /// Takes a range back, if it is the last one.
    pub(super) fn release(&self, all: NonNull<[u8]>, start: NonNull<u8>, len: usize) {
        let offset = start.addr().get() - all.addr().get();
        let _ = self.0.compare_exchange(offset + len, offset, Release, Relaxed);
    }
}
