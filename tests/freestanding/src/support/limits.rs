//! Resource limits of this process, by which tests bring errors about.

use baremap::Errno;
use baremap::arch::syscall::syscall4;
use baremap::sys;
use linux_raw_sys::general::{__NR_prlimit64, rlimit64};

use super::raw;

/// Sets a limit (`RLIMIT_…`), for good.
pub(crate) fn set(resource: u32, value: u64) -> Result<(), Errno> {
    set_both(resource, rlimit64 { rlim_cur: value, rlim_max: value })
}

/// Sets a limit, which may be raised again to what it was.
pub(crate) fn set_soft(resource: u32, value: u64) -> Result<(), Errno> {
    let hard = sys::getrlimit(resource)?.hard;
    set_both(resource, rlimit64 { rlim_cur: value, rlim_max: hard })
}

fn set_both(resource: u32, limit: rlimit64) -> Result<(), Errno> {
    let limit = (&raw const limit).expose_provenance();
    const SELF: usize = 0;
    // SAFETY: the kernel reads the structure.
    raw::done(unsafe { syscall4::<{ __NR_prlimit64 as usize }>(SELF, resource as usize, limit, 0) })
}
