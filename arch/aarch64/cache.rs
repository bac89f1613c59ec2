//! Code that was just written, made visible to the part of the processor that fetches instructions.
//!
//! | step         | how                                                                                   |
//! |--------------|---------------------------------------------------------------------------------------|
//! | lines        | `CTR_EL0`, bits 16 to 19 (data) and 0 to 3 (instructions): as powers of two of 4 bytes |
//! | data         | `dc cvau` for each line, unless bit 28 says that instructions are fetched past the cache |
//! | instructions | `ic ivau` for each line, unless bit 29 says that the two caches agree                   |
//! | order        | `dsb ish` after each, for all processors; `isb` for this one                           |

use core::arch::asm;

/// Makes the `len` bytes of code from `start`, which were just written by this address or another, those that this
/// processor executes there, and all others once they have synchronised: a system call does.
///
/// # Safety
/// The range is mapped and readable.
pub unsafe fn publish(start: *const u8, len: usize) {
    let kind: usize;
    // SAFETY: reads a register that every program may read.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) kind, options(nomem, nostack, preserves_flags)) };
    let line = |shift: u32| 4_usize << ((kind >> shift) & 0xf);
    let is_set = |bit: u32| (kind >> bit) & 1 != 0;
    if !is_set(28) {
        for line in lines(start, len, line(16)) {
            // SAFETY: within a page that is mapped and readable; no byte changes.
            unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
        }
    }
    // SAFETY: waits, and changes nothing.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    if !is_set(29) {
        for line in lines(start, len, line(0)) {
            // SAFETY: as above.
            unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
        }
    }
    // SAFETY: as above.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}

/// The addresses of the lines that hold the range.
fn lines(start: *const u8, len: usize, line: usize) -> impl Iterator<Item = usize> {
    let first = start.addr() & !(line - 1);
    (first..start.addr() + len).step_by(line)
}
