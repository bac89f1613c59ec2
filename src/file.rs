//! Files, as far as one needs them to map and share them.

use crate::Errno;
use crate::errno::uninterrupted;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use crate::sys::{self, FallocateFlags, FileKind, Mode, OFlags, Pid};
use crate::text::ShortText;
use core::ffi::CStr;

/// An open file, closed on drop and by execve(2).
///
/// A call that a signal interrupts is made again.
///
/// ```
/// use baremap::File;
///
/// let file = File::unnamed()?;
/// file.write_all_at(b"hello", 0)?;
/// let mut bytes = [0; 5];
/// file.read_exact_at(&mut bytes, 0)?;
/// assert_eq!((&bytes, file.len()?), (b"hello", 5));
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// A forked child has a descriptor of its own for the same open file: position and status flags are common to both.
#[derive(Debug)]
pub struct File(OwnedFd);

/// The mode of a new file where the caller names none: only its owner reads and writes it.
pub(crate) const OWNER_ONLY: Mode = Mode::RUSR.union(Mode::WUSR);

/// Calls again what a signal interrupted, and gives an error its operation.
#[inline(always)]
pub(crate) fn again<T>(
    operation: Operation,
    call: impl FnMut() -> core::result::Result<T, Errno>,
) -> Result<T> {
    uninterrupted(call).map_err(|errno| Error::new(operation, errno))
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// Those of [`sys::open`]: `ENOENT` (not there), `EACCES` (not allowed) and more.
    #[inline]
    pub fn open(path: &CStr) -> Result<File> {
        Self::open_with(path, OFlags::RDONLY, Mode::empty())
    }

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// As [`File::open`].
    #[inline]
    pub fn open_rw(path: &CStr) -> Result<File> {
        Self::open_with(path, OFlags::RDWR, Mode::empty())
    }

    /// Opens a file for reading and writing, made with mode 0600 if it is not there, emptied if it is.
    ///
    /// # Errors
    /// As [`File::open`]; `EISDIR`, `ENOSPC`, `EROFS`.
    #[inline]
    pub fn create(path: &CStr) -> Result<File> {
        Self::open_with(path, OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC, OWNER_ONLY)
    }

    /// Makes a file with mode 0600, for reading and writing, which must not be there yet.
    ///
    /// # Errors
    /// As [`File::create`]; `EEXIST` (it is there).
    #[inline]
    pub fn create_new(path: &CStr) -> Result<File> {
        Self::open_with(path, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, OWNER_ONLY)
    }

    /// Makes a file in memory that has no name (memfd_create(2)), for reading and writing; it takes seals.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    #[inline]
    pub fn unnamed() -> Result<File> {
        let flags = sys::MemfdFlags::CLOEXEC | sys::MemfdFlags::ALLOW_SEALING;
        again(Operation::Open, || sys::memfd_create(c"baremap", flags)).map(File)
    }

    /// Opens a file as the flags say; `CLOEXEC` is added.
    ///
    /// # Errors
    /// Those of [`sys::open`].
    #[inline]
    pub fn open_with(path: &CStr, flags: OFlags, mode: Mode) -> Result<File> {
        again(Operation::Open, || sys::open(path, flags | OFlags::CLOEXEC, mode)).map(File)
    }

    /// Opens the file that a process has open under this number, by /proc: a memfd of another process, say. Its position and
    /// locks are its own; see [`fd::take_from`](crate::fd::take_from) for the same open file.
    ///
    /// ```
    /// use baremap::fd::AsRawFd;
    /// use baremap::sys::{OFlags, getpid};
    /// use baremap::{File, fd::AsFd};
    ///
    /// let memory = File::unnamed()?;
    /// memory.write_all(b"text")?;
    /// // The process says its number and the descriptor's to another one, which has the same user:
    /// let same = File::open_of(getpid(), memory.as_fd().as_raw_fd(), OFlags::RDWR)?;
    /// assert_eq!(same.len()?, 4);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ENOENT` (no such process or descriptor, or no /proc), `EACCES` (another user's process, or the file's mode does not
    /// allow it), `ENXIO` (a socket) and others of [`sys::open`].
    pub fn open_of(process: Pid, number: RawFd, flags: OFlags) -> Result<File> {
        let path = ShortText::of(format_args!("/proc/{process}/fd/{number}"));
        Self::open_with(path.as_c_str(), flags, Mode::empty())
    }

    /// Bytes in the file.
    ///
    /// # Errors
    /// Those of [`sys::fstat`].
    #[inline]
    pub fn len(&self) -> Result<u64> {
        self.stat().map(|stat| stat.size())
    }

    /// Whether the file has no bytes.
    ///
    /// # Errors
    /// As [`File::len`].
    #[inline]
    pub fn is_empty(&self) -> Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// What the file is.
    ///
    /// # Errors
    /// As [`File::len`].
    #[inline]
    pub fn kind(&self) -> Result<FileKind> {
        self.stat().map(|stat| stat.kind())
    }

    /// All that statx(2) says of the file.
    ///
    /// # Errors
    /// Those of [`sys::fstat`].
    #[inline]
    pub fn stat(&self) -> Result<sys::Statx> {
        again(Operation::Stat, || sys::fstat(self.as_fd()))
    }

    /// Sets the length. What is new reads as zeros and takes no room: a store into a map of it may still find the
    /// disk full and raise SIGBUS. [`File::allocate`] finds out now.
    ///
    /// # Errors
    /// `EFBIG`, `EINVAL` (above `i64::MAX`, or not open for writing), `EPERM` (sealed) and others of
    /// [`sys::ftruncate`].
    #[inline]
    pub fn set_len(&self, len: u64) -> Result<()> {
        again(Operation::SetLen, || sys::ftruncate(self.as_fd(), len))
    }

    /// Takes up the room for `len` bytes from `offset`, lengthening the file where they end after it. Stores into a map
    /// of them cannot run out of room. A length of 0 does nothing. A signal may cut the work into pieces: after an error then,
    /// those that were done stay.
    ///
    /// # Errors
    /// `ENOSPC` (the disk, or /dev/shm, is full), `EOPNOTSUPP` (the file system cannot) and others of
    /// [`sys::fallocate`].
    #[inline]
    pub fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        /// Bytes in the smallest piece: as many as any machine has in a page.
        const SMALLEST: u64 = 64 * 1024;
        let (mut done, mut piece) = (0, len);
        while done < len {
            let (start, count) = (offset.saturating_add(done), piece.min(len - done));
            match sys::fallocate(self.as_fd(), FallocateFlags::empty(), start, count) {
                Ok(()) => done += count,
                // A file system in memory, before Linux 6.9, takes all back at a signal. What takes longer than it is from
                // one signal to the next would never end; smaller pieces do.
                Err(Errno::EINTR) => piece = (piece / 2).max(SMALLEST),
                Err(errno) => return Err(Error::new(Operation::Allocate, errno)),
            }
        }
        Ok(())
    }

    /// Reads from the file's own position: how many bytes, 0 at the end.
    ///
    /// # Errors
    /// Those of [`sys::read`].
    #[inline]
    pub fn read(&self, buffer: &mut [u8]) -> Result<usize> {
        again(Operation::Read, || sys::read(self.as_fd(), buffer))
    }

    /// Reads from `offset`: how many bytes, 0 at the end.
    ///
    /// # Errors
    /// Those of [`sys::pread`].
    #[inline]
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        again(Operation::Read, || sys::pread(self.as_fd(), buffer, offset))
    }

    /// Fills the buffer from `offset`.
    ///
    /// # Errors
    /// As [`File::read_at`]; `ENODATA` (the file ends before the buffer is full).
    pub fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> Result<()> {
        while !buffer.is_empty() {
            let count = self.read_at(buffer, offset)?;
            if count == 0 {
                return Err(Error::because(Operation::Read, Errno::ENODATA, Reason::UnexpectedEnd));
            }
            // The kernel reads at most what was asked for.
            buffer = buffer.get_mut(count..).unwrap_or_default();
            offset += count as u64;
        }
        Ok(())
    }

    /// Writes at the file's own position: how many bytes, maybe not all.
    ///
    /// # Errors
    /// Those of [`sys::write`].
    #[inline]
    pub fn write(&self, bytes: &[u8]) -> Result<usize> {
        again(Operation::Write, || sys::write(self.as_fd(), bytes))
    }

    /// Writes all bytes at the file's own position.
    ///
    /// # Errors
    /// As [`File::write`]; `EIO` (the kernel took none and did not say why).
    pub fn write_all(&self, bytes: &[u8]) -> Result<()> {
        write_all(self.as_fd(), bytes)
    }

    /// Writes at `offset`: how many bytes, maybe not all.
    ///
    /// # Errors
    /// Those of [`sys::pwrite`].
    #[inline]
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        again(Operation::Write, || sys::pwrite(self.as_fd(), bytes, offset))
    }

    /// Writes all bytes at `offset`.
    ///
    /// # Errors
    /// As [`File::write_at`]; `EIO` (the kernel took none and did not say why).
    pub fn write_all_at(&self, bytes: &[u8], mut offset: u64) -> Result<()> {
        all(bytes, |bytes| {
            let count = self.write_at(bytes, offset)?;
            offset += count as u64;
            Ok(count)
        })
    }

    /// Returns when data and metadata are on the disk (fsync(2)).
    ///
    /// # Errors
    /// Those of [`sys::fsync`]. After one, what was written may be lost, and a second call would not say so.
    #[inline]
    pub fn sync(&self) -> Result<()> {
        again(Operation::Sync, || sys::fsync(self.as_fd()))
    }

    /// Returns when the data, and as much metadata as reading them takes, are on the disk (fdatasync(2)).
    ///
    /// # Errors
    /// As [`File::sync`].
    #[inline]
    pub fn sync_data(&self) -> Result<()> {
        again(Operation::Sync, || sys::fdatasync(self.as_fd()))
    }

    /// Another descriptor of the same open file, which shares its position.
    ///
    /// # Errors
    /// `EMFILE`.
    #[inline]
    pub fn try_clone(&self) -> Result<File> {
        again(Operation::Duplicate, || sys::fcntl_dupfd_cloexec(self.as_fd(), 0)).map(File)
    }
}

/// Writes all bytes to a descriptor.
///
/// # Errors
/// Those of [`sys::write`] but `EINTR`; `EIO` (the kernel took none and did not say why).
pub fn write_all(fd: impl AsFd, bytes: &[u8]) -> Result<()> {
    all(bytes, |bytes| again(Operation::Write, || sys::write(fd.as_fd(), bytes)))
}

/// Calls `write` with what is left until nothing is.
fn all(mut bytes: &[u8], mut write: impl FnMut(&[u8]) -> Result<usize>) -> Result<()> {
    while !bytes.is_empty() {
        let count = write(bytes)?;
        if count == 0 {
            return Err(Error::new(Operation::Write, Errno::EIO));
        }
        // The kernel writes at most what was asked for.
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

impl AsFd for File {
    #[inline(always)]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl From<File> for OwnedFd {
    fn from(file: File) -> Self {
        file.0
    }
}
