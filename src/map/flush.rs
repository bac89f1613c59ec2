//! Stores into a map of a file, and when they are on its disk.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::file::again;
use crate::sys::{self, MsyncFlags};
use core::sync::atomic::{AtomicI32, Ordering::Relaxed};

use super::{FileMap, Protection, bounds};

/// The error of a flush that failed, for good: the kernel drops the pages that it could not write, or takes them for
/// clean, so that a second flush would find nothing to do and succeed.
#[derive(Debug)]
pub(super) struct Failure(AtomicI32);

impl Failure {
    pub(super) const fn none() -> Self {
        Self(AtomicI32::new(0))
    }

    #[inline(always)]
    fn get(&self) -> Option<Errno> {
        Errno::from_raw_os_error(self.0.load(Relaxed))
    }

    fn set(&self, errno: Errno) {
        // Pages that are locked cannot be invalidated, which is known before anything is written.
        if errno != Errno::EBUSY {
            self.0.store(errno.raw_os_error(), Relaxed);
        }
    }
}

/// Flushing takes a shared map; it may be read-only by now. A private one has nothing that could reach the file.
impl<P: Protection> FileMap<P> {
    /// Returns when every store is in the file on its disk (`MS_SYNC`).
    ///
    /// # Errors
    /// `EIO` and others of [`sys::msync`]: what was stored may be lost. From then on every flush of this map reports it,
    /// with [`Reason::EarlierFlush`]; the kernel would say no more than once. `EINVAL` (a private map).
    #[inline(always)]
    pub fn flush(&self) -> Result<()> {
        self.sync(0, self.len, MsyncFlags::SYNC)
    }

    /// [`FileMap::flush`] for `len` bytes from `offset`, and what shares a page with them.
    ///
    /// # Errors
    /// As [`FileMap::flush`]; `EINVAL` (the range is not within the map).
    #[inline]
    pub fn flush_range(&self, offset: usize, len: usize) -> Result<()> {
        self.sync(offset, len, MsyncFlags::SYNC)
    }

    /// [`FileMap::flush`], after which other maps of the file show what was stored (`MS_INVALIDATE`). On Linux they do at
    /// any time; what this adds is the error for locked pages.
    ///
    /// # Errors
    /// As [`FileMap::flush`]; `EBUSY` (locked pages).
    #[inline]
    pub fn flush_invalidate(&self) -> Result<()> {
        self.sync(0, self.len, MsyncFlags::SYNC.union(MsyncFlags::INVALIDATE))
    }

    /// [`FileMap::flush_invalidate`] for `len` bytes from `offset`, and what shares a page with them.
    ///
    /// # Errors
    /// As [`FileMap::flush_invalidate`]; `EINVAL` (the range is not within the map).
    #[inline]
    pub fn flush_invalidate_range(&self, offset: usize, len: usize) -> Result<()> {
        self.sync(offset, len, MsyncFlags::SYNC.union(MsyncFlags::INVALIDATE))
    }

    /// Asks the kernel to write soon (`MS_ASYNC`). Since Linux 2.6.19 it starts nothing: the kernel writes changed
    /// pages in its own time, with this call or without.
    ///
    /// # Errors
    /// Those of [`sys::msync`]; as [`FileMap::flush`] after a flush that failed.
    #[inline]
    pub fn flush_async(&self) -> Result<()> {
        self.sync(0, self.len, MsyncFlags::ASYNC)
    }

    /// [`FileMap::flush_async`] for `len` bytes from `offset`, and what shares a page with them.
    ///
    /// # Errors
    /// As [`FileMap::flush_async`]; `EINVAL` (the range is not within the map).
    #[inline]
    pub fn flush_async_range(&self, offset: usize, len: usize) -> Result<()> {
        self.sync(offset, len, MsyncFlags::ASYNC)
    }

    #[inline(always)]
    fn sync(&self, offset: usize, len: usize, flags: MsyncFlags) -> Result<()> {
        if self.is_private {
            return Err(Error::because(Operation::Flush, Errno::EINVAL, Reason::PrivateMap));
        }
        bounds::within(Operation::Flush, offset, len, self.len)?;
        if let Some(errno) = self.failure.get() {
            return Err(Error::because(Operation::Flush, errno, Reason::EarlierFlush));
        }
        if len == 0 {
            return Ok(());
        }
        // From the start of the map the pages begin where the mapping does, and no page size is needed to find that.
        // The sums are within the mapping.
        let end = self.lead.wrapping_add(offset).wrapping_add(len);
        let first = if offset == 0 { 0 } else { bounds::first_page(&self.mapping, self.lead + offset) };
        let start = self.mapping.start().as_ptr().wrapping_add(first);
        again(Operation::Msync, || sys::msync(start, end.wrapping_sub(first), flags))
            .inspect_err(|error| self.failure.set(error.errno()))
    }
}
