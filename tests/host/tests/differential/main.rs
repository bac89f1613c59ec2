//! The crate against other implementations: the stubs against `sc`, system calls against rustix, constants and
//! encodings against the libc.

mod bounds;
mod constants;
mod errno;
mod interop;
mod page;
mod shm;
mod signal;
mod stubs;
mod sys_fs;
mod sys_io;
mod sys_mm;
mod wait;

use baremap::Errno;

/// An outcome with the error as its number, so that those of two implementations compare.
type Outcome<T> = Result<T, i32>;

fn ours<T>(result: Result<T, Errno>) -> Outcome<T> {
    result.map_err(Errno::raw_os_error)
}

fn theirs<T>(result: rustix::io::Result<T>) -> Outcome<T> {
    result.map_err(rustix::io::Errno::raw_os_error)
}
