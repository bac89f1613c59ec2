//! One function per system call: typed arguments in, `Result<_, Errno>` out, and nothing more.
//!
//! The functions have the same signatures on both architectures; where the kernel of one lacks a call (`open`, `fork`,
//! `unlink` on aarch64), both go by its successor. No bounds are checked here and nothing is retried: that is the work
//! of the layers above. A function is `unsafe` exactly where the kernel may do something to this process's memory or
//! signals that the compiler knows nothing of.
//!
//! ```
//! use baremap::sys::{self, MapFlags, ProtFlags};
//!
//! // SAFETY: the kernel chooses the address; nobody else uses the page, and it goes before its last use.
//! unsafe {
//!     let page = sys::mmap_anonymous(core::ptr::null_mut(), 1, ProtFlags::READ, MapFlags::PRIVATE)?;
//!     assert_eq!(*page, 0);
//!     sys::munmap(page, 1)?;
//! }
//! # Ok::<(), baremap::Errno>(())
//! ```

mod fs;
mod futex;
mod io;
mod mm;
mod numbers;
mod poll;
mod process;
mod random;
mod sched;
mod signal;
mod socket;
mod time;

pub use fs::*;
pub use futex::*;
pub use io::*;
pub use mm::*;
pub use poll::*;
pub use process::*;
pub use random::*;
pub use sched::*;
pub use signal::*;
pub use socket::*;
pub use time::*;

use crate::Errno;
use crate::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// A descriptor as the register that holds it.
#[inline(always)]
fn register(fd: BorrowedFd<'_>) -> usize {
    fd.as_raw_fd() as usize
}

/// The descriptor that a call returned.
#[inline(always)]
fn owned(result: usize) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel has just made it, for this caller alone.
    Errno::check(result).map(|fd| unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A call that returns nothing but success.
#[inline(always)]
fn done(result: usize) -> Result<(), Errno> {
    Errno::check(result).map(drop)
}
