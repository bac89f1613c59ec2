//! The end of a program that must not go on.

use baremap::fd::STDERR;
use baremap::process;
use baremap::sys::{self, Signal};

/// One line on standard error, and SIGABRT, as assert(3) does it.
#[inline(always)]
pub(crate) fn abort(line: &[u8]) -> ! {
    let _ = sys::write(STDERR, line);
    let _ = sys::kill(sys::getpid(), Some(Signal::ABRT));
    // Whoever ignores or blocks the signal ends all the same.
    process::exit(128 + Signal::ABRT.as_raw() as u8)
}

/// Ends the program if more bytes may come than their buffer has room for, which compilers know under `_FORTIFY_SOURCE`.
#[cfg(any(feature = "posix", feature = "start"))]
#[inline(always)]
pub(crate) fn check_room(len: usize, room: usize) {
    if len > room {
        abort(b"libbaremap: more bytes than their buffer has room for\n");
    }
}
