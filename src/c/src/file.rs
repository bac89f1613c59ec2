//! Files, by the bare system calls: one attempt each, so that `-EINTR` is the caller's.
//!
//! A pointer goes to the kernel as it came from C: the kernel is the one to say `EFAULT`.

use baremap::arch::syscall::{syscall1, syscall2, syscall3, syscall4, syscall5};
use core::ffi::{c_char, c_int, c_uint, c_void};
use linux_raw_sys::general as raw;

use crate::answer::{count, status};
use crate::pointer::address;

/// What paths are relative to, where nothing else is named.
const CWD: usize = raw::AT_FDCWD as usize;

mod open {
    use super::*;

    /// open(2), by openat: `flags` are BM_O_RDONLY and its kin; `mode` counts only with BM_O_CREAT and BM_O_TMPFILE. Nothing is
    /// added to the flags: BM_O_CLOEXEC is the caller's to give.
    ///
    /// A descriptor, or -EACCES, -EEXIST, -EFAULT, -EINTR, -EINVAL, -EISDIR, -ELOOP, -EMFILE, -ENAMETOOLONG, -ENFILE, -ENOENT,
    /// -ENOSPC, -ENOTDIR, -EROFS and others of open(2).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        const NUMBER: usize = raw::__NR_openat as usize;
        // SAFETY: the kernel reads the path up to its null.
        status(unsafe { syscall4::<NUMBER>(CWD, address(path), flags as usize, mode as usize) })
    }
}

mod openat {
    use super::*;

    /// openat(2): as `bm_open`, relative to a directory.
    ///
    /// A descriptor, or as `bm_open`, and -EBADF, -ENOTDIR.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_openat(dir: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        const NUMBER: usize = raw::__NR_openat as usize;
        // SAFETY: the kernel reads the path up to its null.
        status(unsafe { syscall4::<NUMBER>(dir as usize, address(path), flags as usize, mode as usize) })
    }
}

mod close {
    use super::*;

    /// close(2). The descriptor is gone even after an error other than -EBADF: do not close it again.
    ///
    /// 0, or -EBADF, -EDQUOT, -EINTR, -EIO, -ENOSPC: an earlier write may be lost.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_close(fd: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_close as usize;
        // SAFETY: the descriptor is the caller's.
        status(unsafe { syscall1::<NUMBER>(fd as usize) })
    }
}

mod read {
    use super::*;

    /// read(2): how many bytes were read, 0 at the end; or -EAGAIN, -EBADF, -EFAULT, -EINTR, -EINVAL, -EIO, -EISDIR.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_read(fd: c_int, buffer: *mut c_void, len: usize) -> isize {
        const NUMBER: usize = raw::__NR_read as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        count(unsafe { syscall3::<NUMBER>(fd as usize, address(buffer), len) })
    }
}

mod write {
    use super::*;

    /// write(2): how many bytes were written, maybe not all; or -EAGAIN, -EBADF, -EFAULT, -EFBIG, -EINTR, -EINVAL, -EIO, -ENOSPC,
    /// -EPERM (sealed), -EPIPE.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_write(fd: c_int, bytes: *const c_void, len: usize) -> isize {
        const NUMBER: usize = raw::__NR_write as usize;
        // SAFETY: the kernel reads what the caller gave.
        count(unsafe { syscall3::<NUMBER>(fd as usize, address(bytes), len) })
    }
}

mod pread {
    use super::*;

    /// pread(2): as `bm_read`, from `offset`; the file's own position stays. -EINVAL (offset below 0), -ESPIPE (a pipe or socket).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_pread(fd: c_int, buffer: *mut c_void, len: usize, offset: i64) -> isize {
        const NUMBER: usize = raw::__NR_pread64 as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        count(unsafe { syscall4::<NUMBER>(fd as usize, address(buffer), len, offset as usize) })
    }
}

mod pwrite {
    use super::*;

    /// pwrite(2): as `bm_write`, at `offset`; the file's own position stays. -EINVAL (offset below 0), -ESPIPE (a pipe or socket).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_pwrite(fd: c_int, bytes: *const c_void, len: usize, offset: i64) -> isize {
        const NUMBER: usize = raw::__NR_pwrite64 as usize;
        // SAFETY: the kernel reads what the caller gave.
        count(unsafe { syscall4::<NUMBER>(fd as usize, address(bytes), len, offset as usize) })
    }
}

mod lseek {
    use super::*;

    /// lseek(2): the new position, counted by BM_SEEK_SET, BM_SEEK_CUR, BM_SEEK_END, BM_SEEK_DATA or BM_SEEK_HOLE; or -EBADF, -EINVAL,
    /// -ENXIO, -EOVERFLOW, -ESPIPE.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_lseek(fd: c_int, offset: i64, whence: c_int) -> i64 {
        const NUMBER: usize = raw::__NR_lseek as usize;
        // SAFETY: no memory is named.
        position(unsafe { syscall3::<NUMBER>(fd as usize, offset as usize, whence as usize) })
    }
}

/// A position in a file, which may be beyond what [`count`] is for.
#[inline(always)]
const fn position(result: usize) -> i64 {
    result as i64
}

mod ftruncate {
    use super::*;

    /// ftruncate(2): sets the length; what is new reads as zeros and takes no room yet.
    ///
    /// 0, or -EBADF, -EFBIG, -EINTR, -EINVAL (below 0, or not open for writing), -EIO, -EPERM (sealed), -ETXTBSY.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_ftruncate(fd: c_int, len: i64) -> c_int {
        const NUMBER: usize = raw::__NR_ftruncate as usize;
        // SAFETY: no memory is named; maps of the file see the change.
        status(unsafe { syscall2::<NUMBER>(fd as usize, len as usize) })
    }
}

mod truncate {
    use super::*;

    /// truncate(2): as `bm_ftruncate`, by name.
    ///
    /// 0, or as `bm_ftruncate`, and -EACCES, -EFAULT, -EISDIR, -ELOOP, -ENAMETOOLONG, -ENOENT, -ENOTDIR, -EROFS.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_truncate(path: *const c_char, len: i64) -> c_int {
        const NUMBER: usize = raw::__NR_truncate as usize;
        // SAFETY: the kernel reads the path up to its null.
        status(unsafe { syscall2::<NUMBER>(address(path), len as usize) })
    }
}

mod fallocate {
    use super::*;

    /// fallocate(2): takes up the room for `len` bytes from `offset` now, or what else BM_FALLOC_FL_KEEP_SIZE and its kin say.
    ///
    /// 0, or -EBADF, -EFBIG, -EINTR, -EINVAL (length 0), -EIO, -ENODEV, -ENOSPC, -EOPNOTSUPP, -EPERM (sealed), -ESPIPE, -ETXTBSY.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_fallocate(fd: c_int, mode: c_int, offset: i64, len: i64) -> c_int {
        const NUMBER: usize = raw::__NR_fallocate as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall4::<NUMBER>(fd as usize, mode as usize, offset as usize, len as usize) })
    }
}

mod fsync {
    use super::*;

    /// fsync(2): returns when data and metadata are on the disk. 0, or -EBADF, -EDQUOT, -EINTR, -EINVAL, -EIO, -ENOSPC, -EROFS.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_fsync(fd: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_fsync as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall1::<NUMBER>(fd as usize) })
    }
}

mod fdatasync {
    use super::*;

    /// fdatasync(2): returns when the data, and as much metadata as reading them takes, are on the disk. As `bm_fsync`.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_fdatasync(fd: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_fdatasync as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall1::<NUMBER>(fd as usize) })
    }
}

mod unlink {
    use super::*;

    /// unlink(2), by unlinkat: removes a name.
    ///
    /// 0, or -EACCES, -EBUSY, -EFAULT, -EIO, -EISDIR, -ELOOP, -ENAMETOOLONG, -ENOENT, -ENOTDIR, -EPERM, -EROFS.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_unlink(path: *const c_char) -> c_int {
        const NUMBER: usize = raw::__NR_unlinkat as usize;
        // SAFETY: the kernel reads the path up to its null.
        status(unsafe { syscall3::<NUMBER>(CWD, address(path), 0) })
    }
}

mod unlinkat {
    use super::*;

    /// unlinkat(2): as `bm_unlink`, relative to a directory; removes a directory with BM_AT_REMOVEDIR.
    ///
    /// 0, or as `bm_unlink`, and -EBADF, -EINVAL (flags), -ENOTEMPTY.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_unlinkat as usize;
        // SAFETY: the kernel reads the path up to its null.
        status(unsafe { syscall3::<NUMBER>(dir as usize, address(path), flags as usize) })
    }
}

mod rename {
    use super::*;

    /// rename(2), by renameat2: the new name is replaced at once.
    ///
    /// 0, or -EACCES, -EBUSY, -EDQUOT, -EFAULT, -EINVAL (into itself), -EISDIR, -ELOOP, -EMLINK, -ENAMETOOLONG, -ENOENT, -ENOSPC,
    /// -ENOTDIR, -ENOTEMPTY, -EPERM, -EROFS, -EXDEV.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_rename(old_path: *const c_char, new_path: *const c_char) -> c_int {
        const NUMBER: usize = raw::__NR_renameat2 as usize;
        // SAFETY: the kernel reads the paths up to their nulls.
        status(unsafe { syscall5::<NUMBER>(CWD, address(old_path), CWD, address(new_path), 0) })
    }
}

mod mkdir {
    use super::*;

    /// mkdir(2), by mkdirat.
    ///
    /// 0, or -EACCES, -EDQUOT, -EEXIST, -EFAULT, -ELOOP, -EMLINK, -ENAMETOOLONG, -ENOENT, -ENOSPC, -ENOTDIR, -EPERM, -EROFS.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mkdir(path: *const c_char, mode: c_uint) -> c_int {
        const NUMBER: usize = raw::__NR_mkdirat as usize;
        // SAFETY: the kernel reads the path up to its null.
        status(unsafe { syscall3::<NUMBER>(CWD, address(path), mode as usize) })
    }
}

mod chdir {
    use super::*;

    /// chdir(2): changes the directory from which this process's relative paths begin.
    ///
    /// 0, or -EACCES, -EFAULT, -EIO, -ELOOP, -ENAMETOOLONG, -ENOENT, -ENOTDIR.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_chdir(path: *const c_char) -> c_int {
        const NUMBER: usize = raw::__NR_chdir as usize;
        // SAFETY: the kernel reads the path up to its null.
        status(unsafe { syscall1::<NUMBER>(address(path)) })
    }
}

mod fchmod {
    use super::*;

    /// fchmod(2): sets the permission bits. 0, or -EBADF, -EIO, -EPERM, -EROFS.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_fchmod(fd: c_int, mode: c_uint) -> c_int {
        const NUMBER: usize = raw::__NR_fchmod as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall2::<NUMBER>(fd as usize, mode as usize) })
    }
}

mod memfd_create {
    use super::*;

    /// memfd_create(2): a file in memory without a name in any directory; `name` shows in /proc/self/fd.
    ///
    /// A descriptor, or -EFAULT, -EINVAL (flags, or a name of more than 249 bytes), -EMFILE, -ENFILE, -ENOMEM, -EPERM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_memfd_create(name: *const c_char, flags: c_uint) -> c_int {
        const NUMBER: usize = raw::__NR_memfd_create as usize;
        // SAFETY: the kernel reads the name up to its null.
        status(unsafe { syscall2::<NUMBER>(address(name), flags as usize) })
    }
}

mod memfd_secret {
    use super::*;

    /// memfd_secret(2), Linux 5.14: a file in memory whose pages the kernel takes out of its own address space. Of the flags it knows
    /// BM_O_CLOEXEC.
    ///
    /// A descriptor, or -EINVAL (flags), -EMFILE, -ENFILE, -ENOMEM, -ENOSYS (not built in; QEMU's user mode).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_memfd_secret(flags: c_uint) -> c_int {
        const NUMBER: usize = raw::__NR_memfd_secret as usize;
        // SAFETY: no memory is named.
        status(unsafe { syscall1::<NUMBER>(flags as usize) })
    }
}

mod pipe {
    use super::*;

    /// pipe2(2): stores the reading end in `ends[0]` and the writing end in `ends[1]`.
    ///
    /// 0, or -EFAULT, -EINVAL (flags), -EMFILE, -ENFILE.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_pipe2(ends: *mut c_int, flags: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_pipe2 as usize;
        // SAFETY: the kernel writes two numbers, for which the caller has room.
        status(unsafe { syscall2::<NUMBER>(address(ends), flags as usize) })
    }
}

mod dup3 {
    use super::*;

    /// dup3(2): makes the number `to` another name of `from`, whatever it named before; of the flags it knows BM_O_CLOEXEC.
    ///
    /// `to`, or -EBADF, -EBUSY, -EINTR, -EINVAL (flags, or the two are equal), -EMFILE.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_dup3(from: c_int, to: c_int, flags: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_dup3 as usize;
        // SAFETY: the descriptors are the caller's.
        status(unsafe { syscall3::<NUMBER>(from as usize, to as usize, flags as usize) })
    }
}

mod fcntl {
    use super::*;

    /// fcntl(2): `argument` is a number or an address, as `command` wants it: BM_F_DUPFD_CLOEXEC, BM_F_GETFL, BM_F_ADD_SEALS and
    /// others.
    ///
    /// What the command gives, or -EAGAIN, -EBADF, -EBUSY, -EFAULT, -EINTR, -EINVAL, -EMFILE, -ENOLCK, -EPERM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_fcntl(fd: c_int, command: c_int, argument: usize) -> c_int {
        const NUMBER: usize = raw::__NR_fcntl as usize;
        // SAFETY: what the command does with an address is the caller's to know.
        status(unsafe { syscall3::<NUMBER>(fd as usize, command as usize, argument) })
    }
}

mod getdents {
    use super::*;

    /// getdents64(2): the next entries of a directory, in the kernel's form (struct linux_dirent64).
    ///
    /// How many bytes were written, 0 at the end; or -EBADF, -EFAULT, -EINVAL (no room for one entry), -ENOENT, -ENOTDIR.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_getdents64(fd: c_int, buffer: *mut c_void, len: usize) -> isize {
        const NUMBER: usize = raw::__NR_getdents64 as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        count(unsafe { syscall3::<NUMBER>(fd as usize, address(buffer), len) })
    }
}

mod linkat {
    use super::*;

    /// linkat(2): gives a file another name; `flags` are 0 or BM_AT_SYMLINK_FOLLOW.
    ///
    /// 0, or -EACCES, -EBADF, -EDQUOT, -EEXIST, -EFAULT, -EINVAL (flags), -ELOOP, -EMLINK, -ENAMETOOLONG, -ENOENT, -ENOSPC,
    /// -ENOTDIR, -EPERM, -EROFS, -EXDEV.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_linkat(
        old_dir: c_int,
        old_path: *const c_char,
        new_dir: c_int,
        new_path: *const c_char,
        flags: c_int,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_linkat as usize;
        let (old_dir, new_dir, flags) = (old_dir as usize, new_dir as usize, flags as usize);
        // SAFETY: the kernel reads the paths up to their nulls.
        status(unsafe { syscall5::<NUMBER>(old_dir, address(old_path), new_dir, address(new_path), flags) })
    }
}

mod renameat2 {
    use super::*;

    /// renameat2(2): as `bm_rename`, relative to directories; with BM_RENAME_NOREPLACE nothing is replaced, with
    /// BM_RENAME_EXCHANGE the two swap their names.
    ///
    /// 0, or as `bm_rename`, and -EBADF, -EEXIST.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_renameat2(
        old_dir: c_int,
        old_path: *const c_char,
        new_dir: c_int,
        new_path: *const c_char,
        flags: c_uint,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_renameat2 as usize;
        let (old_dir, new_dir, flags) = (old_dir as usize, new_dir as usize, flags as usize);
        // SAFETY: the kernel reads the paths up to their nulls.
        status(unsafe { syscall5::<NUMBER>(old_dir, address(old_path), new_dir, address(new_path), flags) })
    }
}
