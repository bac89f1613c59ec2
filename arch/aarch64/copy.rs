//! Copies to and from memory that others may change.
//!
//! | what      | where                                                                          |
//! |-----------|--------------------------------------------------------------------------------|
//! | to, from  | two registers, both moved past what is copied                                  |
//! | length    | a register, counted down to 0, 16 bytes at a time and then one                  |
//! | direction | upwards                                                                        |
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
            "subs {len}, {len}, 16",
            "b.lo 3f",
            "2:",
            "ldp {low}, {high}, [{from}], 16",
            "stp {low}, {high}, [{to}], 16",
            "subs {len}, {len}, 16",
            "b.hs 2b",
            "3:",
            "adds {len}, {len}, 16",
            "b.eq 5f",
            "4:",
            "ldrb {low:w}, [{from}], 1",
            "strb {low:w}, [{to}], 1",
            "subs {len}, {len}, 1",
            "b.ne 4b",
            "5:",
            to = inout(reg) to => _,
            from = inout(reg) from => _,
            len = inout(reg) len => _,
            low = out(reg) _,
            high = out(reg) _,
            options(nostack),
        );
    }
}
