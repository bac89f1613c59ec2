//! What a position-independent program has to know to relocate itself.
//!
//! | what       | how                                                                                     |
//! |------------|-----------------------------------------------------------------------------------------|
//! | image      | the linker puts `__ehdr_start` at the first byte of the ELF header                      |
//! | relocation | `R_AARCH64_RELATIVE`: the image's address plus the addend                               |

use core::arch::asm;

/// The type of the only relocation that a static position-independent program has.
pub const RELATIVE: u32 = 1027;

/// The address of the program's own ELF header.
#[inline(always)]
pub fn elf_header() -> *const u8 {
    let header;
    // SAFETY: takes an address relative to the program counter, nothing else.
    unsafe {
        asm!(
            ".hidden __ehdr_start",
            "adrp {0}, __ehdr_start",
            "add {0}, {0}, :lo12:__ehdr_start",
            out(reg) header,
            options(nomem, nostack, preserves_flags),
        );
    }
    header
}

/// Stores a word, aligned or not.
///
/// Not by `write_unaligned`: where nothing is optimised that is a call of `memcpy`, by an address that is not mended yet.
///
/// # Safety
/// The word there is the caller's to write.
#[inline(always)]
pub unsafe fn store(place: *mut u8, word: usize) {
    // SAFETY: passed on to the caller.
    unsafe { asm!("str {1}, [{0}]", in(reg) place, in(reg) word, options(nostack, preserves_flags)) };
}
