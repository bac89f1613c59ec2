//! The way back from a signal handler.
//!
//! | what      | how                                                                           |
//! |-----------|-------------------------------------------------------------------------------|
//! | entry     | the kernel pushes the address of the restorer: `SA_RESTORER` is obligatory     |
//! | return    | the handler's `ret` pops it; `rt_sigreturn` finds the frame at `rsp`           |
//! | context   | a `ucontext_t`; its saved `rip` is 168 bytes in                                |

use core::arch::naked_asm;
use core::ffi::c_void;
use sc::nr;

/// Returns from a signal handler.
///
/// # Safety
/// Only a handler may return to it, and only by the address that the kernel made it return to.
#[unsafe(naked)]
pub unsafe extern "C" fn restore() -> ! {
    naked_asm!("mov eax, {number}", "syscall", number = const nr::RT_SIGRETURN)
}

/// Where a handler's context keeps the address of the instruction that was interrupted.
///
/// # Safety
/// `context` is what the kernel handed to a handler.
#[inline(always)]
pub unsafe fn program_counter(context: *mut c_void) -> *mut usize {
    // SAFETY: within the structure, whose layout is the kernel's promise to every program.
    unsafe { context.byte_add(168).cast() }
}
