//! Named objects of shared memory.

use baremap::fd::{IntoRawFd, OwnedFd};
use baremap::sys::{Mode, OFlags};
use baremap::{Errno, shm};
use core::ffi::{c_char, c_int, c_uint};

use super::errno::{Answer, failed};
use super::names;
use crate::pointer::text;

/// A name as the crate has it, which wants no slash: POSIX wants one before it, and Linux takes any number.
///
/// # Errors
/// `EFAULT` (null).
///
/// # Safety
/// It ends with a null.
unsafe fn plain<'name>(name: *const c_char) -> Result<&'name [u8], Errno> {
    // SAFETY: the caller's promise.
    let name = unsafe { text(name) }?.to_bytes();
    let slashes = name.iter().take_while(|&&byte| byte == b'/').count();
    Ok(name.get(slashes..).unwrap_or_default())
}

names! {
    /// shm_open(3): the descriptor is closed by execve(2), and a symbolic link is not followed. `EINVAL` for a name that is none, a
    /// directory's among them.
    fn shm_open(name: *const c_char, flags: c_int, mode: c_uint) -> Answer {
        let (flags, mode) = (OFlags::from_bits_retain(flags as u32), Mode::from_bits_retain(mode));
        // SAFETY: the caller's name.
        let name = unsafe { plain(name) };
        match name.and_then(|name| shm::open_with(name, flags, mode).map_err(|error| error.errno())) {
            Ok(object) => OwnedFd::from(object).into_raw_fd() as Answer,
            Err(Errno::EISDIR) => failed(Errno::EINVAL),
            Err(errno) => failed(errno),
        }
    }
}

names! {
    /// shm_unlink(3). `ENOENT` for what is no name: no object has it. `EACCES`, as POSIX has it, where the kernel says `EPERM`.
    fn shm_unlink(name: *const c_char) -> Answer {
        // SAFETY: the caller's name.
        let name = unsafe { plain(name) };
        match name.and_then(|name| shm::unlink(name).map_err(|error| error.errno())) {
            Ok(()) => 0,
            Err(Errno::EINVAL) => failed(Errno::ENOENT),
            Err(Errno::EPERM) => failed(Errno::EACCES),
            Err(errno) => failed(errno),
        }
    }
}
