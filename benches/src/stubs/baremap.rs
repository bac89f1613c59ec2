use std::os::fd::BorrowedFd;
use std::ptr::with_exposed_provenance_mut;

use baremap::sys::{self, MapFlags, MsyncFlags, ProtFlags};

use super::Stubs;

/// This crate, by the typed functions of `sys`.
pub struct Baremap;

impl Stubs for Baremap {
    #[inline(always)]
    fn parent() -> i32 {
        sys::getppid().map_or(0, |parent| parent.as_raw())
    }

    #[inline(always)]
    fn map(addr: usize, len: usize, prot: u32, flags: u32, fd: BorrowedFd<'_>, offset: u64) -> Option<usize> {
        let (prot, flags) = (ProtFlags::from_bits_retain(prot), MapFlags::from_bits_retain(flags));
        // SAFETY: a new map where the kernel likes; nothing is replaced.
        let map = unsafe { sys::mmap(with_exposed_provenance_mut(addr), len, prot, flags, fd, offset) };
        map.ok().map(|addr| addr.expose_provenance())
    }

    #[inline(always)]
    unsafe fn unmap(addr: usize, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { sys::munmap(with_exposed_provenance_mut(addr), len) }.is_ok()
    }

    #[inline(always)]
    fn sync(addr: usize, len: usize) -> bool {
        sys::msync(with_exposed_provenance_mut(addr), len, MsyncFlags::SYNC).is_ok()
    }

    #[inline(always)]
    fn truncate(fd: BorrowedFd<'_>, len: u64) -> bool {
        sys::ftruncate(fd, len).is_ok()
    }
}
