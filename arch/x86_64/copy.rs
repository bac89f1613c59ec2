//! Copies to and from memory that others may change.
//!
//! | what      | where                                                                          |
//! |-----------|--------------------------------------------------------------------------------|
//! | to, from  | `rdi`, `rsi`, both moved past what is copied                                   |
//! | length    | `rcx`, counted down to 0: at a fault it says how much is missing, to the byte  |
//! | direction | upwards: the flag `DF` is clear on entry to every `asm!`                       |
//!
//! The copy is assembly, not a loop in Rust: the compiler may neither assume that nobody else writes to the bytes
//! nor read them twice.

use core::arch::asm;

/// Copies `len` bytes, which may change meanwhile.
///
/// # Safety
/// `from` is mapped readable and `to` writable for `len` bytes, and what others write to either is meant to be
/// shared with them. The ranges do not overlap.
#[inline]
pub unsafe fn copy(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller answers for the ranges.
    unsafe {
        asm!(
            "rep movsb",
            inout("rdi") to => _,
            inout("rsi") from => _,
            inout("rcx") len => _,
            options(nostack, preserves_flags),
        );
    }
}
