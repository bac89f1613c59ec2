//! An event: set or not, with somebody waiting or not.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::atomic::AtomicU32;
use super::sleep::{Slept, spin};

const SET: u32 = 1;
/// Not set, and somebody may be asleep.
const WAITED: u32 = 2;

pub(in super::super) fn is_set(word: &AtomicU32) -> bool {
    word.load(Acquire) & SET != 0
}

/// Sets it. Whether all who sleep have to be woken.
pub(in super::super) fn set(word: &AtomicU32) -> bool {
    word.swap(SET, Release) & WAITED != 0
}

pub(in super::super) fn reset(word: &AtomicU32) {
    // Where it is not set, those who wait stay.
    let _ = word.compare_exchange(SET, 0, Relaxed, Relaxed);
}

/// Waits until it is set; `sleep` sleeps as long as the word is what it is given. Whether it was set in time.
pub(in super::super) fn wait(word: &AtomicU32, mut sleep: impl FnMut(u32) -> Slept) -> bool {
    if is_set(word) || spin(|| is_set(word).then_some(())).is_some() {
        return true;
    }
    loop {
        let seen = word.load(Acquire);
        if seen & SET != 0 {
            return true;
        }
        // If it is another by now, the sleep ends at once, but for saying whether it is too late.
        let _ = word.compare_exchange(seen, WAITED, Relaxed, Relaxed);
        let slept = sleep(WAITED);
        if slept == Slept::Over {
            return is_set(word);
        }
    }
}
