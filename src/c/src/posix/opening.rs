//! Files by name, and without one.

use baremap::arch::syscall::{syscall1, syscall2, syscall3, syscall4};
use core::ffi::{c_char, c_int, c_uint};
use linux_raw_sys::general as raw;

use super::errno::{Answer, answer};
use super::names;
use crate::pointer::address;

/// What a path begins at that does not begin with a slash: the current directory.
const CWD: c_int = raw::AT_FDCWD;

/// openat(2), for files of any length.
#[inline(always)]
fn opened(dir: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> Answer {
    const NUMBER: usize = raw::__NR_openat as usize;
    // A kernel of 64 bits adds it by itself. A libc says it all the same, and so nobody has to know.
    let flags = flags as u32 | raw::O_LARGEFILE;
    // SAFETY: the kernel reads the path up to its null.
    answer(unsafe { syscall4::<NUMBER>(dir as usize, address(path), flags as usize, mode as usize) })
}

names! {
    /// open(2). C declares it with a variable list of arguments. Both ABIs pass whole numbers of such a list in the registers of an
    /// ordinary one, so that the mode is where it is looked for here. Where the caller gave none, the kernel does not look at it: without
    /// `O_CREAT` or `O_TMPFILE` there is nothing that could have it.
    fn [open open64](path: *const c_char, flags: c_int, mode: c_uint) -> Answer {
        opened(CWD, path, flags, mode)
    }
}

names! {
    /// openat(2); see [`open`] for the mode.
    fn [openat openat64](dir: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> Answer {
        opened(dir, path, flags, mode)
    }
}

names! {
    /// creat(2).
    fn [creat creat64](path: *const c_char, mode: c_uint) -> Answer {
        opened(CWD, path, (raw::O_CREAT | raw::O_WRONLY | raw::O_TRUNC) as c_int, mode)
    }
}

names! {
    /// close(2). The descriptor is gone even after an error, `EINTR` among them: it is not to be closed again.
    fn close(fd: c_int) -> Answer {
        const NUMBER: usize = raw::__NR_close as usize;
        // SAFETY: the descriptor is the caller's.
        answer(unsafe { syscall1::<NUMBER>(fd as usize) })
    }
}

names! {
    /// unlink(2).
    fn unlink(path: *const c_char) -> Answer {
        const NUMBER: usize = raw::__NR_unlinkat as usize;
        // SAFETY: the kernel reads the path up to its null.
        answer(unsafe { syscall3::<NUMBER>(CWD as usize, address(path), 0) })
    }
}

names! {
    /// memfd_create(2).
    fn memfd_create(name: *const c_char, flags: c_uint) -> Answer {
        const NUMBER: usize = raw::__NR_memfd_create as usize;
        // SAFETY: the kernel reads the name up to its null.
        answer(unsafe { syscall2::<NUMBER>(address(name), flags as usize) })
    }
}
