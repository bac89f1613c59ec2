use std::os::fd::{AsRawFd, BorrowedFd};

use syscalls::{Sysno, syscall};

use super::Stubs;

/// The crate `syscalls`.
pub struct Syscalls;

impl Stubs for Syscalls {
    #[inline(always)]
    fn parent() -> i32 {
        // SAFETY: it has no arguments.
        unsafe { syscall!(Sysno::getppid) }.unwrap_or(0) as i32
    }

    #[inline(always)]
    fn map(addr: usize, len: usize, prot: u32, flags: u32, fd: BorrowedFd<'_>, offset: u64) -> Option<usize> {
        // SAFETY: a new map where the kernel likes; nothing is replaced.
        unsafe { syscall!(Sysno::mmap, addr, len, prot, flags, fd.as_raw_fd(), offset) }.ok()
    }

    #[inline(always)]
    unsafe fn unmap(addr: usize, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { syscall!(Sysno::munmap, addr, len) }.is_ok()
    }

    #[inline(always)]
    fn sync(addr: usize, len: usize) -> bool {
        // SAFETY: it changes no memory.
        unsafe { syscall!(Sysno::msync, addr, len, libc::MS_SYNC) }.is_ok()
    }

    #[inline(always)]
    fn truncate(fd: BorrowedFd<'_>, len: u64) -> bool {
        // SAFETY: nobody has a slice of the file.
        unsafe { syscall!(Sysno::ftruncate, fd.as_raw_fd(), len) }.is_ok()
    }
}
