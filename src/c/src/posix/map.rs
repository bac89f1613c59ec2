//! Maps.

use baremap::arch::syscall::{syscall2, syscall3, syscall5, syscall6};
use core::ffi::{c_int, c_void};
use linux_raw_sys::errno::{EINVAL, ENOMEM};
use linux_raw_sys::general as raw;

use super::errno::{Answer, answer, number, refuse};
use super::names;
use crate::pointer::address;

names! {
    /// mmap(2); `MAP_FAILED` is -1. An offset below 0 is refused with anonymous memory too, where the kernel does not look at it.
    fn [mmap mmap64](addr: *mut c_void, len: usize, prot: c_int, flags: c_int, fd: c_int, offset: i64) -> Answer {
        const NUMBER: usize = raw::__NR_mmap as usize;
        if offset < 0 && flags as u32 & raw::MAP_ANONYMOUS != 0 {
            return refuse(EINVAL);
        }
        // SAFETY: what the range is used for is the caller's to know.
        let result = unsafe {
            syscall6::<NUMBER>(address(addr), len, prot as usize, flags as usize, fd as usize, offset as usize)
        };
        answer(result)
    }
}

names! {
    /// munmap(2).
    fn munmap(addr: *mut c_void, len: usize) -> Answer {
        const NUMBER: usize = raw::__NR_munmap as usize;
        // SAFETY: the range is the caller's.
        answer(unsafe { syscall2::<NUMBER>(address(addr), len) })
    }
}

names! {
    /// mprotect(2).
    fn mprotect(addr: *mut c_void, len: usize, prot: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_mprotect as usize;
        // SAFETY: the range is the caller's.
        answer(unsafe { syscall3::<NUMBER>(address(addr), len, prot as usize) })
    }
}

names! {
    /// mremap(2). C declares it with a variable list of arguments. Both ABIs pass whole numbers and pointers of such a list in the
    /// registers of an ordinary one, so that the fifth is where it is looked for here; without a flag that names it, the caller
    /// has set nothing there.
    fn mremap(addr: *mut c_void, old_len: usize, new_len: usize, flags: c_int, new_addr: *mut c_void) -> Answer {
        const NUMBER: usize = raw::__NR_mremap as usize;
        const WITH_ADDRESS: u32 = raw::MREMAP_FIXED | raw::MREMAP_DONTUNMAP;
        let new_addr = if flags as u32 & WITH_ADDRESS == 0 { 0 } else { address(new_addr) };
        // SAFETY: the ranges are the caller's.
        let result = unsafe { syscall5::<NUMBER>(address(addr), old_len, new_len, flags as usize, new_addr) };
        answer(result)
    }
}

names! {
    /// msync(2). A range that goes around the end of the address space is not mapped, whatever the kernel says, for which it is
    /// empty.
    fn msync(addr: *mut c_void, len: usize, flags: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_msync as usize;
        if isize::try_from(len).is_err() {
            return refuse(ENOMEM);
        }
        // SAFETY: no byte is changed.
        answer(unsafe { syscall3::<NUMBER>(address(addr), len, flags as usize) })
    }
}

names! {
    /// madvise(2).
    fn madvise(addr: *mut c_void, len: usize, advice: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_madvise as usize;
        // SAFETY: the range is the caller's.
        answer(unsafe { syscall3::<NUMBER>(address(addr), len, advice as usize) })
    }
}

names! {
    /// posix_madvise(3): 0 or the error's number; `errno` stays. `POSIX_MADV_DONTNEED` must not change what is in memory: it does
    /// nothing, since Linux would throw it away.
    fn posix_madvise(addr: *mut c_void, len: usize, advice: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_madvise as usize;
        match advice as u32 {
            raw::MADV_DONTNEED => 0,
            raw::MADV_NORMAL | raw::MADV_RANDOM | raw::MADV_SEQUENTIAL | raw::MADV_WILLNEED => {
                // SAFETY: no byte is changed.
                number(unsafe { syscall3::<NUMBER>(address(addr), len, advice as usize) })
            }
            _ => EINVAL as c_int,
        }
    }
}
