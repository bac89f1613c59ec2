//! What compiled code asks for by name, where a libc would answer. A program links only what it uses.

use crate::process::{self, PANICKED};

/// getauxval(3): the compiler's helpers for atomics may ask what the processor can do. Nothing but what every one can.
///
/// The truth is in [`Env::aux_value`](super::Env::aux_value); to tell it here would keep the stack's address in every
/// program.
#[unsafe(no_mangle)]
extern "C" fn getauxval(_kind: usize) -> usize {
    0
}

/// The word that functions with a stack protector put on their stack and look for when they end. The compiler's helpers
/// are built with one by some distributions; code that needs protection wants a word that nobody can guess.
#[unsafe(no_mangle)]
static __stack_chk_guard: usize = usize::from_ne_bytes(*b"\0baremap");

/// What a function calls that does not find the word.
#[unsafe(no_mangle)]
extern "C" fn __stack_chk_fail() -> ! {
    process::exit(PANICKED)
}
