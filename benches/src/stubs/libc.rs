use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::with_exposed_provenance_mut;

use super::Stubs;

/// The C library of this machine.
pub struct Libc;

impl Stubs for Libc {
    #[inline(always)]
    fn parent() -> i32 {
        // SAFETY: it has no arguments.
        unsafe { libc::getppid() }
    }

    #[inline(always)]
    fn map(addr: usize, len: usize, prot: u32, flags: u32, fd: BorrowedFd<'_>, offset: u64) -> Option<usize> {
        let (prot, flags, offset) = (prot.cast_signed(), flags.cast_signed(), offset.cast_signed());
        // SAFETY: a new map where the kernel likes; nothing is replaced.
        let map = unsafe {
            libc::mmap64(with_exposed_provenance_mut(addr), len, prot, flags, fd.as_raw_fd(), offset)
        };
        (map != libc::MAP_FAILED).then(|| map.expose_provenance())
    }

    #[inline(always)]
    unsafe fn unmap(addr: usize, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { libc::munmap(with_exposed_provenance_mut(addr), len) == 0 }
    }

    #[inline(always)]
    fn sync(addr: usize, len: usize) -> bool {
        // SAFETY: it changes no memory.
        unsafe { libc::msync(with_exposed_provenance_mut(addr), len, libc::MS_SYNC) == 0 }
    }

    #[inline(always)]
    fn truncate(fd: BorrowedFd<'_>, len: u64) -> bool {
        // SAFETY: nobody has a slice of the file.
        unsafe { libc::ftruncate64(fd.as_raw_fd(), len.cast_signed()) == 0 }
    }
}
