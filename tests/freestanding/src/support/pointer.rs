//! The thread pointer of a test, which has no libc that would set one.

use baremap::arch::thread;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What it points to: a word that holds its own address.
static WORD: AtomicUsize = AtomicUsize::new(0);

/// Sets it, and returns it.
pub(crate) fn set() -> usize {
    let pointer = WORD.as_ptr();
    WORD.store(pointer.expose_provenance(), Relaxed);
    // SAFETY: nothing relies on another; the word is there for ever, and there is one thread.
    assert_eq!(unsafe { thread::set_pointer(pointer) }, 0);
    pointer.addr()
}
