//! Reading and writing. One attempt each: `EINTR` is the caller's.

use baremap::arch::syscall::{syscall3, syscall4};
use core::ffi::{c_int, c_void};
use linux_raw_sys::general as raw;

use super::errno::{Answer, answer};
use super::names;
use crate::pointer::address;

names! {
    /// read(2).
    fn read(fd: c_int, buffer: *mut c_void, len: usize) -> Answer {
        const NUMBER: usize = raw::__NR_read as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        answer(unsafe { syscall3::<NUMBER>(fd as usize, address(buffer), len) })
    }
}

names! {
    /// write(2).
    fn write(fd: c_int, buffer: *const c_void, len: usize) -> Answer {
        const NUMBER: usize = raw::__NR_write as usize;
        // SAFETY: the kernel reads what the caller gave for it.
        answer(unsafe { syscall3::<NUMBER>(fd as usize, address(buffer), len) })
    }
}

names! {
    /// pread(2).
    fn [pread pread64](fd: c_int, buffer: *mut c_void, len: usize, offset: i64) -> Answer {
        const NUMBER: usize = raw::__NR_pread64 as usize;
        // SAFETY: the kernel writes what the caller gave for it.
        answer(unsafe { syscall4::<NUMBER>(fd as usize, address(buffer), len, offset as usize) })
    }
}

names! {
    /// pwrite(2).
    fn [pwrite pwrite64](fd: c_int, buffer: *const c_void, len: usize, offset: i64) -> Answer {
        const NUMBER: usize = raw::__NR_pwrite64 as usize;
        // SAFETY: the kernel reads what the caller gave for it.
        answer(unsafe { syscall4::<NUMBER>(fd as usize, address(buffer), len, offset as usize) })
    }
}

names! {
    /// lseek(2).
    fn [lseek lseek64](fd: c_int, offset: i64, whence: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_lseek as usize;
        // SAFETY: no memory is named.
        answer(unsafe { syscall3::<NUMBER>(fd as usize, offset as usize, whence as usize) })
    }
}
