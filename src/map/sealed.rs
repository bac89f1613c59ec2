//! Bytes that nobody can change any more.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, BorrowedFd};
use crate::file::{File, again};
use crate::sys::{self, FileAttributes, MemfdFlags, SealFlags};
use core::fmt;
use core::ops::Deref;
use static_assertions::assert_impl_all;

use super::{AnonMap, FileMap, MapOptions, ReadOnly, ReadWrite, SharedBytes};

/// A map of a file that can neither change nor shrink, and so a slice of bytes: the one kind of file for which that is
/// sound.
///
/// ```text
///  new, build, snapshot_of          seal                      open
///     makes a file ───────▶ adds the four seals ──▶ checks them, then the length, maps
///                                                        ▲
///             as_fd ──────▶ another process ─────────────┘
/// ```
///
/// A file in memory ([`File::unnamed`]) is sealed by [`SealedMap::seal`], for good: no process can take a seal away. A
/// file with [fs-verity](https://docs.kernel.org/filesystems/fsverity.html) is as good as sealed.
///
/// ```
/// use baremap::SealedMap;
///
/// let map = SealedMap::new(b"for all to read")?;
/// // Send the descriptor to another process, which does not have to trust this one:
/// let theirs = SealedMap::open(&map)?;
/// assert_eq!(&theirs[4..7], b"all");
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # What may still go wrong
/// To read takes memory where nothing was ever written: a large file of nothing but zeros takes it page by page. Where
/// there is none, the kernel ends some process. A disk that fails, or holds another content than fs-verity expects,
/// raises SIGBUS: [`SealedMap::as_shared`] reports it as an error.
///
/// # After a fork
/// A forked child has the same bytes, which it cannot change either.
pub struct SealedMap {
    map: FileMap<ReadOnly>,
    file: File,
}

assert_impl_all!(SealedMap: Send, Sync);

/// Without these the bytes may change or go away. `FUTURE_WRITE` does not do: who has a map from before still writes.
const IMMUTABLE: SealFlags = SealFlags::SHRINK.union(SealFlags::WRITE);
/// All that is sealed here: who opens the file later finds the same length, and no seal can be added.
const ALL: SealFlags = IMMUTABLE.union(SealFlags::GROW).union(SealFlags::SEAL);

impl SealedMap {
    /// Makes a sealed file of these bytes.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`, `ENOSPC`.
    pub fn new(bytes: &[u8]) -> Result<SealedMap> {
        let file = unnamed()?;
        file.write_all(bytes)?;
        Self::seal(file)
    }

    /// Makes a sealed file of `len` bytes, zeros at first, which the closure fills.
    ///
    /// ```
    /// use baremap::SealedMap;
    ///
    /// let squares = SealedMap::build(256, |bytes| {
    ///     (0..=255_u8).try_for_each(|n| bytes.store(usize::from(n), n.wrapping_mul(n)))
    /// })?;
    /// assert_eq!(squares[12], 144);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// The closure's; `EMFILE`, `ENFILE`, `ENOMEM`, `EFBIG` (too long).
    pub fn build(len: usize, fill: impl FnOnce(&SharedBytes<ReadWrite>) -> Result<()>) -> Result<SealedMap> {
        let file = unnamed()?;
        file.set_len(len as u64)?;
        fill(&FileMap::write(&file)?)?;
        Self::seal(file)
    }

    /// Makes a sealed file of what can be read from a descriptor: a file from its start, whatever its position, and what
    /// is still to come of a pipe, a socket or a terminal. A file that changes meanwhile gives what was read.
    ///
    /// ```
    /// use baremap::{File, SealedMap};
    ///
    /// let maps = SealedMap::snapshot_of(File::open(c"/proc/self/maps")?)?;
    /// assert!(maps.ends_with(b"\n"));
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`sys::read`]: `EISDIR`, `EBADF` (not open for reading), `EAGAIN` (nothing there yet, and not to wait) and
    /// more; those of [`SealedMap::new`]. A device that never ends is read until memory does.
    pub fn snapshot_of(source: impl AsFd) -> Result<SealedMap> {
        let file = unnamed()?;
        copy(&duplicate(source.as_fd())?, &file)?;
        Self::seal(file)
    }

    /// Seals a file in memory, and maps it. Nobody can write to it, lengthen or shorten it from now on, not even its
    /// maker.
    ///
    /// # Errors
    /// `EBUSY` (a map is still there by which the file may be written, in whatever process: drop it first), `EINVAL` (not a
    /// file in memory), `EPERM` (not open for writing, or it takes no more seals); those of [`SealedMap::open`].
    pub fn seal(file: impl AsFd) -> Result<SealedMap> {
        match again(Operation::Seal, || sys::fcntl_add_seals(file.as_fd(), ALL)) {
            // It takes no more seals, and needs none.
            Err(_) if is_immutable(file.as_fd())? => {}
            result => result?,
        }
        Self::open(file)
    }

    /// Maps a file that somebody else has sealed, or that has fs-verity.
    ///
    /// # Errors
    /// `EPERM` with [`Reason::Unsealed`] (it may change or shrink); `EMFILE`; those of [`MapOptions::map`].
    pub fn open(file: impl AsFd) -> Result<SealedMap> {
        // What is looked at and what is mapped is one descriptor, which nobody else can turn into another file.
        let file = duplicate(file.as_fd())?;
        // In this order there is no window: a seal is never taken away, and after it no length changes but upwards.
        if !is_immutable(file.as_fd())? {
            return Err(Error::because(Operation::Mmap, Errno::EPERM, Reason::Unsealed));
        }
        let options = MapOptions::new();
        let map = match options.map(&file) {
            // Before Linux 6.7, where a descriptor is open for writing, a shared map counts as one that may be written.
            // Not in general: a private map of huge pages sets as many aside again.
            Err(error) if error.errno() == Errno::EPERM => options.map_copy_read_only(&file)?,
            map => map?,
        };
        Ok(SealedMap { map, file })
    }

    /// The same bytes, lent in such a way that a page that the disk cannot give is an error.
    #[inline]
    #[must_use]
    pub fn as_shared(&self) -> &SharedBytes<ReadOnly> {
        &self.map
    }
}

/// Whether the kernel says that a file's bytes neither change nor go away.
fn is_immutable(fd: BorrowedFd<'_>) -> Result<bool> {
    match again(Operation::Seal, || sys::fcntl_get_seals(fd)) {
        Ok(seals) => Ok(seals.contains(IMMUTABLE)),
        // Not a file in memory. Not the ioctl of fs-verity: a file system in user space answers that itself.
        Err(error) if error.errno() == Errno::EINVAL => {
            let stat = again(Operation::Stat, || sys::fstat(fd))?;
            Ok(stat.attributes().contains(FileAttributes::VERITY))
        }
        Err(error) => Err(error),
    }
}

/// A file in memory that cannot be executed, where the kernel knows the difference (Linux 6.3): some systems allow no
/// other.
fn unnamed() -> Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL;
    match again(Operation::Open, || sys::memfd_create(c"baremap-sealed", flags)) {
        Ok(fd) => Ok(fd.into()),
        Err(_) => File::unnamed(),
    }
}

fn duplicate(fd: BorrowedFd<'_>) -> Result<File> {
    again(Operation::Duplicate, || sys::fcntl_dupfd_cloexec(fd, 0)).map(File::from)
}

/// Writes what can be read from one file to the other.
fn copy(source: &File, target: &File) -> Result<()> {
    /// Bytes at a time: as many as a pipe holds.
    const PIECE: usize = 64 * 1024;
    let mut buffer = AnonMap::new(PIECE)?;
    // Where the next piece begins; a pipe has no offsets.
    let mut offset = Some(0);
    loop {
        let result = match offset {
            Some(offset) => source.read_at(&mut buffer, offset),
            None => source.read(&mut buffer),
        };
        let count = match result {
            // Later on it would be a mistake to go on from the file's own position.
            Err(error) if error.errno() == Errno::ESPIPE && offset == Some(0) => {
                offset = None;
                continue;
            }
            count => count?,
        };
        if count == 0 {
            return Ok(());
        }
        target.write_all(&buffer[..count])?;
        offset = offset.map(|offset| offset + count as u64);
    }
}

impl Deref for SealedMap {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // SAFETY: sealed against writing and shrinking, or never to change by fs-verity, since before it was mapped.
        unsafe { self.map.as_slice() }
    }
}

impl AsRef<[u8]> for SealedMap {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsFd for SealedMap {
    /// The sealed file, to be handed on.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl fmt::Debug for SealedMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedMap({} bytes at {:p})", self.len(), self.as_ptr())
    }
}
