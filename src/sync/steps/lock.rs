//! A lock among threads of one process: free, taken, or taken with somebody who may be asleep.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::atomic::AtomicU32;
use super::sleep::{Slept, spin};

const FREE: u32 = 0;
const TAKEN: u32 = 1;
const WAITED: u32 = 2;

#[inline]
pub(in super::super) fn try_take(word: &AtomicU32) -> bool {
    word.compare_exchange(FREE, TAKEN, Acquire, Relaxed).is_ok()
}

/// Takes it; `sleep` sleeps as long as the word is what it is given. Whether it could be taken in time.
#[cold]
pub(in super::super) fn wait(word: &AtomicU32, mut sleep: impl FnMut(u32) -> Slept) -> bool {
    let attempt = || match word.load(Relaxed) {
        FREE => try_take(word).then_some(true),
        TAKEN => None,
        // Whoever comes while others are asleep sleeps too.
        _ => Some(false),
    };
    if spin(attempt) == Some(true) {
        return true;
    }
    loop {
        // Others may be asleep too: it stays marked, whoever takes it.
        if word.swap(WAITED, Acquire) == FREE {
            return true;
        }
        if sleep(WAITED) == Slept::Over {
            return word.swap(WAITED, Acquire) == FREE;
        }
    }
}

/// Gives it up. Whether one who sleeps has to be woken.
#[inline]
pub(in super::super) fn leave(word: &AtomicU32) -> bool {
    word.swap(FREE, Release) == WAITED
}
