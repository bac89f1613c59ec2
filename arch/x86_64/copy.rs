//! Copies to and from memory that others may change or take away.
//!
//! | what      | where                                                                                |
//! |-----------|--------------------------------------------------------------------------------------|
//! | arguments | `rdi` (to), `rsi` (from), `rdx` (length); a load `rdi`, a store `rdi` and `rsi`        |
//! | result    | `rax`: bytes that are missing, 0 if none; a load `rax` and `rdx`, see [`Loaded`]       |
//! | scratch   | `rcx`, `r8`                                                                          |
//! | direction | upwards: the flag `DF` is clear on entry                                             |
//! | stack     | only the return address: in order at every instruction                               |
//!
//! The copies are assembly, so that the compiler neither assumes that nobody else writes to the bytes nor reads them
//! twice, and so that it is known which instructions may fault. Each routine is padded to [`ROUTINE`] bytes: a handler
//! of SIGBUS or SIGSEGV that finds the program counter in one of them asks [`landing`] where to go on.

use core::arch::naked_asm;

/// The bytes of every routine below.
const ROUTINE: usize = 64;

/// A value, and whether it could be loaded: two registers.
#[repr(C)]
pub struct Loaded {
    /// The value, in its lowest bits.
    pub value: u64,
    /// 0, or 1 after a fault.
    pub fault: u64,
}

/// Where a routine goes on after a fault at `pc`; `None` if that is in none of them.
#[inline]
pub fn landing(pc: usize) -> Option<usize> {
    let routines: [(*const (), *const ()); 11] = [
        (copy as *const (), copy_end as *const ()),
        (copy_words as *const (), copy_bytes as *const ()),
        (copy_bytes as *const (), copy_end as *const ()),
        (load_u8 as *const (), value_end as *const ()),
        (load_u16 as *const (), value_end as *const ()),
        (load_u32 as *const (), value_end as *const ()),
        (load_u64 as *const (), value_end as *const ()),
        (store_u8 as *const (), value_end as *const ()),
        (store_u16 as *const (), value_end as *const ()),
        (store_u32 as *const (), value_end as *const ()),
        (store_u64 as *const (), value_end as *const ()),
    ];
    let found = routines.iter().find(|(routine, _)| pc.wrapping_sub(routine.addr()) < ROUTINE);
    found.map(|(_, landing)| landing.addr())
}

macro_rules! routine {
    ($(#[$doc:meta])* $visibility:vis fn $name:ident $arguments:tt -> $result:ty {
        $($line:literal,)* $(; $($operand:tt)*)?
    }) => {
        $(#[$doc])*
        #[unsafe(naked)]
        $visibility unsafe extern "C" fn $name $arguments -> $result {
            naked_asm!(
                "2:",
                $($line,)*
                // At least one instruction's bytes are left, or the assembler refuses to go back.
                ".skip {size} - (. - 2b)",
                size = const ROUTINE,
                $($($operand)*)?
            )
        }
    };
}

routine! {
    /// Copies `len` bytes and returns how many of the last ones could not be.
    ///
    /// From 256 bytes up by `rep movsb`, which takes as long to begin as the others take to end; at a fault it leaves
    /// the exact count.
    ///
    /// # Safety
    /// Each address is mapped for its access, or the fault there is a handler's to mend by [`landing`]. What others
    /// write to the bytes is meant to be shared with them. The ranges do not overlap.
    pub fn copy(to: *mut u8, from: *const u8, len: usize) -> usize {
        "mov rcx, rdx",
        "cmp rcx, 256",
        "jb {words}",
        "rep movsb",
        "xor eax, eax",
        "ret",
        ; words = sym copy_words,
    }
}

routine! {
    /// Eight bytes a round. After a fault [`copy_bytes`] finds out which of the eight are there.
    fn copy_words() -> usize {
        "sub rcx, 8",
        "jb {bytes}",
        "3:",
        "mov r8, [rsi]",
        "mov [rdi], r8",
        "add rsi, 8",
        "add rdi, 8",
        "sub rcx, 8",
        "jae 3b",
        "jmp {bytes}",
        ; bytes = sym copy_bytes,
    }
}

routine! {
    /// A byte a round; 8 more than `rcx` says.
    fn copy_bytes() -> usize {
        "add rcx, 8",
        "jz {end}",
        "3:",
        "mov r8b, [rsi]",
        "mov [rdi], r8b",
        "inc rsi",
        "inc rdi",
        "dec rcx",
        "jnz 3b",
        "jmp {end}",
        ; end = sym copy_end,
    }
}

routine! {
    /// What is missing is in `rcx`.
    fn copy_end() -> usize {
        "mov rax, rcx",
        "ret",
    }
}

macro_rules! values {
    ($($load:ident $store:ident $bits:literal $load_line:literal $store_line:literal,)*) => {
        $(
            routine! {
                #[doc = concat!("Loads ", $bits, " bits by one instruction.")]
                ///
                /// # Safety
                /// As [`copy`].
                pub fn $load(from: *const u8) -> Loaded {
                    $load_line,
                    "xor edx, edx",
                    "ret",
                }
            }

            routine! {
                #[doc = concat!("Stores ", $bits, " bits by one instruction; 0, or 1 after a fault.")]
                ///
                /// # Safety
                /// As [`copy`].
                pub fn $store(to: *mut u8, value: u64) -> usize {
                    $store_line,
                    "xor eax, eax",
                    "ret",
                }
            }
        )*
    };
}

values! {
    load_u8 store_u8 "8" "movzx eax, byte ptr [rdi]" "mov [rdi], sil",
    load_u16 store_u16 "16" "movzx eax, word ptr [rdi]" "mov [rdi], si",
    load_u32 store_u32 "32" "mov eax, [rdi]" "mov [rdi], esi",
    load_u64 store_u64 "64" "mov rax, [rdi]" "mov [rdi], rsi",
}

routine! {
    /// After a fault: 1 where a load and where a store say so.
    fn value_end() -> Loaded {
        "mov eax, 1",
        "mov edx, 1",
        "ret",
    }
}
