//! The thread pointer of a test, which has no libc that would set one.

use baremap::arch::thread;
use baremap::process::Exit;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::child;

/// What it points to: a word that holds its own address.
static WORD: AtomicUsize = AtomicUsize::new(0);

/// Runs assertions in a child without a pointer and in one with it.
pub(crate) fn without_and_with<T: Exit>(assertions: impl Fn() -> T) {
    child::check(&assertions);
    child::check(|| {
        set();
        assertions()
    });
}

/// Sets it, and returns it.
pub(crate) fn set() -> usize {
    let pointer = WORD.as_ptr();
    WORD.store(pointer.expose_provenance(), Relaxed);
    // SAFETY: nothing relies on another; the word is there for ever, and there is one thread.
    assert_eq!(unsafe { thread::set_pointer(pointer) }, 0);
    pointer.addr()
}
