//! Where a cell is kept.

use crate::error::Result;

use super::super::{FileMap, ReadWrite};

/// Bytes that can be read, written and made durable: a map of a file, or what else a
/// [`DurableCell`](super::DurableCell) is to be kept in.
pub trait Storage {
    /// Fills the buffer from `offset`.
    ///
    /// # Errors
    /// Whatever keeps it from being filled.
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()>;

    /// Writes all bytes from `offset` on. They may become durable at any time, in any order, some of them or all.
    ///
    /// # Errors
    /// Whatever keeps it from writing all of them.
    fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()>;

    /// Returns when the `len` bytes from `offset` are durable.
    ///
    /// # Errors
    /// Some of them may not be, and may never be.
    fn sync(&self, offset: usize, len: usize) -> Result<()>;
}

impl Storage for FileMap<ReadWrite> {
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()> {
        (**self).read_at(offset, buffer)
    }

    fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        (**self).write_at(offset, bytes)
    }

    fn sync(&self, offset: usize, len: usize) -> Result<()> {
        self.flush_range(offset, len)
    }
}

impl<S: Storage + ?Sized> Storage for &S {
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()> {
        (**self).read_at(offset, buffer)
    }

    fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        (**self).write_at(offset, bytes)
    }

    fn sync(&self, offset: usize, len: usize) -> Result<()> {
        (**self).sync(offset, len)
    }
}
