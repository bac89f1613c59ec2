//! Pages that stay in memory, and which are.

use baremap::arch::syscall::{syscall0, syscall1, syscall2, syscall3};
use core::ffi::{c_int, c_void};
use linux_raw_sys::errno::EINVAL;
use linux_raw_sys::general as raw;

use super::errno::{Answer, answer, refuse};
use super::names;
use crate::pointer::address;

/// Whether a range goes around the end of the address space. Rounded up to pages it is empty for the kernel, which then has
/// nothing against it.
#[inline(always)]
fn is_endless(addr: *const c_void, len: usize) -> bool {
    isize::try_from(len).is_err() || addr.addr().checked_add(len).is_none()
}

names! {
    /// mlock(2).
    fn mlock(addr: *const c_void, len: usize) -> Answer {
        const NUMBER: usize = raw::__NR_mlock as usize;
        if is_endless(addr, len) {
            return refuse(EINVAL);
        }
        // SAFETY: no byte is changed.
        answer(unsafe { syscall2::<NUMBER>(address(addr), len) })
    }
}

names! {
    /// munlock(2).
    fn munlock(addr: *const c_void, len: usize) -> Answer {
        const NUMBER: usize = raw::__NR_munlock as usize;
        if is_endless(addr, len) {
            return refuse(EINVAL);
        }
        // SAFETY: no byte is changed.
        answer(unsafe { syscall2::<NUMBER>(address(addr), len) })
    }
}

names! {
    /// mlockall(2).
    fn mlockall(flags: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_mlockall as usize;
        // SAFETY: no byte is changed.
        answer(unsafe { syscall1::<NUMBER>(flags as usize) })
    }
}

names! {
    /// munlockall(2).
    fn munlockall() -> Answer {
        const NUMBER: usize = raw::__NR_munlockall as usize;
        // SAFETY: no byte is changed.
        answer(unsafe { syscall0::<NUMBER>() })
    }
}

names! {
    /// mincore(2).
    fn mincore(addr: *mut c_void, len: usize, residency: *mut u8) -> Answer {
        const NUMBER: usize = raw::__NR_mincore as usize;
        // SAFETY: the caller has a byte for each page.
        answer(unsafe { syscall3::<NUMBER>(address(addr), len, address(residency)) })
    }
}
