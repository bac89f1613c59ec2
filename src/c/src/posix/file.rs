//! The length of files, what they are, and their way to the disk.

use baremap::arch::syscall::{syscall1, syscall2, syscall4};
use core::ffi::{c_char, c_int, c_void};
use core::mem::offset_of;
use linux_raw_sys::general as raw;
use static_assertions::const_assert_eq;

use super::errno::{Answer, answer, number};
use super::names;
use crate::pointer::address;

names! {
    /// truncate(2).
    fn [truncate truncate64](path: *const c_char, len: i64) -> Answer {
        const NUMBER: usize = raw::__NR_truncate as usize;
        // SAFETY: the kernel reads the path up to its null.
        answer(unsafe { syscall2::<NUMBER>(address(path), len as usize) })
    }
}

names! {
    /// ftruncate(2).
    fn [ftruncate ftruncate64](fd: c_int, len: i64) -> Answer {
        const NUMBER: usize = raw::__NR_ftruncate as usize;
        // SAFETY: no memory is named.
        answer(unsafe { syscall2::<NUMBER>(fd as usize, len as usize) })
    }
}

/// fallocate(2).
#[inline(always)]
fn allocated(fd: c_int, mode: c_int, offset: i64, len: i64) -> usize {
    const NUMBER: usize = raw::__NR_fallocate as usize;
    // SAFETY: no memory is named.
    unsafe { syscall4::<NUMBER>(fd as usize, mode as usize, offset as usize, len as usize) }
}

names! {
    /// fallocate(2).
    fn [fallocate fallocate64](fd: c_int, mode: c_int, offset: i64, len: i64) -> Answer {
        answer(allocated(fd, mode, offset, len))
    }
}

names! {
    /// posix_fallocate(3): 0 or the error's number; `errno` stays.
    fn [posix_fallocate posix_fallocate64](fd: c_int, offset: i64, len: i64) -> c_int {
        number(allocated(fd, 0, offset, len))
    }
}

names! {
    /// fstat(2). A libc's structure is the kernel's on both architectures.
    fn [fstat fstat64](fd: c_int, stat: *mut c_void) -> Answer {
        const NUMBER: usize = raw::__NR_fstat as usize;
        // SAFETY: the kernel writes the structure, for which the caller has room.
        answer(unsafe { syscall2::<NUMBER>(fd as usize, address(stat)) })
    }
}

// What is the same in bits/struct_stat.h of a libc; the rest differs between the architectures, and with it the libc's. Each C
// program of the tests holds its own header against what is read here.
const_assert_eq!(offset_of!(raw::stat, st_dev), 0);
const_assert_eq!(offset_of!(raw::stat, st_ino), 8);
const_assert_eq!(offset_of!(raw::stat, st_size), 48);

names! {
    /// fsync(2).
    fn fsync(fd: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_fsync as usize;
        // SAFETY: no memory is named.
        answer(unsafe { syscall1::<NUMBER>(fd as usize) })
    }
}

names! {
    /// fdatasync(2).
    fn fdatasync(fd: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_fdatasync as usize;
        // SAFETY: no memory is named.
        answer(unsafe { syscall1::<NUMBER>(fd as usize) })
    }
}
