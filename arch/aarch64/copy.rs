//! Copies to and from memory that others may change or take away.
//!
//! | what      | where                                                                                |
//! |-----------|--------------------------------------------------------------------------------------|
//! | arguments | `x0` (to), `x1` (from), `x2` (length); a load `x0`, a store `x0` and `x1`               |
//! | result    | `x0`: bytes that are missing, 0 if none; a load `x0` and `x1`, see [`Loaded`]           |
//! | scratch   | `x3`, `v0` to `v3`                                                                   |
//! | direction | upwards                                                                              |
//! | stack     | not used: in order at every instruction                                              |
//!
//! The copies are assembly, so that the compiler neither assumes that nobody else writes to the bytes nor reads them
//! twice, and so that it is known which instructions may fault. Each routine is padded to 64 bytes: a handler
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
        (copy as *const (), copy_words as *const ()),
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

/// Finds out what the processor has for [`copy`]: every one has all of it.
#[inline(always)]
pub fn prepare() {}

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
    /// Here 64 bytes a round; after a fault, and for the rest, `copy_words` goes on.
    ///
    /// # Safety
    /// Each address is mapped for its access, or the fault there is a handler's to mend by [`landing`]. What others
    /// write to the bytes is meant to be shared with them. The ranges do not overlap.
    pub fn copy(to: *mut u8, from: *const u8, len: usize) -> usize {
        "subs x2, x2, 64",
        "b.lo {words}",
        "3:",
        "ldp q0, q1, [x1]",
        "ldp q2, q3, [x1, 32]",
        "stp q0, q1, [x0]",
        "stp q2, q3, [x0, 32]",
        "add x1, x1, 64",
        "add x0, x0, 64",
        "subs x2, x2, 64",
        "b.hs 3b",
        "b {words}",
        ; words = sym copy_words,
    }
}

routine! {
    /// Eight bytes a round; 64 more than `x2` says. After a fault [`copy_bytes`] finds out which of the eight are there.
    fn copy_words() -> usize {
        "add x2, x2, 64",
        "subs x2, x2, 8",
        "b.lo {bytes}",
        "3:",
        "ldr x3, [x1]",
        "str x3, [x0]",
        "add x1, x1, 8",
        "add x0, x0, 8",
        "subs x2, x2, 8",
        "b.hs 3b",
        "b {bytes}",
        ; bytes = sym copy_bytes,
    }
}

routine! {
    /// A byte a round; 8 more than `x2` says.
    fn copy_bytes() -> usize {
        "adds x2, x2, 8",
        "b.eq {end}",
        "3:",
        "ldrb w3, [x1]",
        "strb w3, [x0]",
        "add x1, x1, 1",
        "add x0, x0, 1",
        "subs x2, x2, 1",
        "b.ne 3b",
        "b {end}",
        ; end = sym copy_end,
    }
}

routine! {
    /// What is missing is in `x2`.
    fn copy_end() -> usize {
        "mov x0, x2",
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
                    "mov x1, 0",
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
                    "mov x0, 0",
                    "ret",
                }
            }
        )*
    };
}

values! {
    load_u8 store_u8 "8" "ldrb w0, [x0]" "strb w1, [x0]",
    load_u16 store_u16 "16" "ldrh w0, [x0]" "strh w1, [x0]",
    load_u32 store_u32 "32" "ldr w0, [x0]" "str w1, [x0]",
    load_u64 store_u64 "64" "ldr x0, [x0]" "str x1, [x0]",
}

routine! {
    /// After a fault: 1 where a load and where a store say so.
    fn value_end() -> Loaded {
        "mov x0, 1",
        "mov x1, 1",
        "ret",
    }
}
