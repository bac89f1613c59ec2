//! What happens when a freestanding program panics.

use crate::fd::STDERR;
use crate::print;
use crate::process::{self, PANICKED};
use core::fmt::{self, Write};
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
        let _ = print::print_with(STDERR, |out| write(out, info));
    }
    process::exit(PANICKED)
}

/// As the standard library has it: `panicked at FILE:LINE:COLUMN:` and the message on the next line.
///
/// Piece by piece: to print the place as a value would link all that formatting a string can do.
fn write(out: &mut impl Write, info: &PanicInfo<'_>) -> fmt::Result {
    out.write_str("panicked at ")?;
    if let Some(place) = info.location() {
        out.write_str(place.file())?;
        write!(out, ":{}:{}", place.line(), place.column())?;
    }
    write!(out, ":\n{}\n", info.message())
}

/// The standard library's unwinding tables name this function. Here a panic ends the process, so that nobody calls it;
/// but only whole-program optimisation gets rid of the name, and without it programs do not link.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
