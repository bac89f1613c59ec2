//! What may be said of a map before it is made.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, BorrowedFd};
use crate::file::again;
use crate::sys::{self, Advice, FileKind, MapFlags, OFlags, ProtFlags, Statx};
use core::hint::assert_unchecked;
use core::num::NonZero;

use super::bounds;
use super::file::Origin;
use super::mapping::{Mapping, Object};
use super::{
    AnonMap, CopyOnWrite, Fallback, FileMap, HugePage, Protection, ReadOnly, ReadWrite, SharedMap,
    transparent_huge_size,
};

/// Makes maps: says which part, how and where, and then which kind.
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
    address: Option<usize>,
    populate: bool,
    transparent: bool,
    huge: Option<(HugePage, Fallback)>,
}

impl MapOptions {
    /// A whole file, or nothing; no page is touched before its time.
    #[inline(always)]
    #[must_use]
    pub const fn new() -> Self {
        Self { offset: 0, len: None, address: None, populate: false, transparent: false, huge: None }
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

    /// The address of the first page, a multiple of the page size, or no map at all: nothing that is mapped there is
    /// overwritten. (Where that is wanted, see [`AnonMap::reserve`].) With an offset that is not of whole pages, the
    /// map's first byte is as far into the page as it is in the file.
    ///
    /// ```
    /// use baremap::{AnonMap, Errno, MapOptions, page};
    ///
    /// let taken = AnonMap::new(page::size())?;
    /// let options = MapOptions::new().len(page::size()).at(taken.as_ptr().addr());
    /// assert_eq!(options.map_anon().unwrap_err().errno(), Errno::EEXIST);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub const fn at(mut self, address: usize) -> Self {
        self.address = Some(address);
        self
    }

    /// Reads the pages in at once (`MAP_POPULATE`), as far as that goes: the kernel does not say how far;
    /// [`Pages::prefault_read`](super::Pages::prefault_read) does.
    #[inline(always)]
    #[must_use]
    pub const fn populate(mut self) -> Self {
        self.populate = true;
        self
    }

    /// Asks for transparent huge pages (`MADV_HUGEPAGE`). Anonymous memory is placed so that its first page can be one,
    /// unless [`MapOptions::at`] places it. A kernel that makes none maps ordinary pages.
    #[inline(always)]
    #[must_use]
    pub const fn transparent_huge(mut self) -> Self {
        self.transparent = true;
        self
    }

    /// Takes huge pages out of the pool that the administrator has set aside (`MAP_HUGETLB`), or what `fallback` says.
    /// For anonymous memory; the length need not be of whole pages. Files on hugetlbfs consist of them in any case.
    ///
    /// A child that is forked shares private ones until it stores; if there is no free one then, SIGBUS ends it. Before Linux
    /// 6.9 the same may happen to a map that was decommitted and is used again.
    ///
    /// ```
    /// use baremap::MapOptions;
    /// use baremap::map::{Fallback, HugePage};
    ///
    /// let mut map = MapOptions::new().len(3 << 20).huge(HugePage::Size2M, Fallback::Transparent).map_anon()?;
    /// map[0] = 1;
    /// assert_eq!(map.len(), 3 << 20);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub const fn huge(mut self, size: HugePage, fallback: Fallback) -> Self {
        self.huge = Some((size, fallback));
        self
    }

    /// Maps a file for reading, shared: it shows what others write.
    ///
    /// # Errors
    /// `EINVAL` (the range ends after the file, or the address of [`MapOptions::at`]), `ENODEV` (not a regular file),
    /// `EACCES` (not open for reading), `EEXIST` (something is mapped at the address), `ENOMEM` (too long, no memory, or
    /// too many maps) and others of [`sys::mmap`] and [`sys::fstat`].
    #[inline]
    pub fn map(&self, file: impl AsFd) -> Result<FileMap<ReadOnly>> {
        self.file(file.as_fd(), MapFlags::SHARED)
    }

    /// Maps a file for reading and writing, shared: stores reach it.
    ///
    /// # Errors
    /// As [`MapOptions::map`]; `EACCES` (not open for reading and writing), `EPERM` (sealed).
    #[inline]
    pub fn map_mut(&self, file: impl AsFd) -> Result<FileMap<ReadWrite>> {
        self.file(file.as_fd(), MapFlags::SHARED)
    }

    /// Maps a file for reading and writing, private: stores stay in this process. Pages that it has not stored to go
    /// on showing what others write.
    ///
    /// # Errors
    /// As [`MapOptions::map`].
    #[inline]
    pub fn map_copy(&self, file: impl AsFd) -> Result<FileMap<CopyOnWrite>> {
        self.file(file.as_fd(), MapFlags::PRIVATE)
    }

    /// Maps a file for reading, private. It is no snapshot: it may show what others write.
    ///
    /// # Errors
    /// As [`MapOptions::map`].
    #[inline]
    pub fn map_copy_read_only(&self, file: impl AsFd) -> Result<FileMap<ReadOnly>> {
        self.file(file.as_fd(), MapFlags::PRIVATE)
    }

    /// Maps memory of this process alone, all zeros.
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, too many maps, or too few huge pages), `EINVAL` (an offset was set, the address of
    /// [`MapOptions::at`], or huge pages of an unknown size), `EEXIST` (something is mapped at the address).
    #[inline]
    pub fn map_anon(&self) -> Result<AnonMap> {
        self.anonymous(MapFlags::PRIVATE).map(|(mapping, len)| AnonMap::from_mapping(mapping, len))
    }

    /// Maps memory that this process shares with the children that it forks from now on, all zeros.
    ///
    /// # Errors
    /// As [`MapOptions::map_anon`].
    #[inline]
    pub fn map_shared_anon(&self) -> Result<SharedMap> {
        self.anonymous(MapFlags::SHARED).map(|(mapping, len)| SharedMap::from_mapping(mapping, len))
    }

    /// Anonymous memory, and how many of its bytes were asked for.
    #[inline(always)]
    fn anonymous(&self, flags: MapFlags) -> Result<(Mapping, usize)> {
        if self.offset != 0 {
            return Err(Error::because(Operation::Mmap, Errno::EINVAL, Reason::OffsetWithoutFile));
        }
        let len = bounds::length(self.len.unwrap_or(0) as u64, 0)?;
        let mapping = match self.huge {
            Some((size, fallback)) => self.huge_or(len, flags, size, fallback),
            None => self.small(len, flags, self.transparent),
        }?;
        Ok((mapping, len))
    }

    /// Ordinary pages, transparent huge ones among them.
    #[inline(always)]
    fn small(&self, len: usize, flags: MapFlags, transparent: bool) -> Result<Mapping> {
        if transparent {
            return self.transparent(len, flags);
        }
        self.place(len, ReadWrite::FLAGS, self.flags(flags), None)
    }

    /// Ordinary pages where huge ones fit, and the wish that they become such.
    fn transparent(&self, len: usize, flags: MapFlags) -> Result<Mapping> {
        let mapping = match (self.address, transparent_huge_size()) {
            (None, Some(align)) if len >= align.get() => {
                Mapping::aligned(len, align.get(), ReadWrite::FLAGS, flags)
                    .map_err(|errno| Error::new(Operation::Mmap, errno))
            }
            // Populated now, the pages would be small ones.
            _ => self.place(len, ReadWrite::FLAGS, flags, None),
        }?;
        self.wish(&mapping);
        Ok(mapping)
    }

    /// Wishes for huge pages. A kernel that knows none does not matter.
    fn wish(&self, mapping: &Mapping) {
        let (start, len) = (mapping.start().as_ptr(), mapping.len());
        // SAFETY: neither advice changes what the bytes are.
        unsafe {
            let _ = sys::madvise(start, len, Advice::HUGEPAGE);
            if self.populate {
                let _ = sys::madvise(start, len, Advice::POPULATE_WRITE);
            }
        }
    }

    /// Huge pages out of the pool, or what the caller takes instead.
    fn huge_or(&self, len: usize, flags: MapFlags, size: HugePage, fallback: Fallback) -> Result<Mapping> {
        let result = size.size().and_then(|bytes| {
            let bytes = NonZero::new(bytes);
            let mapped_len = bounds::huge_length(len, bytes)?;
            let flags = self.flags(flags | size.flags());
            let mapping = self.place(mapped_len, ReadWrite::FLAGS, flags, None);
            let mapping = mapping.map_err(|error| match error.errno() {
                Errno::EEXIST => error,
                errno => Error::new(Operation::MapHuge, errno),
            })?;
            Ok(mapping.of_huge_pages(bytes))
        });
        match fallback {
            Fallback::Error => result,
            Fallback::Transparent => result.or_else(|_| self.small(len, flags, true)),
            Fallback::Small => result.or_else(|_| self.small(len, flags, self.transparent)),
        }
    }

    #[inline(always)]
    fn file<P: Protection>(&self, fd: BorrowedFd<'_>, flags: MapFlags) -> Result<FileMap<P>> {
        let stat = again(Operation::Stat, || sys::fstat(fd))?;
        if stat.kind() != FileKind::Regular {
            return Err(Error::because(Operation::Mmap, Errno::ENODEV, Reason::Kind(stat.kind())));
        }
        let huge = huge_pages(fd, &stat);
        let span = bounds::file_span(self.offset, self.len, stat.size(), huge)?;
        // SAFETY: whole pages of something are more than nothing. Said here, it spares the checks for an empty map.
        unsafe { assert_unchecked(span.mapped_len >= span.len) };
        let object = Some((fd, span.page_offset));
        let mapping = match self.place(span.mapped_len, P::FLAGS, self.flags(flags), object) {
            Ok(mapping) => mapping.of_huge_pages(huge),
            Err(error) => return Err(explain(error, fd)),
        };
        if self.transparent {
            self.wish(&mapping);
        }
        Ok(FileMap::new(mapping, span, Origin::new(&stat, self.offset), flags))
    }

    /// Maps where the caller said, or anywhere.
    #[inline(always)]
    fn place(&self, len: usize, prot: ProtFlags, flags: MapFlags, object: Object<'_>) -> Result<Mapping> {
        let Some(address) = self.address else {
            return Mapping::new(len, prot, flags, object)
                .map_err(|errno| Error::new(Operation::Mmap, errno));
        };
        Mapping::at(bounds::address(address)?, len, prot, flags, object)
            .map_err(|errno| Error::new(Operation::MapAt, errno))
    }

    #[inline(always)]
    const fn flags(&self, flags: MapFlags) -> MapFlags {
        if self.populate { flags.union(MapFlags::POPULATE) } else { flags }
    }
}

/// Bytes in a page of a file that consists of huge ones: it is mapped, and unmapped, in whole ones.
#[inline(always)]
pub(super) fn huge_pages(fd: BorrowedFd<'_>, stat: &Statx) -> Option<NonZero<usize>> {
    /// The smallest huge page of any processor. Files of which a block is smaller need not be asked.
    const SMALLEST: u32 = 64 * 1024;
    if stat.block_size() < SMALLEST { None } else { pages_of_hugetlbfs(fd, stat) }
}

#[cold]
fn pages_of_hugetlbfs(fd: BorrowedFd<'_>, stat: &Statx) -> Option<NonZero<usize>> {
    let is_huge = again(Operation::Stat, || sys::file_system(fd)) == Ok(sys::HUGETLBFS);
    if is_huge { NonZero::new(stat.block_size() as usize) } else { None }
}

/// Finds out why the kernel would not map a regular file: `EACCES` is about the descriptor's mode, and both of its
/// meanings can be told apart.
#[cold]
pub(super) fn explain(error: Error, fd: BorrowedFd<'_>) -> Error {
    let mode = sys::fcntl_getfl(fd).map_or(OFlags::RDWR, |flags| flags.intersection(OFlags::ACCMODE));
    let reason = match (error.errno(), mode) {
        (Errno::EACCES, OFlags::WRONLY) => Reason::NotReadable,
        (Errno::EACCES, OFlags::RDONLY) => Reason::NotWritable,
        _ => error.reason(),
    };
    // The number stays the same in every case, so that a program that uses no more leaves the question out.
    Error::because(error.operation(), error.errno(), reason)
}
