//! A semaphore: the permits that are left, and in the highest bit whether somebody may be asleep.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::atomic::AtomicU32;
use super::sleep::{Slept, spin};

const WAITERS: u32 = 1 << 31;
/// The most permits.
pub(in super::super) const MAX: u32 = WAITERS - 1;
/// How often the word may change under an attempt before that counts as one without a permit.
const ATTEMPTS: usize = 1000;

/// The permits that are left.
pub(in super::super) fn permits(word: &AtomicU32) -> u32 {
    word.load(Relaxed) & MAX
}

/// Takes a permit, if there is one.
#[inline]
pub(in super::super) fn try_acquire(word: &AtomicU32) -> bool {
    take(word, 0)
}

/// Takes a permit, if there is one, and leaves the bit of the waiters set, or sets it.
#[inline]
fn take(word: &AtomicU32, waiters: u32) -> bool {
    let mut seen = word.load(Relaxed);
    for _ in 0..ATTEMPTS {
        if seen & MAX == 0 {
            break;
        }
        match word.compare_exchange(seen, (seen - 1) | waiters, Acquire, Relaxed) {
            Ok(_) => return true,
            Err(other) => seen = other,
        }
    }
    false
}

/// Takes a permit; `sleep` sleeps as long as the word is what it is given. Whether there was one in time.
pub(in super::super) fn acquire(word: &AtomicU32, mut sleep: impl FnMut(u32) -> Slept) -> bool {
    if try_acquire(word) || spin(|| try_acquire(word).then_some(())).is_some() {
        return true;
    }
    loop {
        // If it is not 0, there is a permit by now, or the bit is set already.
        let _ = word.compare_exchange(0, WAITERS, Relaxed, Relaxed);
        let slept = sleep(WAITERS);
        // Others may be asleep that nobody knows of once the bit is gone: who was asleep sets it again, with or without a permit.
        if take(word, WAITERS) {
            return true;
        }
        if slept == Slept::Over {
            word.fetch_or(WAITERS, Relaxed);
            return false;
        }
    }
}

/// Gives permits back; `wake` wakes so many who sleep, and says how many there were.
///
/// # Errors
/// That would be more than [`MAX`].
#[inline]
pub(in super::super) fn release(
    word: &AtomicU32,
    count: u32,
    wake: impl FnOnce(u32) -> usize,
) -> Result<(), ()> {
    let mut seen = word.load(Relaxed);
    let new = loop {
        let sum = (seen & MAX).checked_add(count).filter(|&sum| sum <= MAX).ok_or(())?;
        let new = sum | (seen & WAITERS);
        match word.compare_exchange(seen, new, Release, Relaxed) {
            Ok(_) => break new,
            Err(other) => seen = other,
        }
    };
    if new & WAITERS != 0 && count != 0 && wake(count) == 0 {
        // If it is another by now, the bit stays, which costs one more wake.
        let _ = word.compare_exchange(new, new & MAX, Relaxed, Relaxed);
    }
    Ok(())
}
