//! Calls of processes whose form differs between the architectures.
//!
//! | call    | number | arguments, in order                                                       |
//! |---------|--------|---------------------------------------------------------------------------|
//! | `fork`  | 57     | none                                                                      |
//! | `clone` | 56     | flags, stack, parent's thread id, **child's thread id, thread pointer**   |

use super::syscall::{syscall0, syscall5};
use linux_raw_sys::general::__NR_fork;
use sc::nr;
use static_assertions::const_assert_eq;

// Only this architecture has it; the numbers of both are held against the headers in src/sys.
const_assert_eq!(nr::FORK, __NR_fork as usize);

/// The number of the call that [`fork`] makes.
pub const FORK: usize = nr::FORK;

/// fork(2): the raw result, 0 in the child.
///
/// # Safety
/// As [`sys::fork`](crate::sys::fork).
#[inline(always)]
pub unsafe fn fork() -> usize {
    // SAFETY: passed on to the caller.
    unsafe { syscall0::<FORK>() }
}

/// clone(2) that goes on in the same function: the raw result, 0 in the child.
///
/// # Safety
/// As [`sys::clone`](crate::sys::clone).
#[inline(always)]
pub unsafe fn clone(flags: usize, stack: usize, parent_tid: usize, child_tid: usize, tls: usize) -> usize {
    // SAFETY: passed on to the caller.
    unsafe { syscall5::<{ nr::CLONE }>(flags, stack, parent_tid, child_tid, tls) }
}
