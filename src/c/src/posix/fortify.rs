//! What a libc's headers put in the place of other names under `_FORTIFY_SOURCE`, which some distributions' compilers have by default:
//! where the compiler knows how large a buffer is, or that a call comes without a mode.

use core::ffi::{c_char, c_int, c_void};
use linux_raw_sys::general as raw;

use super::errno::Answer;
use super::names;
use crate::abort::{abort, check_room};

unsafe extern "C" {
    fn read(fd: c_int, buffer: *mut c_void, len: usize) -> Answer;
    fn pread(fd: c_int, buffer: *mut c_void, len: usize, offset: i64) -> Answer;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn openat(dir: c_int, path: *const c_char, flags: c_int, ...) -> c_int;
}

/// Ends the program if these flags want a mode: it would be whatever is in the register.
#[inline(always)]
fn check_flags(flags: c_int) {
    let flags = flags as u32;
    if flags & raw::O_CREAT != 0 || flags & raw::O_TMPFILE == raw::O_TMPFILE {
        abort(b"libbaremap: open with O_CREAT or O_TMPFILE, and without a mode\n");
    }
}

names! {
    /// read(2).
    fn __read_chk(fd: c_int, buffer: *mut c_void, len: usize, room: usize) -> Answer {
        check_room(len, room);
        // SAFETY: the caller's buffer.
        unsafe { read(fd, buffer, len) }
    }
}

names! {
    /// pread(2).
    fn [__pread_chk __pread64_chk](fd: c_int, buffer: *mut c_void, len: usize, offset: i64, room: usize) -> Answer {
        check_room(len, room);
        // SAFETY: the caller's buffer.
        unsafe { pread(fd, buffer, len, offset) }
    }
}

names! {
    /// open(2).
    fn [__open_2 __open64_2](path: *const c_char, flags: c_int) -> c_int {
        check_flags(flags);
        // SAFETY: the caller's path.
        unsafe { open(path, flags) }
    }
}

names! {
    /// openat(2).
    fn [__openat_2 __openat64_2](dir: c_int, path: *const c_char, flags: c_int) -> c_int {
        check_flags(flags);
        // SAFETY: the caller's path.
        unsafe { openat(dir, path, flags) }
    }
}
