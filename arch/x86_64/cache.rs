//! Code that was just written, made visible to the part of the processor that fetches instructions.
//!
//! | step         | how                                                                                   |
//! |--------------|---------------------------------------------------------------------------------------|
//! | lines        | of no concern                                                                         |
//! | data         | the caches agree, whatever the address                                                |
//! | instructions | as above                                                                              |
//! | order        | `cpuid`: what was fetched ahead by another address than it was written by is dropped   |

use core::arch::asm;

/// Makes the `len` bytes of code from `start`, which were just written by this address or another, those that this
/// processor executes there, and all others once they have synchronised: a system call does.
///
/// # Safety
/// The range is mapped and readable.
pub unsafe fn publish(_start: *const u8, _len: usize) {
    // SAFETY: serialises, and changes registers that it says it changes; the compiler keeps `rbx` for itself.
    unsafe {
        asm!(
            "mov {rbx}, rbx",
            "cpuid",
            "mov rbx, {rbx}",
            rbx = out(reg) _,
            inout("eax") 0 => _,
            out("ecx") _,
            out("edx") _,
            options(nostack, preserves_flags),
        );
    }
}
