use std::arch::asm;
use std::os::fd::{AsRawFd, BorrowedFd};

use linux_raw_sys::general::{__NR_ftruncate, __NR_getppid, __NR_mmap, __NR_msync, __NR_munmap, MS_SYNC};

use super::Stubs;

/// Inline assembly as one writes it for each call: what no library can do better.
pub struct ByHand;

/// The call, its number and arguments in their registers.
#[cfg(target_arch = "x86_64")]
macro_rules! call {
    ($number:ident $(, $a:expr, $b:expr $(, $c:expr $(, $d:expr, $e:expr, $f:expr)?)?)?) => {{
        let result: usize;
        asm!(
            "mov eax, {number}",
            "syscall",
            number = const $number,
            $(in("rdi") $a, in("rsi") $b, $(in("rdx") $c, $(in("r10") $d, in("r8") $e, in("r9") $f,)?)?)?
            lateout("rax") result,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack, preserves_flags),
        );
        result
    }};
}

#[cfg(target_arch = "aarch64")]
macro_rules! call {
    ($number:ident $(, $a:expr, $b:expr $(, $c:expr $(, $d:expr, $e:expr, $f:expr)?)?)?) => {{
        let result: usize;
        asm!(
            "mov w8, #{number}",
            "svc #0",
            number = const $number,
            $(in("x0") $a, in("x1") $b, $(in("x2") $c, $(in("x3") $d, in("x4") $e, in("x5") $f,)?)?)?
            lateout("x0") result,
            lateout("x8") _,
            options(nostack, preserves_flags),
        );
        result
    }};
}

impl Stubs for ByHand {
    #[inline(always)]
    fn parent() -> i32 {
        // SAFETY: it has no arguments, and the kernel keeps all registers but those that are named.
        unsafe { call!(__NR_getppid) as i32 }
    }

    #[inline(always)]
    fn map(addr: usize, len: usize, prot: u32, flags: u32, fd: BorrowedFd<'_>, offset: u64) -> Option<usize> {
        // The kernel reads registers whole, but for the descriptor, of which it takes the lower half.
        // SAFETY: as above; a new map where the kernel likes, which replaces nothing.
        let result =
            unsafe { call!(__NR_mmap, addr, len, prot as usize, flags as usize, fd.as_raw_fd(), offset) };
        (result <= usize::MAX - 4095).then_some(result)
    }

    #[inline(always)]
    unsafe fn unmap(addr: usize, len: usize) -> bool {
        // SAFETY: as above; the pages are the caller's.
        unsafe { call!(__NR_munmap, addr, len) == 0 }
    }

    #[inline(always)]
    fn sync(addr: usize, len: usize) -> bool {
        // SAFETY: as above; it changes no memory.
        unsafe { call!(__NR_msync, addr, len, MS_SYNC) == 0 }
    }

    #[inline(always)]
    fn truncate(fd: BorrowedFd<'_>, len: u64) -> bool {
        // SAFETY: as above; nobody has a slice of the file.
        unsafe { call!(__NR_ftruncate, fd.as_raw_fd(), len) == 0 }
    }
}
