//! What a program without a libc needs around its `main`.
//!
//! - [`entry!`](crate::entry) gives it `_start` and hands [`Env`]: arguments, environment, auxiliary vector.
//! - [`print!`](crate::print!), [`println!`](crate::println!), [`eprint!`](crate::eprint!) and
//!   [`eprintln!`](crate::eprintln!) write to the standard descriptors.
//! - The feature `panic-handler` prints a panic and exits with 101; `mem` has the functions that compiled code calls for
//!   copies; `relocate` makes position-independent programs work. Each can be left out for another's.
//!
//! ```no_run
//! #![no_std]
//! #![no_main]
//! # extern crate std;
//!
//! use baremap::{println, rt::Env};
//!
//! baremap::entry!(main);
//!
//! fn main(env: Env) -> baremap::Result<()> {
//!     for argument in env.args() {
//!         println!("{}", argument.to_str().unwrap_or("?"));
//!     }
//!     Ok(())
//! }
//! ```

#[cfg(all(feature = "panic-handler", not(feature = "std")))]
mod compiler;
mod env;
mod macros;
#[cfg(all(feature = "panic-handler", not(feature = "std")))]
mod panic;
#[cfg(feature = "relocate")]
mod relocate;

pub use env::{Args, Aux, Env, Vars};
#[doc(hidden)]
pub use macros::{__stderr, __stdout};
#[cfg(feature = "relocate")]
#[doc(hidden)]
pub use relocate::__relocate;

use crate::fd::AsRawFd;
use crate::process::{self, Exit};
use crate::sys::{self, Mode, OFlags};
use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// The stack as the kernel made it, for those who ask later than `main`; null in a program that somebody else started.
///
/// A program in which nobody asks does not have it: the linker's optimiser drops what is never read.
static STACK: AtomicPtr<usize> = AtomicPtr::new(ptr::null_mut());

/// The environment of a program that this crate started.
pub(crate) fn env() -> Option<Env> {
    let stack = STACK.load(Relaxed);
    // SAFETY: `start` stored what the kernel made.
    (!stack.is_null()).then(|| unsafe { Env::new(stack) })
}

/// What may follow [`entry!`](crate::entry): a function of [`Env`] or of nothing, whose result is an [`Exit`].
pub trait Main<Arguments> {
    /// Runs it and gives the exit code.
    fn run(self, env: Env) -> u8;
}

impl<T: Exit, F: FnOnce() -> T> Main<()> for F {
    #[inline(always)]
    fn run(self, _: Env) -> u8 {
        self().code()
    }
}

impl<T: Exit, F: FnOnce(Env) -> T> Main<(Env,)> for F {
    #[inline(always)]
    fn run(self, env: Env) -> u8 {
        self(env).code()
    }
}

/// What `_start` calls.
///
/// # Safety
/// `stack` is the stack pointer as the kernel set it, and nothing of the program has run but what relocates it.
#[doc(hidden)]
#[inline(always)]
pub unsafe fn start<Arguments>(stack: *const usize, main: impl Main<Arguments>) -> ! {
    STACK.store(stack.cast_mut(), Relaxed);
    __open_standard_descriptors();
    // SAFETY: the caller's promise.
    process::exit(main.run(unsafe { Env::new(stack) }))
}

/// Opens /dev/null for those of the first three descriptors that the program was started without: else the next file that
/// it opens would get the number, and what it prints would go into that file.
#[doc(hidden)]
pub fn __open_standard_descriptors() {
    // The lowest free number each time. Where there is no /dev/null (an init's first steps), they stay free.
    while let Ok(null) = sys::open(c"/dev/null", OFlags::RDWR, Mode::empty()) {
        if null.as_raw_fd() > 2 {
            return;
        }
        mem::forget(null);
    }
}
