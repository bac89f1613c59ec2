//! The way back from a signal handler.
//!
//! | what      | how                                                                           |
//! |-----------|-------------------------------------------------------------------------------|
//! | entry     | the kernel pushes the address of the restorer: `SA_RESTORER` is obligatory     |
//! | return    | the handler's `ret` pops it; `rt_sigreturn` finds the frame at `rsp`           |

use core::arch::naked_asm;
use sc::nr;

/// Returns from a signal handler.
///
/// # Safety
/// Only a handler may return to it, and only by the address that the kernel made it return to.
#[unsafe(naked)]
pub unsafe extern "C" fn restore() -> ! {
    naked_asm!("mov eax, {number}", "syscall", number = const nr::RT_SIGRETURN)
}
