//! System calls that `baremap` has no function for.

use baremap::Errno;
use baremap::arch::syscall::syscall3;
use core::ffi::CStr;
use linux_raw_sys::general::{__NR_symlinkat, AT_FDCWD};

/// What a call returned that returns nothing but success.
pub(crate) fn done(result: usize) -> Result<(), Errno> {
    match result as isize {
        0 => Ok(()),
        negated => Err(Errno::from_raw_os_error(-negated as i32).expect("an error number")),
    }
}

/// symlink(2): `link` shows `target`.
pub(crate) fn symlink(target: &CStr, link: &CStr) -> Result<(), Errno> {
    let (target, link) = (target.as_ptr().expose_provenance(), link.as_ptr().expose_provenance());
    // SAFETY: the kernel reads both paths up to their nulls.
    done(unsafe { syscall3::<{ __NR_symlinkat as usize }>(target, AT_FDCWD as usize, link) })
}
