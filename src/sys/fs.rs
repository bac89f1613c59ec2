//! Files by name, their length and what they are.

use crate::Errno;
use crate::arch::syscall::{syscall1, syscall2, syscall3, syscall4, syscall5};
use crate::fd::{BorrowedFd, OwnedFd, RawFd};
use bitflags::bitflags;
use core::ffi::CStr;
use core::fmt;
use core::mem::{MaybeUninit, offset_of};
use linux_raw_sys::general as raw;
use sc::nr;
use static_assertions::{assert_eq_size, const_assert_eq};

use super::{done, owned, register};

bitflags! {
    /// How a file is opened, and the status flags of an open one. [`open`] adds none of its own.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct OFlags: u32 {
        /// For writing only; without it and `RDWR`, for reading only.
        const WRONLY = raw::O_WRONLY;
        /// For reading and writing.
        const RDWR = raw::O_RDWR;
        /// Every write goes to the end.
        const APPEND = raw::O_APPEND;
        /// Closed by execve(2).
        const CLOEXEC = raw::O_CLOEXEC;
        /// Created if it is not there.
        const CREATE = raw::O_CREAT;
        /// Past the page cache.
        const DIRECT = raw::O_DIRECT;
        /// Only a directory.
        const DIRECTORY = raw::O_DIRECTORY;
        /// Every write returns when its data are on the disk.
        const DSYNC = raw::O_DSYNC;
        /// With `CREATE`: `EEXIST` if it is there.
        const EXCL = raw::O_EXCL;
        /// Reading leaves the time of access alone.
        const NOATIME = raw::O_NOATIME;
        /// A terminal does not become the process's own.
        const NOCTTY = raw::O_NOCTTY;
        /// `ELOOP` if the last component is a symbolic link.
        const NOFOLLOW = raw::O_NOFOLLOW;
        /// `EAGAIN` in place of waiting.
        const NONBLOCK = raw::O_NONBLOCK;
        /// Only a place in the file system; neither read nor written.
        const PATH = raw::O_PATH;
        /// Every write returns when data and metadata are on the disk.
        const SYNC = raw::O_SYNC;
        /// A file without a name in the directory that is opened.
        const TMPFILE = raw::O_TMPFILE;
        /// Emptied.
        const TRUNC = raw::O_TRUNC;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

impl OFlags {
    /// For reading only: the absence of `WRONLY` and `RDWR`.
    pub const RDONLY: OFlags = OFlags::empty();
    /// The bits that say whether a descriptor reads, writes or both.
    pub const ACCMODE: OFlags = OFlags::from_bits_retain(raw::O_ACCMODE);
}

bitflags! {
    /// A file's permission bits.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Mode: u32 {
        /// The owner reads.
        const RUSR = raw::S_IRUSR;
        /// The owner writes.
        const WUSR = raw::S_IWUSR;
        /// The owner executes.
        const XUSR = raw::S_IXUSR;
        /// The group reads.
        const RGRP = raw::S_IRGRP;
        /// The group writes.
        const WGRP = raw::S_IWGRP;
        /// The group executes.
        const XGRP = raw::S_IXGRP;
        /// Others read.
        const ROTH = raw::S_IROTH;
        /// Others write.
        const WOTH = raw::S_IWOTH;
        /// Others execute.
        const XOTH = raw::S_IXOTH;
        /// Bits that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// How the calls ending in `at` find their file.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct AtFlags: u32 {
        /// With an empty path: the descriptor's own object.
        const EMPTY_PATH = raw::AT_EMPTY_PATH;
        /// A symbolic link is followed.
        const SYMLINK_FOLLOW = raw::AT_SYMLINK_FOLLOW;
        /// A symbolic link is not followed.
        const SYMLINK_NOFOLLOW = raw::AT_SYMLINK_NOFOLLOW;
        /// [`unlinkat`] removes a directory.
        const REMOVEDIR = raw::AT_REMOVEDIR;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// What [`fallocate`] does; `empty()` allocates and lengthens.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FallocateFlags: u32 {
        /// The length stays.
        const KEEP_SIZE = raw::FALLOC_FL_KEEP_SIZE;
        /// With `KEEP_SIZE`: the range becomes a hole.
        const PUNCH_HOLE = raw::FALLOC_FL_PUNCH_HOLE;
        /// The range is cut out.
        const COLLAPSE_RANGE = raw::FALLOC_FL_COLLAPSE_RANGE;
        /// The range reads as zeros.
        const ZERO_RANGE = raw::FALLOC_FL_ZERO_RANGE;
        /// A hole is put in.
        const INSERT_RANGE = raw::FALLOC_FL_INSERT_RANGE;
        /// Blocks shared with other files become the file's own.
        const UNSHARE_RANGE = raw::FALLOC_FL_UNSHARE_RANGE;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// How [`renameat2`] treats what already has the new name.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct RenameFlags: u32 {
        /// `EEXIST` in place of replacing it.
        const NOREPLACE = raw::RENAME_NOREPLACE;
        /// The two swap their names.
        const EXCHANGE = raw::RENAME_EXCHANGE;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// What kind of memfd [`memfd_create`] makes.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MemfdFlags: u32 {
        /// Closed by execve(2).
        const CLOEXEC = raw::MFD_CLOEXEC;
        /// It takes seals.
        const ALLOW_SEALING = raw::MFD_ALLOW_SEALING;
        /// Of huge pages.
        const HUGETLB = raw::MFD_HUGETLB;
        /// Not executable, and sealed so (Linux 6.3).
        const NOEXEC_SEAL = raw::MFD_NOEXEC_SEAL;
        /// Executable (Linux 6.3).
        const EXEC = raw::MFD_EXEC;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

bitflags! {
    /// What a file system says of a file beyond its mode.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FileAttributes: u64 {
        /// Only appended to.
        const APPEND = raw::STATX_ATTR_APPEND as u64;
        /// Neither changed nor renamed nor removed, until somebody with the right to takes the attribute away.
        const IMMUTABLE = raw::STATX_ATTR_IMMUTABLE as u64;
        /// Never changed again: what is read is held against a checksum (fs-verity, Linux 5.5).
        const VERITY = raw::STATX_ATTR_VERITY as u64;
        /// Attributes that this crate has no name for.
        const _ = !0;
    }
}

/// What a path is relative to: the current directory.
// SAFETY: not a descriptor at all but a number that the `at` calls know; nobody can close it.
pub const CWD: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(raw::AT_FDCWD as RawFd) };

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A pipe or named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// Something without a kind, such as an epoll or event descriptor.
    Unknown,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileKind::Regular => "a regular file",
            FileKind::Directory => "a directory",
            FileKind::Symlink => "a symbolic link",
            FileKind::Fifo => "a pipe",
            FileKind::Socket => "a socket",
            FileKind::CharacterDevice => "a character device",
            FileKind::BlockDevice => "a block device",
            FileKind::Unknown => "an object of the kernel without a kind",
        })
    }
}

/// What [`statx`] says of a file.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Statx(raw::statx);

impl Statx {
    /// The length in bytes; 0 where the kernel does not know it (devices, /proc).
    #[inline(always)]
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.0.stx_size
    }

    /// The permission bits.
    #[inline(always)]
    #[must_use]
    pub const fn mode(&self) -> Mode {
        Mode::from_bits_retain(self.0.stx_mode as u32 & !raw::S_IFMT)
    }

    /// What the file is.
    #[inline(always)]
    #[must_use]
    pub const fn kind(&self) -> FileKind {
        match self.0.stx_mode as u32 & raw::S_IFMT {
            raw::S_IFREG => FileKind::Regular,
            raw::S_IFDIR => FileKind::Directory,
            raw::S_IFLNK => FileKind::Symlink,
            raw::S_IFIFO => FileKind::Fifo,
            raw::S_IFSOCK => FileKind::Socket,
            raw::S_IFCHR => FileKind::CharacterDevice,
            raw::S_IFBLK => FileKind::BlockDevice,
            _ => FileKind::Unknown,
        }
    }

    /// Major and minor number of the device that the file is on.
    #[inline(always)]
    #[must_use]
    pub const fn device(&self) -> (u32, u32) {
        (self.0.stx_dev_major, self.0.stx_dev_minor)
    }

    /// The number that names the file within its file system.
    #[inline(always)]
    #[must_use]
    pub const fn inode(&self) -> u64 {
        self.0.stx_ino
    }

    /// How many names the file has; 0 for one made without.
    #[inline(always)]
    #[must_use]
    pub const fn links(&self) -> u32 {
        self.0.stx_nlink
    }

    /// The attributes that the file has, of those that its file system knows.
    #[inline(always)]
    #[must_use]
    pub const fn attributes(&self) -> FileAttributes {
        FileAttributes::from_bits_retain(self.0.stx_attributes & self.0.stx_attributes_mask)
    }

    /// Bytes in a piece that the file system likes to be asked for; for hugetlbfs, bytes in one of its pages.
    #[inline(always)]
    #[must_use]
    pub const fn block_size(&self) -> u32 {
        self.0.stx_blksize
    }

    /// How many blocks of 512 bytes it takes up.
    #[inline(always)]
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.0.stx_blocks
    }
}

impl fmt::Debug for Statx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statx")
            .field("kind", &self.kind())
            .field("size", &self.size())
            .field("mode", &self.mode())
            .field("inode", &self.inode())
            .field("links", &self.links())
            .field("blocks", &self.blocks())
            .field("attributes", &self.attributes())
            .finish()
    }
}

// statx(2) fixes the layout by manual page, the same for every architecture.
assert_eq_size!(Statx, [u8; 256]);
const_assert_eq!(offset_of!(raw::statx, stx_attributes), 8);
const_assert_eq!(offset_of!(raw::statx, stx_blksize), 4);
const_assert_eq!(offset_of!(raw::statx, stx_nlink), 16);
const_assert_eq!(offset_of!(raw::statx, stx_mode), 28);
const_assert_eq!(offset_of!(raw::statx, stx_ino), 32);
const_assert_eq!(offset_of!(raw::statx, stx_size), 40);
const_assert_eq!(offset_of!(raw::statx, stx_blocks), 48);
const_assert_eq!(offset_of!(raw::statx, stx_attributes_mask), 56);
// fcntl(2)'s lock, with 64-bit offsets on both architectures.
assert_eq_size!(raw::flock, [u64; 4]);
const_assert_eq!(offset_of!(raw::flock, l_start), 8);
const_assert_eq!(offset_of!(raw::flock, l_len), 16);
const_assert_eq!(offset_of!(raw::flock, l_pid), 24);

/// [open(2)](https://man7.org/linux/man-pages/man2/open.2.html), by openat: a path relative to the current directory.
///
/// # Errors
/// `EACCES`, `EBUSY`, `EDQUOT`, `EEXIST`, `EINTR`, `EINVAL`, `EISDIR`, `ELOOP`, `EMFILE`, `ENAMETOOLONG`, `ENFILE`,
/// `ENODEV`, `ENOENT`, `ENOMEM`, `ENOSPC`, `ENOTDIR`, `ENXIO`, `EOPNOTSUPP`, `EOVERFLOW`, `EPERM`, `EROFS`, `ETXTBSY`.
#[inline(always)]
pub fn open(path: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    openat(CWD, path, flags, mode)
}

/// [openat(2)](https://man7.org/linux/man-pages/man2/openat.2.html): a path relative to a directory.
///
/// # Errors
/// As [`open`]; `EBADF`, `ENOTDIR` (the descriptor is not of a directory).
#[inline(always)]
pub fn openat(dir: BorrowedFd<'_>, path: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let (flags, mode) = (flags.bits() as usize, mode.bits() as usize);
    // SAFETY: the kernel reads the path up to its null.
    owned(unsafe { syscall4::<{ nr::OPENAT }>(register(dir), address(path), flags, mode) })
}

/// A path as the register that holds it.
#[inline(always)]
fn address(path: &CStr) -> usize {
    path.as_ptr().expose_provenance()
}

/// [ftruncate(2)](https://man7.org/linux/man-pages/man2/ftruncate.2.html): sets the length; what is new reads as zeros
/// and takes no room yet.
///
/// # Errors
/// `EBADF`, `EFBIG`, `EINTR`, `EINVAL` (above `i64::MAX`, or no regular file, or not open for writing), `EIO`,
/// `EPERM` (sealed), `ETXTBSY`.
#[inline(always)]
pub fn ftruncate(fd: BorrowedFd<'_>, len: u64) -> Result<(), Errno> {
    // SAFETY: no memory is named; maps of the file see the change, which is why none of them gives slices.
    done(unsafe { syscall2::<{ nr::FTRUNCATE }>(register(fd), len as usize) })
}

/// [fallocate(2)](https://man7.org/linux/man-pages/man2/fallocate.2.html): takes up the room for `len` bytes from
/// `offset` now, or what else the flags say.
///
/// # Errors
/// `EBADF`, `EFBIG`, `EINTR`, `EINVAL` (length 0, or above `i64::MAX`), `EIO`, `ENODEV`, `ENOSPC`, `EOPNOTSUPP`,
/// `EPERM` (sealed), `ESPIPE`, `ETXTBSY`.
#[inline(always)]
pub fn fallocate(fd: BorrowedFd<'_>, flags: FallocateFlags, offset: u64, len: u64) -> Result<(), Errno> {
    let flags = flags.bits() as usize;
    // SAFETY: no memory is named.
    done(unsafe { syscall4::<{ nr::FALLOCATE }>(register(fd), flags, offset as usize, len as usize) })
}

/// [statx(2)](https://man7.org/linux/man-pages/man2/statx.2.html) (Linux 4.11): what a file is. With
/// [`AtFlags::EMPTY_PATH`] and an empty path, the descriptor's own object.
///
/// # Errors
/// `EACCES`, `EBADF`, `EINVAL`, `ELOOP`, `ENAMETOOLONG`, `ENOENT`, `ENOMEM`, `ENOTDIR`.
#[inline(always)]
pub fn statx(dir: BorrowedFd<'_>, path: &CStr, flags: AtFlags) -> Result<Statx, Errno> {
    let mut stat = MaybeUninit::<raw::statx>::uninit();
    let (flags, mask) = (flags.bits() as usize, raw::STATX_BASIC_STATS as usize);
    let result = stat.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel reads the path up to its null and writes the structure.
    done(unsafe { syscall5::<{ nr::STATX }>(register(dir), address(path), flags, mask, result) })?;
    // SAFETY: after success all of it is written.
    Ok(Statx(unsafe { stat.assume_init() }))
}

/// [fstat(2)](https://man7.org/linux/man-pages/man2/stat.2.html), by statx: what an open descriptor is of.
///
/// # Errors
/// `EBADF`, `ENOMEM`.
#[inline(always)]
pub fn fstat(fd: BorrowedFd<'_>) -> Result<Statx, Errno> {
    statx(fd, c"", AtFlags::EMPTY_PATH)
}

/// [unlink(2)](https://man7.org/linux/man-pages/man2/unlink.2.html): removes a name.
///
/// # Errors
/// `EACCES`, `EBUSY`, `EIO`, `EISDIR`, `ELOOP`, `ENAMETOOLONG`, `ENOENT`, `ENOMEM`, `ENOTDIR`, `EPERM`, `EROFS`.
#[inline(always)]
pub fn unlink(path: &CStr) -> Result<(), Errno> {
    unlinkat(CWD, path, AtFlags::empty())
}

/// [unlinkat(2)](https://man7.org/linux/man-pages/man2/unlinkat.2.html): [`unlink`], or with
/// [`AtFlags::REMOVEDIR`] rmdir(2), relative to a directory.
///
/// # Errors
/// As [`unlink`]; `EBADF`, `EINVAL` (flags), `ENOTEMPTY`.
#[inline(always)]
pub fn unlinkat(dir: BorrowedFd<'_>, path: &CStr, flags: AtFlags) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path up to its null.
    done(unsafe { syscall3::<{ nr::UNLINKAT }>(register(dir), address(path), flags.bits() as usize) })
}

/// [linkat(2)](https://man7.org/linux/man-pages/man2/linkat.2.html): gives a file another name.
///
/// # Errors
/// `EACCES`, `EBADF`, `EDQUOT`, `EEXIST`, `EINVAL` (flags), `EIO`, `ELOOP`, `EMLINK`, `ENAMETOOLONG`, `ENOENT`,
/// `ENOMEM`, `ENOSPC`, `ENOTDIR`, `EPERM`, `EROFS`, `EXDEV`.
#[inline(always)]
pub fn linkat(
    old_dir: BorrowedFd<'_>,
    old_path: &CStr,
    new_dir: BorrowedFd<'_>,
    new_path: &CStr,
    flags: AtFlags,
) -> Result<(), Errno> {
    let (old_path, new_path, flags) = (address(old_path), address(new_path), flags.bits() as usize);
    // SAFETY: the kernel reads the paths up to their nulls.
    done(unsafe {
        syscall5::<{ nr::LINKAT }>(register(old_dir), old_path, register(new_dir), new_path, flags)
    })
}

/// [fchmod(2)](https://man7.org/linux/man-pages/man2/chmod.2.html): sets the permission bits.
///
/// # Errors
/// `EBADF`, `EIO`, `EPERM`, `EROFS`.
#[inline(always)]
pub fn fchmod(fd: BorrowedFd<'_>, mode: Mode) -> Result<(), Errno> {
    // SAFETY: no memory is named.
    done(unsafe { syscall2::<{ nr::FCHMOD }>(register(fd), mode.bits() as usize) })
}

/// [chdir(2)](https://man7.org/linux/man-pages/man2/chdir.2.html): changes the directory from which this process's relative paths
/// begin.
///
/// # Errors
/// `EACCES`, `EIO`, `ELOOP`, `ENAMETOOLONG`, `ENOENT`, `ENOMEM`, `ENOTDIR`.
#[inline(always)]
pub fn chdir(path: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path up to its null.
    done(unsafe { syscall1::<{ nr::CHDIR }>(path.as_ptr().expose_provenance()) })
}

/// [mkdir(2)](https://man7.org/linux/man-pages/man2/mkdir.2.html), by mkdirat.
///
/// # Errors
/// `EACCES`, `EDQUOT`, `EEXIST`, `EINVAL`, `ELOOP`, `EMLINK`, `ENAMETOOLONG`, `ENOENT`, `ENOMEM`, `ENOSPC`,
/// `ENOTDIR`, `EPERM`, `EROFS`.
#[inline(always)]
pub fn mkdir(path: &CStr, mode: Mode) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path up to its null.
    done(unsafe { syscall3::<{ nr::MKDIRAT }>(register(CWD), address(path), mode.bits() as usize) })
}

/// [rename(2)](https://man7.org/linux/man-pages/man2/rename.2.html), by renameat2: the new name is replaced at once.
///
/// # Errors
/// `EACCES`, `EBUSY`, `EDQUOT`, `EINVAL` (into itself), `EISDIR`, `ELOOP`, `EMLINK`, `ENAMETOOLONG`, `ENOENT`,
/// `ENOMEM`, `ENOSPC`, `ENOTDIR`, `ENOTEMPTY`, `EPERM`, `EROFS`, `EXDEV`.
#[inline(always)]
pub fn rename(old_path: &CStr, new_path: &CStr) -> Result<(), Errno> {
    renameat2(CWD, old_path, CWD, new_path, RenameFlags::empty())
}

/// [renameat2(2)](https://man7.org/linux/man-pages/man2/rename.2.html).
///
/// # Errors
/// As [`rename`]; `EBADF`, `EEXIST` (with [`RenameFlags::NOREPLACE`]).
#[inline(always)]
pub fn renameat2(
    old_dir: BorrowedFd<'_>,
    old_path: &CStr,
    new_dir: BorrowedFd<'_>,
    new_path: &CStr,
    flags: RenameFlags,
) -> Result<(), Errno> {
    let (old_path, new_path, flags) = (address(old_path), address(new_path), flags.bits() as usize);
    // SAFETY: the kernel reads the paths up to their nulls.
    done(unsafe {
        syscall5::<{ nr::RENAMEAT2 }>(register(old_dir), old_path, register(new_dir), new_path, flags)
    })
}

/// [memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html): a file in memory without a name in
/// any directory. `name`, at most 249 bytes, shows in /proc/self/fd.
///
/// # Errors
/// `EINVAL` (flags, or the name is too long), `EMFILE`, `ENFILE`, `ENOMEM`, `EPERM` (no huge pages for this user).
#[inline(always)]
pub fn memfd_create(name: &CStr, flags: MemfdFlags) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel reads the name up to its null.
    owned(unsafe { syscall2::<{ nr::MEMFD_CREATE }>(address(name), flags.bits() as usize) })
}

/// [memfd_secret(2)](https://man7.org/linux/man-pages/man2/memfd_secret.2.html) (Linux 5.14): a file in memory whose
/// pages the kernel takes out of its own address space. Of the flags it knows [`OFlags::CLOEXEC`].
///
/// # Errors
/// `EINVAL` (flags), `EMFILE`, `ENFILE`, `ENOMEM`, `ENOSYS` (not built in, or before Linux 6.5 not started with
/// `secretmem.enable=1`; QEMU's user mode).
#[inline(always)]
pub fn memfd_secret(flags: OFlags) -> Result<OwnedFd, Errno> {
    // `sc` does not have the number.
    const NUMBER: usize = raw::__NR_memfd_secret as usize;
    // SAFETY: no memory is named.
    owned(unsafe { syscall1::<NUMBER>(flags.bits() as usize) })
}

/// The kind of file system that hands out huge pages: memfds with `MFD_HUGETLB` are on one.
pub const HUGETLBFS: u64 = raw::HUGETLBFS_MAGIC as u64;

/// [fstatfs(2)](https://man7.org/linux/man-pages/man2/statfs.2.html): which kind of file system a file is on, such as
/// [`HUGETLBFS`].
///
/// # Errors
/// `EBADF`, `EINTR`, `EIO`, `ENOMEM`, `ENOSYS` (the file system does not say).
#[inline(always)]
pub fn file_system(fd: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut stat = MaybeUninit::<raw::statfs>::uninit();
    // SAFETY: the kernel writes the structure.
    done(unsafe { syscall2::<{ nr::FSTATFS }>(register(fd), stat.as_mut_ptr().expose_provenance()) })?;
    // SAFETY: after success it is written.
    Ok(unsafe { stat.assume_init() }.f_type as u64)
}

/// [getdents64(2)](https://man7.org/linux/man-pages/man2/getdents.2.html): the next entries of a directory, in the kernel's form.
/// How many bytes were written; 0 at the end.
///
/// # Errors
/// `EBADF`, `EINVAL` (there is no room for one entry), `ENOENT` (the directory was removed), `ENOTDIR`.
#[inline(always)]
pub fn getdents64(directory: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes within the slice.
    Errno::check(unsafe { syscall3::<{ nr::GETDENTS64 }>(register(directory), address, buffer.len()) })
}
