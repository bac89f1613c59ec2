//! Shared values, lent in place.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::map::{SharedBytes, Writable, bounds};

use super::Shared;

impl<A: Writable> SharedBytes<A> {
    /// Lends the value at `offset`, whatever the bytes there are.
    ///
    /// To use it touches the page itself: if the file shrinks, that raises SIGBUS.
    ///
    /// # Errors
    /// `EINVAL` (it is not within these bytes, or its address is not a multiple of its alignment).
    #[inline]
    pub fn value<T: Shared>(&self, offset: usize) -> Result<&T> {
        self.values(offset, 1).map(|values| &values[0])
    }

    /// Lends `count` values from `offset`, see [`SharedBytes::value`].
    ///
    /// # Errors
    /// `EINVAL` (they are not within these bytes, or the address is not a multiple of their alignment).
    #[inline]
    pub fn values<T: Shared>(&self, offset: usize, count: usize) -> Result<&[T]> {
        let place = self.place(Operation::Value, offset, count)?;
        // SAFETY: in bounds, aligned, every pattern of bits is a value, and all of it may change while it is lent.
        Ok(unsafe { &*place })
    }

    /// Where these values, which are in these bytes, begin.
    pub(super) fn offset_of<T: Shared>(&self, values: &[T]) -> Result<u64> {
        // What begins before the bytes wraps around and ends behind them.
        let offset = values.as_ptr().addr().wrapping_sub(self.as_ptr().addr());
        bounds::within(Operation::Value, offset, size_of_val(values), self.len())?;
        match offset {
            0 => Err(Error::because(Operation::Value, Errno::EINVAL, Reason::AtStart)),
            offset => Ok(offset as u64),
        }
    }
}
