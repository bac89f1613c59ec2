//! Copies to and from memory that others may change or take away.
//!
//! | what      | where                                                                                |
//! |-----------|--------------------------------------------------------------------------------------|
//! | arguments | `rdi` (to), `rsi` (from), `rdx` (length); a load `rdi`, a store `rdi` and `rsi`        |
//! | result    | `rax`: bytes that are missing, 0 if none; a load `rax` and `rdx`, see [`Loaded`]       |
//! | scratch   | `rcx`, `r8`, `ymm0` to `ymm3`                                                        |
//! | direction | upwards: the flag `DF` is clear on entry                                             |
//! | stack     | only the return address: in order at every instruction                               |
//!
//! The copies are assembly, so that the compiler neither assumes that nobody else writes to the bytes nor reads them
//! twice, and so that it is known which instructions may fault. Each routine is padded to 64 bytes: a handler
//! of SIGBUS or SIGSEGV that finds the program counter in one of them asks [`landing`] where to go on.

use core::arch::x86_64::__cpuid;
use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

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
    let routines: [(*const (), *const ()); 14] = [
        (copy_wide as *const (), copy_wide_end as *const ()),
        (copy_head as *const (), copy_words as *const ()),
        (copy_blocks as *const (), copy_words as *const ()),
        (copy_strings as *const (), copy_end as *const ()),
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

/// Whether processor and kernel let a program use AVX: 1, or 0 as long as nobody has asked.
static HAS_AVX: AtomicU8 = AtomicU8::new(0);

/// Finds out what the processor has for [`copy`].
pub fn prepare() {
    /// Bits of cpuid's leaf 1, register `ecx`: the kernel saves registers by xsave; AVX.
    const NEEDED: u32 = 1 << 27 | 1 << 28;
    /// What the kernel saves: the registers of SSE and AVX.
    const SAVED: u32 = 0b110;
    #[allow(unused_unsafe, reason = "an unsafe function in the oldest compilers that do")]
    // SAFETY: every x86_64 has the instruction and this leaf.
    let found = unsafe { __cpuid(1) }.ecx;
    if found & NEEDED != NEEDED {
        return;
    }
    let saved: u32;
    // SAFETY: xgetbv is there where the kernel uses xsave, and reads a register.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") saved, out("edx") _, options(nomem, nostack, preserves_flags))
    };
    HAS_AVX.store(u8::from(saved & SAVED == SAVED), Relaxed);
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
    /// Few bytes go by `copy_blocks`; more by `copy_head`, unless the target begins just before the source: what is
    /// copied twice would have changed.
    ///
    /// # Safety
    /// Each address is mapped for its access, or the fault there is a handler's to mend by [`landing`]. What others
    /// write to the bytes is meant to be shared with them. The ranges do not overlap, or `to` begins first.
    pub fn copy(to: *mut u8, from: *const u8, len: usize) -> usize {
        "mov rcx, rdx",
        "sub rcx, 64",
        "cmp rdx, 512",
        "jb {blocks}",
        "mov r8, rsi",
        "sub r8, rdi",
        "cmp r8, 64",
        "jae {head}",
        "jmp {blocks}",
        ; blocks = sym copy_blocks, head = sym copy_head,
    }
}

routine! {
    /// 64 bytes, of which [`copy_aligned`] counts as many as bring the target to a multiple of 64.
    fn copy_head() -> usize {
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + 32], xmm2",
        "movups [rdi + 48], xmm3",
        "jmp {aligned}",
        ; aligned = sym copy_aligned,
    }
}

routine! {
    /// Goes on by AVX, where the processor has it, or by strings, which leave the caches alone; 64 more than `rcx` says.
    fn copy_aligned() -> usize {
        "mov r8, rdi",
        "neg r8",
        "and r8d, 63",
        "add rdi, r8",
        "add rsi, r8",
        "sub rcx, r8",
        "cmp rcx, 6 * 1024",
        "jae {strings}",
        "cmp byte ptr [rip + {has_avx}], 0",
        "jne {wide}",
        "jmp {strings}",
        ; strings = sym copy_strings, wide = sym copy_wide, has_avx = sym HAS_AVX,
    }
}

routine! {
    /// Leaves the exact count at a fault; 64 more than `rcx` says.
    fn copy_strings() -> usize {
        "add rcx, 64",
        "rep movsb",
        "xor eax, eax",
        "ret",
    }
}

routine! {
    /// 128 bytes a round; 64 more than `rcx` says.
    fn copy_wide() -> usize {
        "sub rcx, 64",
        "3:",
        "vmovdqu ymm0, [rsi]",
        "vmovdqu ymm1, [rsi + 32]",
        "vmovdqu ymm2, [rsi + 64]",
        "vmovdqu ymm3, [rsi + 96]",
        "vmovdqu [rdi], ymm0",
        "vmovdqu [rdi + 32], ymm1",
        "vmovdqu [rdi + 64], ymm2",
        "vmovdqu [rdi + 96], ymm3",
        "sub rsi, -128",
        "sub rdi, -128",
        "add rcx, -128",
        "jns 3b",
        "jmp {end}",
        ; end = sym copy_wide_end,
    }
}

routine! {
    /// After a fault, and for the rest: 128 more than `rcx` says.
    fn copy_wide_end() -> usize {
        "vzeroupper",
        "add rcx, 64",
        "jmp {blocks}",
        ; blocks = sym copy_blocks,
    }
}

routine! {
    /// 64 bytes a round, and 64 more than `rcx` says; after a fault, and for the rest, [`copy_words`] goes on.
    fn copy_blocks() -> usize {
        "test rcx, rcx",
        "js {words}",
        "3:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + 32], xmm2",
        "movups [rdi + 48], xmm3",
        "add rsi, 64",
        "add rdi, 64",
        "sub rcx, 64",
        "jns 3b",
        "jmp {words}",
        ; words = sym copy_words,
    }
}

routine! {
    /// Eight bytes a round; 64 more than `rcx` says. After a fault [`copy_bytes`] finds out which of the eight are there.
    fn copy_words() -> usize {
        "add rcx, 56",
        "js {bytes}",
        "3:",
        "mov r8, [rsi]",
        "mov [rdi], r8",
        "add rsi, 8",
        "add rdi, 8",
        "sub rcx, 8",
        "jns 3b",
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
