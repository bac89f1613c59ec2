//! Descriptors of C's.

use baremap::Errno;
use baremap::fd::BorrowedFd;
use core::ffi::c_int;

/// A descriptor that stays the caller's.
///
/// # Errors
/// `EBADF` (negative).
///
/// # Safety
/// Nobody closes it before the last use of what is returned.
#[inline(always)]
pub(crate) unsafe fn borrow<'fd>(fd: c_int) -> Result<BorrowedFd<'fd>, Errno> {
    if fd < 0 {
        return Err(Errno::EBADF);
    }
    // SAFETY: the caller's promise. Where it is not open, the kernel says so.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}
