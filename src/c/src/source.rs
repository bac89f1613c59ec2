//! Where an allocator of C's has its memory from.

use baremap::Errno;
use baremap::alloc::AnonPages;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::slice;

use crate::pointer::{not_null, range};

/// Pages of the kernel, at most `limit` bytes at once; 0 is no limit.
#[inline(always)]
pub(crate) fn pages(limit: usize) -> AnonPages {
    let pages = AnonPages::new();
    if limit == 0 { pages } else { pages.limit(limit) }
}

/// Memory of C's, for an allocator of C's.
///
/// # Errors
/// `EFAULT` (null), `EINVAL` (too long).
///
/// # Safety
/// It is the allocator's as long as that is used.
#[inline(always)]
pub(crate) unsafe fn lent(memory: *mut c_void, len: usize) -> Result<&'static mut [MaybeUninit<u8>], Errno> {
    let start = range(not_null(memory)?.as_ptr(), len)?;
    // SAFETY: not null, not too long; for the rest the caller answers.
    Ok(unsafe { slice::from_raw_parts_mut(start.cast().as_ptr(), len) })
}
