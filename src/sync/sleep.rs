//! Sleeping on a word, and what comes before: a few looks without sleeping.

use crate::Errno;
use crate::sys::{self, FutexScope};
use core::hint;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use core::time::Duration;

use super::{Deadline, Scope};

/// After so long, who waits for another process looks again: that one may have been killed before it came to wake anybody.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Why a sleep is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// The word is another, somebody woke this thread, or a signal came.
    Woken,
    /// Nothing has happened for a while.
    Long,
    /// The deadline has come.
    Over,
}

/// Sleeps as long as the word is `expected`.
#[cold]
pub(crate) fn sleep<S: Scope>(word: &AtomicU32, expected: u32, deadline: Option<&Deadline>) -> Slept {
    let result = match deadline {
        None if S::LOOKS_AGAIN => sys::futex_wait(word, S::FUTEX, expected, Some(&LOOK_AGAIN.into()))
            .map_err(|errno| (errno, Slept::Long)),
        None => sys::futex_wait(word, S::FUTEX, expected, None).map_err(|errno| (errno, Slept::Long)),
        Some(deadline) => {
            let soon = Deadline::after(LOOK_AGAIN);
            let (until, then) = match S::LOOKS_AGAIN && soon < *deadline {
                true => (&soon, Slept::Long),
                false => (deadline, Slept::Over),
            };
            sys::futex_wait_bitset(word, S::FUTEX, expected, Some(until.timespec()), ANY)
                .map_err(|errno| (errno, then))
        }
    };
    match result {
        Err((Errno::ETIMEDOUT, then)) => then,
        // It was not asleep, and whatever the reason: a deadline that is over must end it.
        Err((Errno::EAGAIN, _)) if deadline.is_some_and(Deadline::is_over) => Slept::Over,
        _ => Slept::Woken,
    }
}

const ANY: u32 = linux_raw_sys::general::FUTEX_BITSET_MATCH_ANY;

/// Wakes at most `count` who sleep on the word, and says how many.
#[cold]
pub(crate) fn wake<S: Scope>(word: &AtomicU32, count: u32) -> usize {
    wake_in(word, S::FUTEX, count)
}

fn wake_in(word: &AtomicU32, scope: FutexScope, count: u32) -> usize {
    // The kernel counts in signed numbers.
    sys::futex_wake(word, scope, count.min(i32::MAX as u32)).unwrap_or(0)
}

/// Looks at something a few times, until it gives something. Never, where there is one processor: nobody could change it
/// meanwhile.
#[cold]
pub(crate) fn spin<T>(look: impl FnMut() -> Option<T>) -> Option<T> {
    spin_for(looks().into(), look)
}

/// Looks at something so many times, until it gives something.
pub(crate) fn spin_for<T>(looks: u32, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..looks {
        if let found @ Some(_) = look() {
            return found;
        }
        hint::spin_loop();
    }
    None
}

/// How often to look: unknown at first. No lock: whoever comes first finds the same as whoever comes second.
static LOOKS: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = u8::MAX;
/// A few microseconds.
const SOME: u8 = 100;

fn looks() -> u8 {
    match LOOKS.load(Relaxed) {
        UNKNOWN => {
            let looks = if sys::processors().is_ok_and(|count| count == 1) { 0 } else { SOME };
            LOOKS.store(looks, Relaxed);
            looks
        }
        looks => looks,
    }
}
