//! What a panic does: nothing in the library is meant to panic, whatever it is given.

use core::panic::PanicInfo;

/// No message: formatting it would be many times the size of the programs.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::abort::abort(b"libbaremap: internal error\n")
}

mod personality {
    /// The standard library's unwinding tables name this function. Nothing unwinds, so that nobody calls it.
    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}
}
