//! Maps of files.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::AsFd;
use crate::sys::{self, Advice, MapFlags, Statx};
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::bounds::{self, FileSpan};
use super::flush::Failure;
use super::mapping::Mapping;
use super::{
    Access, ChangeError, Changed, CopyOnWrite, Executable, MapOptions, NoAccess, Pages, Protection, ReadOnly,
    ReadWrite, SharedBytes, Writable,
};

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
///
/// A forked child has the same shared map, of the same file; of a private one (`copy`) it has a copy.
pub struct FileMap<P: Protection = ReadOnly> {
    pub(super) mapping: Mapping,
    /// How far into the mapping the bytes begin.
    pub(super) lead: usize,
    pub(super) len: usize,
    pub(super) origin: Origin,
    pub(super) is_private: bool,
    pub(super) failure: Failure,
    protection: PhantomData<P>,
}

/// Which part of which file is mapped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    device: (u32, u32),
    inode: u64,
    /// Where the map begins in the file.
    pub(super) offset: u64,
}

impl Origin {
    #[inline(always)]
    pub(super) const fn new(stat: &Statx, offset: u64) -> Self {
        Self { device: stat.device(), inode: stat.inode(), offset }
    }

    /// Whether this is the file that is mapped.
    pub(super) fn is(&self, stat: &Statx) -> bool {
        (self.device, self.inode) == (stat.device(), stat.inode())
    }
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

    /// Undoes all stores to whole pages: they show the file again (`MADV_DONTNEED`).
    ///
    /// # Errors
    /// `EINVAL` (not within the map, not whole pages but for the last, or locked ones).
    pub fn discard(&mut self, offset: usize, len: usize) -> Result<()> {
        // SAFETY: exclusively borrowed, and lent only as bytes that may change.
        unsafe {
            self.throw_away(Operation::Discard, offset, len, Advice::DONTNEED, Some(self.lead + self.len))
        }
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

    /// Makes a hole of whole pages in the file: they are zeros from now on, and take no room (`MADV_REMOVE`).
    ///
    /// # Errors
    /// `EINVAL` (not within the map, not whole pages, or locked ones), `EOPNOTSUPP` (the file system makes no holes).
    pub fn punch_hole(&self, offset: usize, len: usize) -> Result<()> {
        // SAFETY: lent only as bytes that may change.
        unsafe { self.throw_away(Operation::PunchHole, offset, len, Advice::REMOVE, None) }
    }
}

impl<P: Protection> FileMap<P> {
    #[inline(always)]
    pub(super) const fn new(mapping: Mapping, span: FileSpan, origin: Origin, flags: MapFlags) -> Self {
        Self {
            lead: if mapping.len() == 0 { 0 } else { span.lead },
            len: span.len,
            mapping,
            origin,
            is_private: flags.contains(MapFlags::PRIVATE),
            failure: Failure::none(),
            protection: PhantomData,
        }
    }

    /// The pages, for advice, locks and questions.
    #[inline]
    #[must_use]
    pub const fn pages(&self) -> Pages<'_, P> {
        Pages::new(&self.mapping, self.lead, self.len)
    }

    /// Allows loads and nothing else.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps).
    #[inline]
    pub fn make_read_only(self) -> Changed<FileMap<ReadOnly>, Self> {
        self.change(Operation::MakeReadOnly)
    }

    /// Allows loads and stores of a shared map: stores reach the file.
    ///
    /// # Errors
    /// `EACCES` (the file was mapped by a descriptor that is not open for writing, or is sealed), `EINVAL` (a private
    /// map: that takes [`FileMap::make_copy_on_write`]), `ENOMEM` (too many maps).
    #[inline]
    pub fn make_mut(self) -> Changed<FileMap<ReadWrite>, Self> {
        if self.is_private {
            let error = Error::because(Operation::MakeMut, Errno::EINVAL, Reason::PrivateMap);
            return Err(ChangeError::new(self, error));
        }
        self.change(Operation::MakeMut)
    }

    /// Allows loads and stores of a private map: stores stay in this process.
    ///
    /// # Errors
    /// `EINVAL` (a shared map: that takes [`FileMap::make_mut`]), `ENOMEM` (no memory, or too many maps).
    #[inline]
    pub fn make_copy_on_write(self) -> Changed<FileMap<CopyOnWrite>, Self> {
        if !self.is_private {
            let error = Error::because(Operation::MakeCopyOnWrite, Errno::EINVAL, Reason::SharedMap);
            return Err(ChangeError::new(self, error));
        }
        self.change(Operation::MakeCopyOnWrite)
    }

    /// Allows loads and execution, and no more stores. What was stored through the map has to be made visible to the
    /// processor by [`publish`](crate::arch::cache::publish); what was in the file already is.
    ///
    /// # Errors
    /// `EACCES` (the file system is mounted noexec, or a policy forbids it), `ENOMEM` (too many maps).
    #[inline]
    pub fn make_exec(self) -> Changed<FileMap<Executable>, Self> {
        self.change(Operation::MakeExec)
    }

    /// Allows nothing.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps).
    #[inline]
    pub fn make_none(self) -> Changed<FileMap<NoAccess>, Self> {
        self.change(Operation::MakeNone)
    }

    fn change<Q: Protection>(mut self, operation: Operation) -> Changed<FileMap<Q>, Self> {
        if let Err(errno) = self.mapping.protect(P::FLAGS, Q::FLAGS) {
            return Err(ChangeError::new(self, Error::new(operation, errno)));
        }
        let FileMap { mapping, lead, len, origin, is_private, failure, .. } = self;
        Ok(FileMap { mapping, lead, len, origin, is_private, failure, protection: PhantomData })
    }

    /// Gives advice that changes the bytes of whole pages.
    ///
    /// # Safety
    /// Nothing relies on those bytes.
    unsafe fn throw_away(
        &self,
        operation: Operation,
        offset: usize,
        len: usize,
        advice: Advice,
        or_end: Option<usize>,
    ) -> Result<()> {
        bounds::within(operation, offset, len, self.len)?;
        bounds::whole_pages(operation, &self.mapping, self.lead + offset, len, or_end)?;
        let (first, len) = bounds::pages(&self.mapping, self.lead + offset, len);
        if len == 0 {
            return Ok(());
        }
        // SAFETY: within the map; for the bytes the caller answers.
        unsafe { sys::madvise(self.mapping.start().as_ptr().wrapping_add(first), len, advice) }
            .map_err(|errno| Error::new(operation, errno))
    }

    /// The address of the first byte.
    #[inline(always)]
    fn start(&self) -> *mut u8 {
        self.mapping.start().as_ptr().wrapping_add(self.lead)
    }
}

impl<P: Access> Deref for FileMap<P> {
    type Target = SharedBytes<P>;

    #[inline(always)]
    fn deref(&self) -> &SharedBytes<P> {
        // SAFETY: mapped as `P` says until self is dropped, and lent in no other way.
        unsafe { SharedBytes::new(self.start(), self.len) }
    }
}

impl<P: Writable> DerefMut for FileMap<P> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut SharedBytes<P> {
        // SAFETY: mapped as `P` says until self is dropped, and exclusively borrowed as far as this process goes.
        unsafe { SharedBytes::new_mut(self.start(), self.len) }
    }
}

impl<P: Protection> fmt::Debug for FileMap<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileMap({} bytes at {:p}, {:?})", self.len, self.start(), P::FLAGS)
    }
}
