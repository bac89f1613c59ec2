use std::os::fd::BorrowedFd;
use std::ptr::with_exposed_provenance_mut;

use rustix::mm::{MapFlags, MsyncFlags, ProtFlags};

use super::Stubs;

/// rustix, with its own system calls.
pub struct Rustix;

impl Stubs for Rustix {
    #[inline(always)]
    fn parent() -> i32 {
        rustix::process::getppid().map_or(0, |parent| parent.as_raw_pid())
    }

    #[inline(always)]
    fn map(addr: usize, len: usize, prot: u32, flags: u32, fd: BorrowedFd<'_>, offset: u64) -> Option<usize> {
        let (prot, flags) = (ProtFlags::from_bits_retain(prot), MapFlags::from_bits_retain(flags));
        // SAFETY: a new map where the kernel likes; nothing is replaced.
        let map =
            unsafe { rustix::mm::mmap(with_exposed_provenance_mut(addr), len, prot, flags, fd, offset) };
        map.ok().map(|addr| addr.expose_provenance())
    }

    #[inline(always)]
    unsafe fn unmap(addr: usize, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { rustix::mm::munmap(with_exposed_provenance_mut(addr), len) }.is_ok()
    }

    #[inline(always)]
    fn sync(addr: usize, len: usize) -> bool {
        // SAFETY: it changes no memory.
        unsafe { rustix::mm::msync(with_exposed_provenance_mut(addr), len, MsyncFlags::SYNC) }.is_ok()
    }

    #[inline(always)]
    fn truncate(fd: BorrowedFd<'_>, len: u64) -> bool {
        rustix::fs::ftruncate(fd, len).is_ok()
    }
}
