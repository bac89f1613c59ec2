//! Atomic integers, lent in place.

use crate::error::{Operation, Result};
use core::sync::atomic;

use super::{SharedBytes, Writable, sealed};

/// An atomic integer that may be lent at an offset, see [`SharedBytes::atomic`].
///
/// # Safety
/// Every pattern of bits is a value of the type, and it is as large as it is aligned.
pub unsafe trait Atomic: sealed::Sealed + Sync {
    /// The type's name, such as `"AtomicU32"`.
    const NAME: &'static str;
}

macro_rules! atomics {
    ($($atomic:ident)*) => {
        $(
            impl sealed::Sealed for atomic::$atomic {}
            // SAFETY: an integer, aligned to its size by definition.
            unsafe impl Atomic for atomic::$atomic {
                const NAME: &'static str = stringify!($atomic);
            }
        )*
    };
}

atomics! { AtomicU8 AtomicI8 AtomicU16 AtomicI16 AtomicU32 AtomicI32 AtomicU64 AtomicI64 AtomicUsize AtomicIsize }

impl<A: Writable> SharedBytes<A> {
    /// Lends the atomic integer at `offset`.
    ///
    /// It touches the page itself: if the file shrinks, that raises SIGBUS.
    ///
    /// # Errors
    /// `EINVAL` (it is not within these bytes, or its address is not a multiple of its size).
    #[inline]
    pub fn atomic<T: Atomic>(&self, offset: usize) -> Result<&T> {
        self.atomics(offset, 1).map(|atomics| &atomics[0])
    }

    /// Lends `count` atomic integers from `offset`, see [`SharedBytes::atomic`].
    ///
    /// # Errors
    /// `EINVAL` (they are not within these bytes, or the address is not a multiple of their size).
    #[inline]
    pub fn atomics<T: Atomic>(&self, offset: usize, count: usize) -> Result<&[T]> {
        let place = self.place(Operation::Atomic, offset, count)?;
        // SAFETY: in bounds, aligned, every pattern of bits is a value, and whoever else stores there is atomic or
        // outside of this process.
        Ok(unsafe { &*place })
    }
}
