//! The thread pointer, which tells threads apart.
//!
//! | function           | how                    | why                                                                  |
//! |--------------------|------------------------|----------------------------------------------------------------------|
//! | `has_pointer`      | yes                    | the register is there, and 0 in a thread without a libc              |
//! | `pointer`          | `tpidr_el0`            | every thread may read it                                             |
//! | `set_pointer`      | `tpidr_el0`            | and write it                                                         |

use core::arch::asm;

/// Whether this thread has a pointer that can be read.
#[must_use]
pub fn has_pointer() -> bool {
    true
}

/// This thread's pointer, which is another for each thread; 0 if it has none.
///
/// # Safety
/// [`has_pointer`] is true for this thread.
#[inline(always)]
#[must_use]
pub unsafe fn pointer() -> usize {
    let pointer;
    // SAFETY: reads a register. Not `nomem`: after a call, this may be another thread.
    unsafe { asm!("mrs {}, tpidr_el0", out(reg) pointer, options(pure, readonly, nostack, preserves_flags)) };
    pointer
}

/// Sets this thread's pointer; 0, or an error as system calls return it.
///
/// # Safety
/// Nothing relies on the pointer that was there (a libc does). The new one is the address of a word that holds this address and
/// is this thread's alone, and every other thread, from its start, has a pointer of its own (`CLONE_SETTLS`).
#[inline]
pub unsafe fn set_pointer(pointer: *const usize) -> usize {
    // SAFETY: passed on to the caller.
    unsafe { asm!("msr tpidr_el0, {}", in(reg) pointer, options(nostack, preserves_flags)) };
    0
}
