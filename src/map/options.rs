//! What may be said of a map before it is made.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, BorrowedFd};
use crate::sys::{self, FileKind, MapFlags, OFlags, ProtFlags};

use super::bounds::{self, FileSpan};
use super::mapping::Mapping;
use super::{Access, AnonMap, CopyOnWrite, FileMap, ReadOnly, ReadWrite, SharedMap};

/// Makes maps: says which part, and how, and then which kind.
///
/// ```
/// use baremap::{File, MapOptions};
///
/// let file = File::unnamed()?;
/// file.write_all_at(b"0123456789", 0)?;
/// let map = MapOptions::new().offset(3).len(4).populate().map(&file)?;
///
/// let mut bytes = [0; 4];
/// map.read_at(0, &mut bytes)?;
/// assert_eq!(&bytes, b"3456");
/// # Ok::<(), baremap::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MapOptions {
    offset: u64,
    len: Option<usize>,
    populate: bool,
}

impl MapOptions {
    /// A whole file, or nothing; no page is touched before its time.
    #[inline(always)]
    #[must_use]
    pub const fn new() -> Self {
        Self { offset: 0, len: None, populate: false }
    }

    /// Bytes into the file at which the map begins: any number, not only of whole pages.
    #[inline(always)]
    #[must_use]
    pub const fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// Bytes of the map. Without it, a file's map goes to its end.
    #[inline(always)]
    #[must_use]
    pub const fn len(mut self, bytes: usize) -> Self {
        self.len = Some(bytes);
        self
    }

    /// Reads the pages in at once (`MAP_POPULATE`), as far as that goes: the kernel does not say how far.
    #[inline(always)]
    #[must_use]
    pub const fn populate(mut self) -> Self {
        self.populate = true;
        self
    }

    /// Maps a file for reading, shared: it shows what others write.
    ///
    /// # Errors
    /// `EINVAL` (the range ends after the file), `ENODEV` (not a regular file), `EACCES` (not open for reading),
    /// `ENOMEM` (too long, no memory, or too many maps) and others of [`sys::mmap`] and [`sys::fstat`].
    #[inline]
    pub fn map(&self, file: impl AsFd) -> Result<FileMap<ReadOnly>> {
        self.file(file.as_fd(), ProtFlags::READ, MapFlags::SHARED)
    }

    /// Maps a file for reading and writing, shared: stores reach it.
    ///
    /// # Errors
    /// As [`MapOptions::map`]; `EACCES` (not open for reading and writing), `EPERM` (sealed).
    #[inline]
    pub fn map_mut(&self, file: impl AsFd) -> Result<FileMap<ReadWrite>> {
        self.file(file.as_fd(), ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED)
    }

    /// Maps a file for reading and writing, private: stores stay in this process. Pages that it has not stored to go
    /// on showing what others write.
    ///
    /// # Errors
    /// As [`MapOptions::map`].
    #[inline]
    pub fn map_copy(&self, file: impl AsFd) -> Result<FileMap<CopyOnWrite>> {
        self.file(file.as_fd(), ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
    }

    /// Maps a file for reading, private. It is no snapshot: it may show what others write.
    ///
    /// # Errors
    /// As [`MapOptions::map`].
    #[inline]
    pub fn map_copy_read_only(&self, file: impl AsFd) -> Result<FileMap<ReadOnly>> {
        self.file(file.as_fd(), ProtFlags::READ, MapFlags::PRIVATE)
    }

    /// Maps memory of this process alone, all zeros.
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, or too many maps), `EINVAL` (an offset was set).
    #[inline]
    pub fn map_anon(&self) -> Result<AnonMap> {
        self.anonymous(MapFlags::PRIVATE).map(AnonMap::from_mapping)
    }

    /// Maps memory that this process shares with the children that it forks from now on, all zeros.
    ///
    /// # Errors
    /// As [`MapOptions::map_anon`].
    #[inline]
    pub fn map_shared_anon(&self) -> Result<SharedMap> {
        self.anonymous(MapFlags::SHARED).map(SharedMap::from_mapping)
    }

    #[inline(always)]
    fn anonymous(&self, flags: MapFlags) -> Result<Mapping> {
        if self.offset != 0 {
            return Err(Error::because(Operation::Mmap, Errno::EINVAL, Reason::OffsetWithoutFile));
        }
        let len = bounds::length(self.len.unwrap_or(0) as u64, 0)?;
        Mapping::new(len, ProtFlags::READ | ProtFlags::WRITE, self.flags(flags), None)
            .map_err(|errno| Error::new(Operation::Mmap, errno))
    }

    #[inline(always)]
    fn file<A: Access>(&self, fd: BorrowedFd<'_>, prot: ProtFlags, flags: MapFlags) -> Result<FileMap<A>> {
        let span = self.span(fd)?;
        let object = Some((fd, span.page_offset));
        // An empty part maps nothing, not even the page that it would be in.
        let len = if span.len == 0 { 0 } else { span.mapped_len() };
        match Mapping::new(len, prot, self.flags(flags), object) {
            Ok(mapping) => Ok(FileMap::new(mapping, span)),
            Err(errno) => Err(explain(errno, fd)),
        }
    }

    /// Which pages of the file are asked for.
    #[inline(always)]
    fn span(&self, fd: BorrowedFd<'_>) -> Result<FileSpan> {
        let stat = sys::fstat(fd).map_err(|errno| Error::new(Operation::Stat, errno))?;
        match stat.kind() {
            FileKind::Regular => bounds::file_span(self.offset, self.len, stat.size()),
            kind => Err(Error::because(Operation::Mmap, Errno::ENODEV, Reason::Kind(kind))),
        }
    }

    #[inline(always)]
    const fn flags(&self, flags: MapFlags) -> MapFlags {
        if self.populate { flags.union(MapFlags::POPULATE) } else { flags }
    }
}

/// Finds out why the kernel would not map a regular file: `EACCES` is about the descriptor's mode, and both of its
/// meanings can be told apart.
#[cold]
fn explain(errno: Errno, fd: BorrowedFd<'_>) -> Error {
    let mode = sys::fcntl_getfl(fd).map_or(OFlags::RDWR, |flags| flags.intersection(OFlags::ACCMODE));
    let reason = match (errno, mode) {
        (Errno::EACCES, OFlags::WRONLY) => Reason::NotReadable,
        (Errno::EACCES, OFlags::RDONLY) => Reason::NotWritable,
        _ => Reason::Kernel,
    };
    Error::because(Operation::Mmap, errno, reason)
}
