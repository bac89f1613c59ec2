//! Values, loaded and stored.

use crate::error::{Operation, Result};
use crate::fault;

use super::super::bounds;
use super::{Access, SharedBytes, Writable};

/// A type that may be loaded from and stored to bytes that others change: every pattern of bits is a value of it, and it
/// has no padding. Integers and floating-point numbers, and with the feature `bytemuck` every [`bytemuck::Pod`].
///
/// # Safety
/// As just said; the type is `Copy` and has no interior mutability.
pub unsafe trait Plain: Copy {}

#[cfg(not(feature = "bytemuck"))]
macro_rules! plain {
    ($($number:ty)*) => {
        $(
            // SAFETY: a number.
            unsafe impl Plain for $number {}
        )*
    };
}

#[cfg(not(feature = "bytemuck"))]
plain! { u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 usize isize f32 f64 }

#[cfg(feature = "bytemuck")]
// SAFETY: what Pod asks for is what is asked for here. The numbers are among them.
unsafe impl<T: bytemuck::Pod> Plain for T {}

impl<A: Access> SharedBytes<A> {
    /// Loads the value at `offset`, which need not be aligned. With [`fault::install`]ed, a value of 1, 2, 4 or 8 bytes
    /// that is aligned is loaded at once: all from before or all from after another's store.
    ///
    /// # Errors
    /// `EINVAL` (it is not within these bytes), `EFAULT` with [`Reason::Fault`](crate::Reason::Fault) (a page is gone).
    #[inline]
    pub fn load<T: Plain>(&self, offset: usize) -> Result<T> {
        bounds::within(Operation::Load, offset, size_of::<T>(), self.len())?;
        // SAFETY: in bounds, and every pattern of bits is a T.
        unsafe { fault::load(Operation::Load, self.as_ptr().wrapping_add(offset)) }
    }
}

impl<A: Writable> SharedBytes<A> {
    /// Stores a value at `offset`, which need not be aligned; see [`SharedBytes::load`].
    ///
    /// # Errors
    /// As [`SharedBytes::load`]; after `EFAULT` the value's first `copied` bytes have arrived.
    #[inline]
    pub fn store<T: Plain>(&self, offset: usize, value: T) -> Result<()> {
        bounds::within(Operation::Store, offset, size_of::<T>(), self.len())?;
        // SAFETY: in bounds, and a T has no padding.
        unsafe { fault::store(Operation::Store, self.as_mut_ptr().wrapping_add(offset), value) }
    }
}
