//! Bytes that somebody else may change.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::fd::AsFd;
use crate::file::again;
use crate::sys;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ptr;
use core::slice;

use super::{Access, ReadWrite, Writable, bounds};

mod atomic;
mod chunks;
mod copy;
mod value;

pub use atomic::Atomic;
pub use chunks::Chunks;
pub use value::Plain;

/// Bytes that another process may change, or take away, at any moment: what maps of files and shared maps lend.
///
/// It takes the place of `[u8]` behind a reference. Bytes are copied in and out; integers that several processes use
/// at once are lent as atomics; [`SharedBytes::range`] lends a part.
///
/// A copy is not a snapshot: if somebody writes meanwhile, it may have some bytes from before and some from after. A copy
/// that comes to a page that is gone ends with an error that says how far it came, see [`fault`](crate::fault).
///
/// ```
/// use baremap::SharedMap;
/// use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// let map = SharedMap::new(100)?;
/// map.write_at(4, &7_u32.to_ne_bytes())?;
/// assert_eq!(map.atomic::<AtomicU32>(4)?.fetch_add(1, Relaxed), 7);
///
/// let mut bytes = [0; 4];
/// map.range(4, 4)?.read_at(0, &mut bytes)?;
/// assert_eq!(u32::from_ne_bytes(bytes), 8);
/// # Ok::<(), baremap::Error>(())
/// ```
#[repr(transparent)]
pub struct SharedBytes<A: Access = ReadWrite> {
    access: PhantomData<A>,
    /// `UnsafeCell`, so that the compiler believes nothing of bytes that it does not see written.
    bytes: [UnsafeCell<u8>],
}

// SAFETY: every access is an atomic, a copy in assembly, or unsafe and the caller's to justify.
unsafe impl<A: Access> Sync for SharedBytes<A> {}
// SAFETY: as above.
unsafe impl<A: Access> Send for SharedBytes<A> {}

mod sealed {
    pub trait Sealed {}
}

impl<A: Access> SharedBytes<A> {
    /// Lends `len` bytes from `start`.
    ///
    /// # Safety
    /// They are mapped, readable and as writable as `A` says, for as long as `'map`, and nothing in this process
    /// borrows them in another way.
    #[inline(always)]
    pub(crate) unsafe fn new<'map>(start: *mut u8, len: usize) -> &'map SharedBytes<A> {
        // SAFETY: passed on to the caller; the layout is that of a slice of bytes.
        unsafe { &*(ptr::slice_from_raw_parts(start, len) as *const SharedBytes<A>) }
    }

    /// Lends `len` bytes that something else has mapped: another library, or C code.
    ///
    /// ```
    /// use baremap::map::ReadOnly;
    /// use baremap::SharedBytes;
    ///
    /// let text = b"mapped by somebody else";
    /// // SAFETY: the bytes are there, and nobody writes to them.
    /// let bytes: &SharedBytes<ReadOnly> =
    ///     unsafe { SharedBytes::from_raw_parts(text.as_ptr().cast_mut(), text.len()) };
    /// let mut copy = [0; 6];
    /// bytes.read_at(0, &mut copy)?;
    /// assert_eq!(&copy, b"mapped");
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Safety
    /// `start` is not null and `len` no more than `isize::MAX`. Until the last use of what is lent nobody maps something else there,
    /// and nobody borrows the bytes in another way. They may change at any moment. That they are there, and readable or
    /// writable as `A` says, is needed for what touches them in place; copies, loads and stores report a page that is not there.
    #[inline(always)]
    #[must_use]
    pub unsafe fn from_raw_parts<'bytes>(start: *mut u8, len: usize) -> &'bytes SharedBytes<A> {
        // SAFETY: passed on to the caller.
        unsafe { Self::new(start, len) }
    }

    /// Lends `len` bytes from `start` exclusively, as far as this process goes.
    ///
    /// # Safety
    /// As [`SharedBytes::new`].
    #[inline(always)]
    pub(super) unsafe fn new_mut<'map>(start: *mut u8, len: usize) -> &'map mut SharedBytes<A> {
        // SAFETY: passed on to the caller; the layout is that of a slice of bytes.
        unsafe { &mut *(ptr::slice_from_raw_parts_mut(start, len) as *mut SharedBytes<A>) }
    }

    /// Bytes.
    #[inline(always)]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no byte.
    #[inline(always)]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The address of the first byte. To read through it what others change is a race: use volatile or atomic
    /// accesses, and expect SIGBUS where the file has shrunk.
    #[inline(always)]
    #[must_use]
    pub const fn as_ptr(&self) -> *const u8 {
        self.bytes.as_ptr().cast()
    }

    /// Lends the `len` bytes from `offset`.
    ///
    /// # Errors
    /// `EINVAL` (they are not within these bytes).
    #[inline]
    pub fn range(&self, offset: usize, len: usize) -> Result<&SharedBytes<A>> {
        bounds::within(Operation::Range, offset, len, self.len())?;
        // SAFETY: in bounds.
        Ok(unsafe { self.part(offset, len) })
    }

    /// [`SharedBytes::range`] without a check.
    ///
    /// # Safety
    /// The range is within these bytes.
    #[inline(always)]
    pub(crate) unsafe fn part(&self, offset: usize, len: usize) -> &SharedBytes<A> {
        // SAFETY: a part of what is lent already, under the same lifetime.
        unsafe { SharedBytes::new(self.as_ptr().add(offset).cast_mut(), len) }
    }

    /// Writes the bytes to a descriptor: how many, maybe not all. The kernel copies them, so that bytes that a shrunk
    /// file took away are an error and no signal.
    ///
    /// # Errors
    /// Those of [`sys::write`]; `EFAULT` (the first byte is gone; for a pipe, any byte of the piece that the kernel copies).
    #[inline]
    pub fn write_to(&self, fd: impl AsFd) -> Result<usize> {
        // SAFETY: these bytes are borrowed shared, by a type that says that others use them.
        again(Operation::Write, || unsafe { sys::write_raw(fd.as_fd(), self.as_ptr(), self.len()) })
    }

    /// Writes all bytes to a descriptor, as [`SharedBytes::write_to`].
    ///
    /// # Errors
    /// As [`SharedBytes::write_to`]; `EIO` (the kernel took none and did not say why). Some bytes may be written by then.
    pub fn write_all_to(&self, fd: impl AsFd) -> Result<()> {
        let mut written = 0;
        while written < self.len() {
            match self.range(written, self.len() - written)?.write_to(&fd)? {
                0 => return Err(Error::new(Operation::Write, Errno::EIO)),
                count => written += count,
            }
        }
        Ok(())
    }

    /// The bytes as a slice.
    ///
    /// # Safety
    /// For as long as the slice lives, nobody writes to the bytes, in this process or another, and nobody makes the
    /// file shorter.
    #[inline(always)]
    #[must_use]
    pub const unsafe fn as_slice(&self) -> &[u8] {
        // SAFETY: the bytes are mapped and readable; that they stay as they are is the caller's promise.
        unsafe { slice::from_raw_parts(self.as_ptr(), self.len()) }
    }
}

impl<A: Writable> SharedBytes<A> {
    /// The address of the first byte, for writing; see [`SharedBytes::as_ptr`].
    #[inline(always)]
    #[must_use]
    pub const fn as_mut_ptr(&self) -> *mut u8 {
        self.bytes.as_ptr().cast_mut().cast()
    }

    /// Where `count` values from `offset` lie: within these bytes, and aligned.
    #[inline]
    pub(crate) fn place<T>(&self, operation: Operation, offset: usize, count: usize) -> Result<*const [T]> {
        // A product that overflows is out of bounds as well.
        bounds::within(operation, offset, count.saturating_mul(size_of::<T>()), self.len())?;
        let address = self.as_mut_ptr().wrapping_add(offset);
        bounds::aligned(operation, address, offset, align_of::<T>())?;
        Ok(ptr::slice_from_raw_parts(address.cast(), count))
    }

    /// The bytes as a slice that may be written.
    ///
    /// # Safety
    /// For as long as the slice lives, nobody else reads or writes the bytes, in this process or another, and nobody
    /// makes the file shorter.
    #[inline(always)]
    #[must_use]
    pub const unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the bytes are mapped and writable; that they are nobody else's is the caller's promise.
        unsafe { slice::from_raw_parts_mut(self.as_mut_ptr(), self.len()) }
    }
}

impl<A: Access> fmt::Debug for SharedBytes<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({} bytes at {:p})", self.len(), self.as_ptr())
    }
}
