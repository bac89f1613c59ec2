use std::os::fd::{AsRawFd, BorrowedFd};

use sc::syscall;

use super::Stubs;

/// The crate `sc`: seven functions.
pub struct Sc;

/// What the kernel returns in place of an error.
#[inline(always)]
fn ok(result: usize) -> Option<usize> {
    (result <= usize::MAX - 4095).then_some(result)
}

impl Stubs for Sc {
    #[inline(always)]
    fn parent() -> i32 {
        // SAFETY: it has no arguments.
        unsafe { syscall!(GETPPID) as i32 }
    }

    #[inline(always)]
    fn map(addr: usize, len: usize, prot: u32, flags: u32, fd: BorrowedFd<'_>, offset: u64) -> Option<usize> {
        // SAFETY: a new map where the kernel likes; nothing is replaced.
        ok(unsafe { syscall!(MMAP, addr, len, prot, flags, fd.as_raw_fd(), offset) })
    }

    #[inline(always)]
    unsafe fn unmap(addr: usize, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        ok(unsafe { syscall!(MUNMAP, addr, len) }).is_some()
    }

    #[inline(always)]
    fn sync(addr: usize, len: usize) -> bool {
        // SAFETY: it changes no memory.
        ok(unsafe { syscall!(MSYNC, addr, len, libc::MS_SYNC) }).is_some()
    }

    #[inline(always)]
    fn truncate(fd: BorrowedFd<'_>, len: u64) -> bool {
        // SAFETY: nobody has a slice of the file.
        ok(unsafe { syscall!(FTRUNCATE, fd.as_raw_fd(), len) }).is_some()
    }
}
