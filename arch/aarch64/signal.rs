//! The way back from a signal handler.
//!
//! | what      | how                                                                           |
//! |-----------|-------------------------------------------------------------------------------|
//! | entry     | the kernel sets `x30` to the restorer, or to its vDSO's where there is none    |
//! | return    | the handler's `ret` branches to it; `rt_sigreturn` finds the frame at `sp`     |

use core::arch::naked_asm;
use sc::nr;

/// Returns from a signal handler.
///
/// # Safety
/// Only a handler may return to it, and only by the address that the kernel made it return to.
#[unsafe(naked)]
pub unsafe extern "C" fn restore() -> ! {
    naked_asm!("mov x8, {number}", "svc 0", number = const nr::RT_SIGRETURN)
}
