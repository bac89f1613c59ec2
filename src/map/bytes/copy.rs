//! Copies in, out and between.

use crate::error::{Operation, Result};
use crate::fault::{self, Ends};

use super::super::bounds;
use super::{Access, SharedBytes, Writable};

impl<A: Access> SharedBytes<A> {
    /// Copies the bytes from `offset` into the buffer, and fills it.
    ///
    /// # Errors
    /// `EINVAL` (they are not within these bytes). `EFAULT` with [`Reason::Fault`](crate::Reason::Fault) (a page is gone):
    /// the buffer's first `copied` bytes are the map's.
    #[inline]
    pub fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()> {
        bounds::within(Operation::ReadAt, offset, buffer.len(), self.len())?;
        let (to, from) = (buffer.as_mut_ptr(), self.as_ptr().wrapping_add(offset));
        // SAFETY: in bounds; the buffer is exclusively borrowed, so that it is no part of these bytes.
        unsafe { fault::copy(Operation::ReadAt, to, from, buffer.len(), Ends::From) }
    }

    /// Copies the `len` bytes from `offset` to `to_offset` of another map.
    ///
    /// The two may be one, but where the ranges overlap it is not said which bytes arrive.
    ///
    /// # Errors
    /// `EINVAL` (a range is not within its bytes). `EFAULT` with [`Reason::Fault`](crate::Reason::Fault) (a page of either
    /// is gone): the first `copied` bytes have arrived.
    #[inline]
    pub fn copy_to<B: Writable>(
        &self,
        offset: usize,
        to: &SharedBytes<B>,
        to_offset: usize,
        len: usize,
    ) -> Result<()> {
        bounds::within(Operation::Copy, offset, len, self.len())?;
        bounds::within(Operation::Copy, to_offset, len, to.len())?;
        let (to, from) = (to.as_mut_ptr().wrapping_add(to_offset), self.as_ptr().wrapping_add(offset));
        // SAFETY: both in bounds. An overlap is only a question of which bytes arrive, since they may change anyway.
        unsafe { fault::copy(Operation::Copy, to, from, len, Ends::Both) }
    }
}

impl<A: Writable> SharedBytes<A> {
    /// Copies the bytes to `offset`.
    ///
    /// # Errors
    /// `EINVAL` (they do not end within these bytes). `EFAULT` with [`Reason::Fault`](crate::Reason::Fault) (a page is
    /// gone, or the disk is full): the first `copied` bytes have arrived.
    #[inline]
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        bounds::within(Operation::WriteAt, offset, bytes.len(), self.len())?;
        let (to, from) = (self.as_mut_ptr().wrapping_add(offset), bytes.as_ptr());
        // SAFETY: in bounds; nobody in this process has a slice of these bytes, so that `bytes` is no part of them.
        unsafe { fault::copy(Operation::WriteAt, to, from, bytes.len(), Ends::To) }
    }

    /// Copies the `len` bytes from `from_offset` of another map to `offset`; see [`SharedBytes::copy_to`].
    ///
    /// # Errors
    /// As [`SharedBytes::copy_to`].
    #[inline]
    pub fn copy_from<B: Access>(
        &self,
        offset: usize,
        from: &SharedBytes<B>,
        from_offset: usize,
        len: usize,
    ) -> Result<()> {
        from.copy_to(from_offset, self, offset, len)
    }
}
