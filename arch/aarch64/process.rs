//! Calls of processes whose form differs between the architectures.
//!
//! | call    | number | arguments, in order                                                       |
//! |---------|--------|---------------------------------------------------------------------------|
//! | `fork`  | none   | `clone` with `SIGCHLD` and nothing else                                   |
//! | `clone` | 220    | flags, stack, parent's thread id, **thread pointer, child's thread id**   |

use super::syscall::syscall5;
use linux_raw_sys::general::SIGCHLD;
use sc::nr;

/// The number of the call that [`fork`] makes.
pub const FORK: usize = nr::CLONE;

/// fork(2): the raw result, 0 in the child.
///
/// # Safety
/// As [`sys::fork`](crate::sys::fork).
#[inline(always)]
pub unsafe fn fork() -> usize {
    // SAFETY: passed on to the caller.
    unsafe { clone(SIGCHLD as usize, 0, 0, 0, 0) }
}

/// clone(2) that goes on in the same function: the raw result, 0 in the child.
///
/// # Safety
/// As [`sys::clone`](crate::sys::clone).
#[inline(always)]
pub unsafe fn clone(flags: usize, stack: usize, parent_tid: usize, child_tid: usize, tls: usize) -> usize {
    // SAFETY: passed on to the caller.
    unsafe { syscall5::<{ nr::CLONE }>(flags, stack, parent_tid, tls, child_tid) }
}
