//! The thread pointer, which tells threads apart.
//!
//! | function           | how                    | why                                                                  |
//! |--------------------|------------------------|----------------------------------------------------------------------|
//! | `has_pointer`      | `arch_prctl`           | a thread without a libc may have none, and `fs:0` is then no memory  |
//! | `pointer`          | `fs:0`                 | the ABI has the address there; `rdfsbase` takes 2 ns, the load none  |
//! | `set_pointer`      | `arch_prctl`           | `wrfsbase` is not everywhere                                         |

use core::arch::asm;
use core::ptr;
use sc::nr;

use super::syscall::syscall2;

// `asm/prctl.h`, which linux-raw-sys leaves out.
const ARCH_SET_FS: usize = 0x1002;
const ARCH_GET_FS: usize = 0x1003;

/// Whether this thread has a pointer as the ABI wants it: the address of a word that holds this address.
#[must_use]
pub fn has_pointer() -> bool {
    let mut pointer = 0_usize;
    // SAFETY: the kernel stores one word. What a thread pointer points to is memory, which its owner lets everybody read.
    unsafe {
        let result = syscall2::<{ nr::ARCH_PRCTL }>(ARCH_GET_FS, (&raw mut pointer).expose_provenance());
        result == 0
            && pointer != 0
            && ptr::with_exposed_provenance::<usize>(pointer).read_unaligned() == pointer
    }
}

/// This thread's pointer, which is another for each thread; 0 if it has none.
///
/// # Safety
/// [`has_pointer`] is true for this thread.
#[inline(always)]
#[must_use]
pub unsafe fn pointer() -> usize {
    let pointer;
    // SAFETY: the caller knows that it is there. Not `nomem`: after a call, this may be another thread.
    unsafe { asm!("mov {}, fs:0", out(reg) pointer, options(pure, readonly, nostack, preserves_flags)) };
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
    unsafe { syscall2::<{ nr::ARCH_PRCTL }>(ARCH_SET_FS, pointer.expose_provenance()) }
}
