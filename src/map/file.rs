//! Maps of files.

use crate::error::{Error, Operation, Result};
use crate::fd::AsFd;
use crate::page;
use crate::sys::{self, MsyncFlags};
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::bounds::{self, FileSpan};
use super::mapping::Mapping;
use super::{Access, CopyOnWrite, MapOptions, ReadOnly, ReadWrite, SharedBytes, Writable};

/// A map of a file, or of a part of one. It lends [`SharedBytes`] and outlives the descriptor.
///
/// ```
/// use baremap::{File, FileMap};
///
/// let file = File::unnamed()?;
/// file.set_len(40)?;
/// let map = FileMap::write(&file)?;
/// map.write_at(0, b"hello")?;
/// map.flush()?;
///
/// let mut bytes = [0; 5];
/// file.read_exact_at(&mut bytes, 0)?;
/// assert_eq!(&bytes, b"hello");
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct FileMap<A: Access = ReadOnly> {
    mapping: Mapping,
    /// How far into the mapping the bytes begin.
    lead: usize,
    len: usize,
    access: PhantomData<A>,
}

impl FileMap<ReadOnly> {
    /// Maps a whole file for reading, shared; see [`MapOptions::map`].
    ///
    /// # Errors
    /// Those of [`MapOptions::map`].
    #[inline]
    pub fn read(file: impl AsFd) -> Result<FileMap<ReadOnly>> {
        MapOptions::new().map(file)
    }
}

impl FileMap<CopyOnWrite> {
    /// Maps a whole file for reading and writing, private; see [`MapOptions::map_copy`].
    ///
    /// # Errors
    /// Those of [`MapOptions::map_copy`].
    #[inline]
    pub fn copy(file: impl AsFd) -> Result<FileMap<CopyOnWrite>> {
        MapOptions::new().map_copy(file)
    }
}

impl FileMap<ReadWrite> {
    /// Maps a whole file for reading and writing, shared; see [`MapOptions::map_mut`].
    ///
    /// # Errors
    /// Those of [`MapOptions::map_mut`].
    #[inline]
    pub fn write(file: impl AsFd) -> Result<FileMap<ReadWrite>> {
        MapOptions::new().map_mut(file)
    }

    /// Returns when every store is in the file on its disk (`MS_SYNC`).
    ///
    /// # Errors
    /// `EIO` and others of [`sys::msync`]. After one, what was stored may be lost, and a second call would not say so.
    #[inline]
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

    /// Asks the kernel to write soon (`MS_ASYNC`). Since Linux 2.6.19 it starts nothing: the kernel writes changed
    /// pages in its own time, with this call or without.
    ///
    /// # Errors
    /// Those of [`sys::msync`].
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
        bounds::within(Operation::Flush, offset, len, self.len)?;
        if len == 0 {
            return Ok(());
        }
        // msync wants the start of a page. From the start of the map no page size is needed to find it.
        let first = self.lead + offset;
        let page = if offset == 0 { 0 } else { page::round_down(first) };
        let start = self.mapping.start().as_ptr().wrapping_add(page);
        sys::msync(start, first - page + len, flags).map_err(|errno| Error::new(Operation::Msync, errno))
    }
}

impl<A: Access> FileMap<A> {
    #[inline(always)]
    pub(super) fn new(mapping: Mapping, span: FileSpan) -> Self {
        let lead = if mapping.len() == 0 { 0 } else { span.lead };
        Self { mapping, lead, len: span.len, access: PhantomData }
    }

    /// The address of the first byte.
    #[inline(always)]
    fn start(&self) -> *mut u8 {
        self.mapping.start().as_ptr().wrapping_add(self.lead)
    }
}

impl<A: Access> Deref for FileMap<A> {
    type Target = SharedBytes<A>;

    #[inline(always)]
    fn deref(&self) -> &SharedBytes<A> {
        // SAFETY: mapped as `A` says until self is dropped, and lent in no other way.
        unsafe { SharedBytes::new(self.start(), self.len) }
    }
}

impl<A: Writable> DerefMut for FileMap<A> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut SharedBytes<A> {
        // SAFETY: mapped as `A` says until self is dropped, and exclusively borrowed as far as this process goes.
        unsafe { SharedBytes::new_mut(self.start(), self.len) }
    }
}

impl<A: Access> fmt::Debug for FileMap<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileMap({} bytes at {:p})", self.len, self.start())
    }
}
