//! Calls of processes whose form differs between the architectures.
//!
//! | call    | number | arguments, in order                                                       |
//! |---------|--------|---------------------------------------------------------------------------|
//! | `fork`  | 57     | none                                                                      |
//! | `clone` | 56     | flags, stack, parent's thread id, **child's thread id, thread pointer**   |
//!
//! `clone_call` makes the same call; its child has no way back, since its stack is empty.

use super::syscall::{syscall0, syscall5};
use core::arch::asm;
use core::ffi::c_void;
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
            "mov eax, {number}",
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call r13",
            "ud2",
            "2:",
            number = const nr::CLONE,
            in("rdi") flags,
            in("rsi") stack,
            in("rdx") 0,
            in("r10") 0,
            in("r8") 0,
            in("r12") argument,
            in("r13") entry,
            lateout("rax") result,
            clobber_abi("C"),
        );
    }
    result
}
