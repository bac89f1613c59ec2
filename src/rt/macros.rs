//! The entry point and printing.

use crate::fd::{STDERR, STDOUT};
use crate::print;
use core::fmt;

/// Makes a function the program: gives it `_start`, arguments and an exit code.
///
/// The function takes [`Env`](crate::rt::Env) or nothing and returns an [`Exit`](crate::process::Exit): nothing, a code
/// as `u8`, or a `Result` of these, whose error is printed and gives the code 1. The program is `#![no_main]`, linked
/// without the C runtime's start files, and not position-independent unless the feature `relocate` is on; see the
/// [crate's documentation](crate).
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[doc(hidden)]
        unsafe extern "C" fn __baremap_entry(stack: *const usize) -> ! {
            // SAFETY: `_start` is what calls this, first of all, with the kernel's stack.
            unsafe { $crate::rt::start(stack, $main) }
        }
        $crate::__start!(__baremap_entry);
    };
}

/// Prints to standard output, in one write(2) if it is short. As with the standard library, failing to is a panic.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => {
        $crate::rt::__stdout(::core::format_args!($($argument)*))
    };
}

/// [`print!`](crate::print!) and the end of the line.
#[macro_export]
macro_rules! println {
    () => {
        $crate::print!("\n")
    };
    ($($argument:tt)*) => {
        $crate::rt::__stdout(::core::format_args!("{}\n", ::core::format_args!($($argument)*)))
    };
}

/// Prints to standard error, in one write(2) if it is short. Failing to is ignored: there is nobody left to tell.
#[macro_export]
macro_rules! eprint {
    ($($argument:tt)*) => {
        $crate::rt::__stderr(::core::format_args!($($argument)*))
    };
}

/// [`eprint!`](crate::eprint!) and the end of the line.
#[macro_export]
macro_rules! eprintln {
    () => {
        $crate::eprint!("\n")
    };
    ($($argument:tt)*) => {
        $crate::rt::__stderr(::core::format_args!("{}\n", ::core::format_args!($($argument)*)))
    };
}

#[doc(hidden)]
pub fn __stdout(arguments: fmt::Arguments<'_>) {
    if let Err(error) = print::print(STDOUT, arguments) {
        panic!("standard output: {error}");
    }
}

#[doc(hidden)]
pub fn __stderr(arguments: fmt::Arguments<'_>) {
    let _ = print::print(STDERR, arguments);
}
