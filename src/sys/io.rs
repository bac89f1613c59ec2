//! Reading, writing and what else one does to an open descriptor.

use crate::Errno;
use crate::arch::syscall::{syscall1, syscall2, syscall3, syscall3_pure, syscall4};
use crate::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use bitflags::bitflags;
use linux_raw_sys::general as raw;
use sc::nr;

use super::{OFlags, done, owned, register};

bitflags! {
    /// Flags of a descriptor itself.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FdFlags: u32 {
        /// Closed by execve(2).
        const CLOEXEC = raw::FD_CLOEXEC;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// What a sealed memfd cannot do any more.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SealFlags: u32 {
        /// Take further seals.
        const SEAL = raw::F_SEAL_SEAL;
        /// Shrink.
        const SHRINK = raw::F_SEAL_SHRINK;
        /// Grow.
        const GROW = raw::F_SEAL_GROW;
        /// Change.
        const WRITE = raw::F_SEAL_WRITE;
        /// Change through maps and writes to come; a writable map that is there still writes (Linux 5.1).
        const FUTURE_WRITE = raw::F_SEAL_FUTURE_WRITE;
        /// Change its executable bits (Linux 6.3).
        const EXEC = raw::F_SEAL_EXEC;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

/// What [`lseek`] counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeekFrom {
    /// The start of the file.
    Start(u64),
    /// The present position.
    Current(i64),
    /// The end of the file.
    End(i64),
    /// The first byte of data at or after the offset.
    Data(u64),
    /// The first byte of a hole at or after the offset; the end counts as one.
    Hole(u64),
}

/// The kind of a lock on a range of a file.
#[repr(u16)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockKind {
    /// Any number of holders.
    Read = raw::F_RDLCK as u16,
    /// One holder.
    Write = raw::F_WRLCK as u16,
    /// None: gives it back.
    Unlock = raw::F_UNLCK as u16,
}

/// [read(2)](https://man7.org/linux/man-pages/man2/read.2.html): how many bytes were read; 0 at the end.
///
/// # Errors
/// `EAGAIN`, `EBADF`, `EINTR`, `EINVAL`, `EIO`, `EISDIR`.
#[inline(always)]
pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes within the slice.
    Errno::check(unsafe { syscall3::<{ nr::READ }>(register(fd), address, buffer.len()) })
}

/// [write(2)](https://man7.org/linux/man-pages/man2/write.2.html): how many bytes were written, maybe not all.
///
/// # Errors
/// `EAGAIN`, `EBADF`, `EDQUOT`, `EFBIG`, `EINTR`, `EINVAL`, `EIO`, `ENOSPC`, `EPERM` (sealed), `EPIPE`.
#[inline(always)]
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads within the slice.
    unsafe { write_raw(fd, bytes.as_ptr(), bytes.len()) }
}

/// [write(2)](https://man7.org/linux/man-pages/man2/write.2.html) from memory that others may change or take away:
/// the kernel copies, so that bytes that are not there are an error and not a signal.
///
/// # Safety
/// Nobody in this process relies on nobody reading the range: it is not exclusively borrowed.
///
/// # Errors
/// As [`write()`], and `EFAULT` where the memory is not readable.
#[inline(always)]
pub unsafe fn write_raw(fd: BorrowedFd<'_>, address: *const u8, len: usize) -> Result<usize, Errno> {
    // SAFETY: the kernel checks the addresses; for the rest the caller answers.
    Errno::check(unsafe { syscall3::<{ nr::WRITE }>(register(fd), address.expose_provenance(), len) })
}

/// [pread(2)](https://man7.org/linux/man-pages/man2/pread.2.html): [`read`] at a position of its own.
///
/// # Errors
/// As [`read`]; `EINVAL` (offset above `i64::MAX`), `ESPIPE` (a pipe or socket).
#[inline(always)]
pub fn pread(fd: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes within the slice.
    Errno::check(unsafe { syscall4::<{ nr::PREAD64 }>(register(fd), address, buffer.len(), offset as usize) })
}

/// [pwrite(2)](https://man7.org/linux/man-pages/man2/pwrite.2.html): [`write()`] at a position of its own.
///
/// # Errors
/// As [`write()`]; `EINVAL` (offset above `i64::MAX`), `ESPIPE` (a pipe or socket).
#[inline(always)]
pub fn pwrite(fd: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
    let address = bytes.as_ptr().expose_provenance();
    // SAFETY: the kernel reads within the slice.
    Errno::check(unsafe { syscall4::<{ nr::PWRITE64 }>(register(fd), address, bytes.len(), offset as usize) })
}

/// [pread(2)](https://man7.org/linux/man-pages/man2/pread.2.html) into memory that others may change or take away: the
/// kernel copies, so that bytes that are not there are an error and not a signal.
///
/// # Safety
/// The range is the caller's to write.
///
/// # Errors
/// As [`pread`], and `EFAULT` where the memory is not writable.
#[inline(always)]
pub unsafe fn pread_raw(
    fd: BorrowedFd<'_>,
    address: *mut u8,
    len: usize,
    offset: u64,
) -> Result<usize, Errno> {
    let address = address.expose_provenance();
    // SAFETY: the kernel checks the addresses; for the rest the caller answers.
    Errno::check(unsafe { syscall4::<{ nr::PREAD64 }>(register(fd), address, len, offset as usize) })
}

/// [pwrite(2)](https://man7.org/linux/man-pages/man2/pwrite.2.html) from memory that others may change or take away; see
/// [`write_raw`].
///
/// # Safety
/// As [`write_raw`].
///
/// # Errors
/// As [`pwrite`], and `EFAULT` where the memory is not readable.
#[inline(always)]
pub unsafe fn pwrite_raw(
    fd: BorrowedFd<'_>,
    address: *const u8,
    len: usize,
    offset: u64,
) -> Result<usize, Errno> {
    let address = address.expose_provenance();
    // SAFETY: the kernel checks the addresses; for the rest the caller answers.
    Errno::check(unsafe { syscall4::<{ nr::PWRITE64 }>(register(fd), address, len, offset as usize) })
}

/// [read(2)](https://man7.org/linux/man-pages/man2/read.2.html) into memory that others may change or take away; see
/// [`pread_raw`].
///
/// # Safety
/// As [`pread_raw`].
///
/// # Errors
/// As [`read`], and `EFAULT` where the memory is not writable.
#[inline(always)]
pub unsafe fn read_raw(fd: BorrowedFd<'_>, address: *mut u8, len: usize) -> Result<usize, Errno> {
    // SAFETY: the kernel checks the addresses; for the rest the caller answers.
    Errno::check(unsafe { syscall3::<{ nr::READ }>(register(fd), address.expose_provenance(), len) })
}

/// [lseek(2)](https://man7.org/linux/man-pages/man2/lseek.2.html): the new position from the start.
///
/// # Errors
/// `EBADF`, `EINVAL` (before the start), `ENXIO` (no data or hole there), `EOVERFLOW`, `ESPIPE`.
#[inline(always)]
pub fn lseek(fd: BorrowedFd<'_>, to: SeekFrom) -> Result<u64, Errno> {
    let (offset, whence) = match to {
        SeekFrom::Start(offset) => (offset as usize, raw::SEEK_SET),
        SeekFrom::Current(offset) => (offset as usize, raw::SEEK_CUR),
        SeekFrom::End(offset) => (offset as usize, raw::SEEK_END),
        SeekFrom::Data(offset) => (offset as usize, raw::SEEK_DATA),
        SeekFrom::Hole(offset) => (offset as usize, raw::SEEK_HOLE),
    };
    // SAFETY: no memory is named.
    let position = unsafe { syscall3::<{ nr::LSEEK }>(register(fd), offset, whence as usize) };
    Errno::check(position).map(|position| position as u64)
}

/// [close(2)](https://man7.org/linux/man-pages/man2/close.2.html) with its error. The descriptor is gone even then.
///
/// # Errors
/// `EBADF`, `EDQUOT`, `EINTR`, `EIO`, `ENOSPC`: an earlier write may be lost.
#[inline(always)]
pub fn close(fd: OwnedFd) -> Result<(), Errno> {
    // SAFETY: the owner gives it up here.
    unsafe { close_raw(fd.into_raw_fd()) }
}

/// [`close`] by number.
///
/// # Safety
/// The caller owns the descriptor.
///
/// # Errors
/// As [`close`].
#[inline(always)]
pub unsafe fn close_raw(fd: RawFd) -> Result<(), Errno> {
    // SAFETY: passed on to the caller; no memory is named.
    done(unsafe { syscall1::<{ nr::CLOSE }>(fd as usize) })
}

/// [close_range(2)](https://man7.org/linux/man-pages/man2/close_range.2.html) with `CLOSE_RANGE_CLOEXEC` (Linux 5.11): all
/// descriptors from this number on are closed by execve(2).
///
/// # Errors
/// `EINVAL` (before Linux 5.11), `ENOSYS` (before 5.9).
#[inline(always)]
pub fn cloexec_from(first: RawFd) -> Result<(), Errno> {
    // `linux/close_range.h`, which linux-raw-sys leaves out.
    const CLOSE_RANGE_CLOEXEC: usize = 1 << 2;
    // SAFETY: no memory is named, and no descriptor is closed here.
    done(unsafe { syscall3::<{ nr::CLOSE_RANGE }>(first as usize, u32::MAX as usize, CLOSE_RANGE_CLOEXEC) })
}

/// [fsync(2)](https://man7.org/linux/man-pages/man2/fsync.2.html): returns when data and metadata are on the disk.
///
/// # Errors
/// `EBADF`, `EDQUOT`, `EINTR`, `EINVAL` (the object cannot be synced), `EIO`, `ENOSPC`, `EROFS`.
#[inline(always)]
pub fn fsync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no memory is named.
    done(unsafe { syscall1::<{ nr::FSYNC }>(register(fd)) })
}

/// [fdatasync(2)](https://man7.org/linux/man-pages/man2/fdatasync.2.html): returns when the data, and as much metadata
/// as reading them takes, are on the disk.
///
/// # Errors
/// As [`fsync`].
#[inline(always)]
pub fn fdatasync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no memory is named.
    done(unsafe { syscall1::<{ nr::FDATASYNC }>(register(fd)) })
}

/// [pipe(2)](https://man7.org/linux/man-pages/man2/pipe.2.html) by pipe2: the reading end, then the writing end.
///
/// # Errors
/// `EINVAL` (flags), `EMFILE`, `ENFILE`.
#[inline(always)]
pub fn pipe2(flags: OFlags) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends: [RawFd; 2] = [-1; 2];
    let address = (&raw mut ends).expose_provenance();
    // SAFETY: the kernel writes the two numbers.
    done(unsafe { syscall2::<{ nr::PIPE2 }>(address, flags.bits() as usize) })?;
    // SAFETY: the kernel has just made them, for this caller alone.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// [dup3(2)](https://man7.org/linux/man-pages/man2/dup.2.html): makes the number `to` another name of `from`,
/// whatever it named before; only [`OFlags::CLOEXEC`] is allowed.
///
/// # Safety
/// Whoever owns the descriptor `to` expects it to become another.
///
/// # Errors
/// `EBADF`, `EBUSY`, `EINTR`, `EINVAL` (flags, or the two are equal), `EMFILE`.
#[inline(always)]
pub unsafe fn dup3(from: BorrowedFd<'_>, to: RawFd, flags: OFlags) -> Result<(), Errno> {
    // SAFETY: passed on to the caller; no memory is named.
    done(unsafe { syscall3::<{ nr::DUP3 }>(register(from), to as usize, flags.bits() as usize) })
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html) `F_DUPFD_CLOEXEC`: another descriptor of the same
/// open file, with the lowest free number that is at least `lowest`.
///
/// # Errors
/// `EBADF`, `EINVAL` (`lowest` is beyond the limit), `EMFILE`.
#[inline(always)]
pub fn fcntl_dupfd_cloexec(fd: BorrowedFd<'_>, lowest: RawFd) -> Result<OwnedFd, Errno> {
    owned(fcntl(fd, raw::F_DUPFD_CLOEXEC, lowest as usize))
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html) `F_GETFD`: the descriptor's flags.
///
/// # Errors
/// `EBADF`.
#[inline(always)]
pub fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<FdFlags, Errno> {
    Errno::check(fcntl(fd, raw::F_GETFD, 0)).map(|flags| FdFlags::from_bits_retain(flags as u32))
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html) `F_SETFD`: sets the descriptor's flags.
///
/// # Errors
/// `EBADF`.
#[inline(always)]
pub fn fcntl_setfd(fd: BorrowedFd<'_>, flags: FdFlags) -> Result<(), Errno> {
    done(fcntl(fd, raw::F_SETFD, flags.bits() as usize))
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html) `F_GETFL`: access mode and status flags.
///
/// # Errors
/// `EBADF`.
#[inline(always)]
pub fn fcntl_getfl(fd: BorrowedFd<'_>) -> Result<OFlags, Errno> {
    // SAFETY: no memory is named.
    let flags = unsafe { syscall3_pure::<{ nr::FCNTL }>(register(fd), raw::F_GETFL as usize, 0) };
    Errno::check(flags).map(|flags| OFlags::from_bits_retain(flags as u32))
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html) `F_SETFL`: sets the status flags.
///
/// # Errors
/// `EBADF`, `EPERM` (`APPEND` is sealed).
#[inline(always)]
pub fn fcntl_setfl(fd: BorrowedFd<'_>, flags: OFlags) -> Result<(), Errno> {
    done(fcntl(fd, raw::F_SETFL, flags.bits() as usize))
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/F_GET_SEALS.2const.html) `F_GET_SEALS`: the seals of a memfd.
///
/// # Errors
/// `EBADF`, `EINVAL` (the object takes no seals).
#[inline(always)]
pub fn fcntl_get_seals(fd: BorrowedFd<'_>) -> Result<SealFlags, Errno> {
    Errno::check(fcntl(fd, raw::F_GET_SEALS, 0)).map(|seals| SealFlags::from_bits_retain(seals as u32))
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/F_GET_SEALS.2const.html) `F_ADD_SEALS`: adds seals to a memfd.
///
/// # Errors
/// `EBADF`, `EBUSY` (`WRITE` while a writable shared map lives), `EINVAL`, `EPERM` (`SEAL` is set, or the descriptor
/// is not writable).
#[inline(always)]
pub fn fcntl_add_seals(fd: BorrowedFd<'_>, seals: SealFlags) -> Result<(), Errno> {
    done(fcntl(fd, raw::F_ADD_SEALS, seals.bits() as usize))
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/F_OFD_SETLK.2const.html) `F_OFD_SETLK`: takes or gives back a lock
/// on `len` bytes from `start` (0: to the end, however far) that belongs to the open file and goes with its last
/// descriptor. Does not wait.
///
/// # Errors
/// `EAGAIN` (somebody else holds it), `EBADF` (the descriptor's mode does not suit the lock), `EINVAL` (a number above
/// `i64::MAX`, or no regular file), `ENOLCK`.
#[inline(always)]
pub fn fcntl_ofd_setlk(fd: BorrowedFd<'_>, kind: LockKind, start: u64, len: u64) -> Result<(), Errno> {
    ofd_lock(fd, raw::F_OFD_SETLK, kind, start, len)
}

/// [fcntl(2)](https://man7.org/linux/man-pages/man2/F_OFD_SETLK.2const.html) `F_OFD_SETLKW`: [`fcntl_ofd_setlk`] that
/// waits.
///
/// # Errors
/// As [`fcntl_ofd_setlk`], and `EINTR` in place of `EAGAIN`.
#[inline(always)]
pub fn fcntl_ofd_setlkw(fd: BorrowedFd<'_>, kind: LockKind, start: u64, len: u64) -> Result<(), Errno> {
    ofd_lock(fd, raw::F_OFD_SETLKW, kind, start, len)
}

#[inline(always)]
fn ofd_lock(fd: BorrowedFd<'_>, command: u32, kind: LockKind, start: u64, len: u64) -> Result<(), Errno> {
    // The kernel would take them for negative: bytes before the start.
    let (Ok(start), Ok(len)) = (i64::try_from(start), i64::try_from(len)) else { return Err(Errno::EINVAL) };
    // The kernel demands a pid of 0 for locks of this kind.
    let lock = raw::flock {
        l_type: kind as i16,
        l_whence: raw::SEEK_SET as i16,
        l_start: start,
        l_len: len,
        l_pid: 0,
    };
    done(fcntl(fd, command, (&raw const lock).expose_provenance()))
}

/// The one door to fcntl(2): every command above passes a number or a structure that lives across the call.
#[inline(always)]
fn fcntl(fd: BorrowedFd<'_>, command: u32, argument: usize) -> usize {
    // SAFETY: see above; a structure is only read by the commands in use.
    unsafe { syscall3::<{ nr::FCNTL }>(register(fd), command as usize, argument) }
}
