//! Calls of processes whose form differs between the architectures.
//!
//! | call    | number | arguments, in order                                                       |
//! |---------|--------|---------------------------------------------------------------------------|
//! | `fork`  | none   | `clone` with `SIGCHLD` and nothing else                                   |
//! | `clone` | 220    | flags, stack, parent's thread id, **thread pointer, child's thread id**   |
//!
//! `clone_call` makes the same call; its child has no way back, since its stack is empty.

use super::syscall::syscall5;
use core::arch::asm;
use core::ffi::c_void;
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

/// clone(2) whose child calls `entry` with `argument` on a stack of its own: the raw result, in the parent only.
///
/// # Safety
/// As [`sys::clone_call`](crate::sys::clone_call).
#[inline]
pub unsafe fn clone_call(
    flags: usize,
    stack: usize,
    entry: unsafe extern "C" fn(*const c_void) -> !,
    argument: *const c_void,
) -> usize {
    #[cfg(baremap_inject)]
    if let Some(failed) = crate::inject::answer(nr::CLONE) {
        return failed;
    }
    let result;
    // SAFETY: the parent loses what a call of a function loses; the child goes on in `entry`. For the rest the caller answers.
    unsafe {
        asm!(
            "mov x8, {number}",
            "svc 0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x30, xzr",
            "mov x0, x9",
            "blr x10",
            "brk 1",
            "2:",
            number = const nr::CLONE,
            in("x1") stack,
            in("x2") 0,
            in("x3") 0,
            in("x4") 0,
            in("x9") argument,
            in("x10") entry,
            inlateout("x0") flags => result,
            clobber_abi("C"),
        );
    }
    result
}
