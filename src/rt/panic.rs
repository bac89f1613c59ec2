//! What happens when a freestanding program panics.

use crate::fd::STDERR;
use crate::print;
use crate::process::{self, PANICKED};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Prints message and place on standard error and ends the process with 101.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    static PANICKING: AtomicBool = AtomicBool::new(false);
    // A value that panics while it is printed must not be printed again. A load and a store do: should two threads
    // panic at once, both are heard.
    if !PANICKING.load(Relaxed) {
        PANICKING.store(true, Relaxed);
        let _ = print::print(STDERR, format_args!("{info}\n"));
    }
    process::exit(PANICKED)
}

/// The standard library's unwinding tables name this function. Here a panic ends the process, so that nobody calls it;
/// but only whole-program optimisation gets rid of the name, and without it programs do not link.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
