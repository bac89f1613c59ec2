//! The first instructions of a program.
//!
//! | what  | how                                                                                         |
//! |-------|---------------------------------------------------------------------------------------------|
//! | stack | `rsp` points at the argument count; pointers to arguments, a null, the environment, a null  |
//! |       | and the auxiliary vector follow. It is a multiple of 16, as a `call` wants it               |
//! | rest  | `rbp` is unspecified: zero marks the outermost frame for debuggers; `rdx` is a function to  |
//! |       | call at the end, or zero                                                                    |

use core::arch::asm;

/// The architecture's number in ELF files.
pub const MACHINE: u16 = linux_raw_sys::elf_uapi::EM_X86_64 as u16;

/// Starts a program that is mapped, as the kernel does.
///
/// # Safety
/// `entry` is its first instruction, and on `stack`, a multiple of 16, is what the table says. Nothing runs any more that
/// ran before, and nothing is dropped.
#[inline(always)]
pub unsafe fn jump(entry: usize, stack: *const usize) -> ! {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "mov rsp, {stack}",
            "xor ebp, ebp",
            "jmp {entry}",
            entry = in(reg) entry,
            stack = in(reg) stack,
            in("rdx") 0,
            options(noreturn),
        )
    }
}

/// Makes `_start`, which hands the stack pointer to the function `$entry`: `unsafe extern "C" fn(*const usize) -> !`.
///
/// Before anything else it relocates the program. It calls the function itself: compiled code might go by a table of
/// addresses that are not filled in yet.
#[cfg(feature = "relocate")]
#[doc(hidden)]
#[macro_export]
macro_rules! __start {
    ($entry:path) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn _start() -> ! {
            ::core::arch::naked_asm!(
                "xor ebp, ebp",
                "mov rbx, rsp",
                "call {relocate}",
                "mov rdi, rbx",
                "call {entry}",
                relocate = sym $crate::rt::__relocate,
                entry = sym $entry,
            )
        }
    };
}

/// Makes `_start`, which hands the stack pointer to the function `$entry`: `unsafe extern "C" fn(*const usize) -> !`.
///
/// Without the feature `relocate` a position-independent program would jump through tables that nobody filled in. Its
/// first instruction therefore takes an absolute address in 32 bits, which a linker refuses to put into such a
/// program: it names the symbol, and the symbol says what to do.
#[cfg(not(feature = "relocate"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __start {
    ($entry:path) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn _start() -> ! {
            ::core::arch::naked_asm!(
                ".globl baremap_position_independent_programs_need_the_feature_relocate",
                "baremap_position_independent_programs_need_the_feature_relocate:",
                "mov ebp, offset baremap_position_independent_programs_need_the_feature_relocate",
                "xor ebp, ebp",
                "mov rdi, rsp",
                "call {entry}",
                entry = sym $entry,
            )
        }
    };
}
