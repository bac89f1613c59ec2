//! Numbers that tell threads apart.

use crate::arch;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Numbers that no two threads have at the same time.
///
/// They are the thread pointers, addresses of the threads' own by the ABI of either architecture, where a libc or runtime has
/// set some.
pub(crate) struct Ids(AtomicU8);

/// Whether threads have pointers: all, or none. No lock: whoever comes first finds the same as whoever comes second.
const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

impl Ids {
    /// What all threads have that have no number; not 0.
    pub(crate) const NONE: usize = 1;

    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }

    #[inline]
    pub(crate) fn of_this_thread(&self) -> usize {
        match self.0.load(Relaxed) {
            // SAFETY: that was looked up. The lowest bit of an address is free.
            YES => unsafe { arch::thread::pointer() | Self::NONE },
            _ => Self::NONE,
        }
    }

    /// What spreads the threads that have no number: their stacks lie apart.
    #[inline]
    pub(crate) fn of_this_stack() -> usize {
        let on_it = 0_u8;
        (&raw const on_it).addr() >> 16
    }

    /// Finds out whether threads have numbers.
    #[inline]
    pub(crate) fn find(&self) {
        if self.0.load(Relaxed) == UNKNOWN {
            self.look_up();
        }
    }

    #[cold]
    fn look_up(&self) {
        // Miri runs no assembly.
        let has_pointer = !cfg!(miri) && arch::thread::has_pointer();
        self.0.store(if has_pointer { YES } else { NO }, Relaxed);
    }
}
