//! System calls that `baremap` has no function for.

use baremap::Errno;
use baremap::arch::syscall::{syscall1, syscall2, syscall3, syscall4};
use baremap::fd::{AsRawFd, BorrowedFd};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use linux_raw_sys::general::{
    __NR_chdir, __NR_fstatfs, __NR_mknodat, __NR_symlinkat, AT_FDCWD, S_IFIFO, S_IRUSR, S_IWUSR, statfs,
};

/// What a call returned that returns nothing but success.
pub(crate) fn done(result: usize) -> Result<(), Errno> {
    value(result).map(|value| assert_eq!(value, 0))
}

/// What a call returned: its value or a negated error number.
pub(crate) fn value(result: usize) -> Result<usize, Errno> {
    match (result as isize).wrapping_neg() {
        number @ 1..=4095 => Err(Errno::from_raw_os_error(number as i32).expect("an error number")),
        _ => Ok(result),
    }
}

/// chdir(2): changes the current directory.
pub(crate) fn chdir(path: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path up to its null.
    done(unsafe { syscall1::<{ __NR_chdir as usize }>(path.as_ptr().expose_provenance()) })
}

/// symlink(2): `link` shows `target`.
pub(crate) fn symlink(target: &CStr, link: &CStr) -> Result<(), Errno> {
    let (target, link) = (target.as_ptr().expose_provenance(), link.as_ptr().expose_provenance());
    // SAFETY: the kernel reads both paths up to their nulls.
    done(unsafe { syscall3::<{ __NR_symlinkat as usize }>(target, AT_FDCWD as usize, link) })
}

/// fstatfs(2): how many blocks the file's file system has; 0 for one in memory without a limit.
pub(crate) fn blocks(fd: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut stat = MaybeUninit::<statfs>::uninit();
    let address = stat.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes the structure.
    done(unsafe { syscall2::<{ __NR_fstatfs as usize }>(fd.as_raw_fd() as usize, address) })?;
    // SAFETY: after success it is written.
    Ok(unsafe { stat.assume_init() }.f_blocks as u64)
}

/// mkfifo(3): makes a named pipe, for its owner.
pub(crate) fn mkfifo(path: &CStr) -> Result<(), Errno> {
    let (path, mode) = (path.as_ptr().expose_provenance(), S_IFIFO | S_IRUSR | S_IWUSR);
    // SAFETY: the kernel reads the path up to its null.
    done(unsafe { syscall4::<{ __NR_mknodat as usize }>(AT_FDCWD as usize, path, mode as usize, 0) })
}
