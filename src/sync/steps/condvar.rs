//! A condition variable: how often somebody was notified, and how many wait.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use super::atomic::AtomicU32;
use super::sleep::Slept;

/// Begins to wait, with the lock held. What [`wait`] takes.
pub(in super::super) fn begin(notified: &AtomicU32, waiters: &AtomicU32) -> u32 {
    waiters.fetch_add(1, Relaxed);
    notified.load(Relaxed)
}

/// Waits, without the lock, until somebody was notified since it began; `sleep` sleeps as long as the word is what it is given.
/// Whether somebody was in time.
pub(in super::super) fn wait(
    notified: &AtomicU32,
    waiters: &AtomicU32,
    seen: u32,
    mut sleep: impl FnMut(u32) -> Slept,
) -> bool {
    let in_time = loop {
        let slept = sleep(seen);
        if notified.load(Acquire) != seen {
            break true;
        }
        if slept == Slept::Over {
            break false;
        }
    };
    waiters.fetch_sub(1, Relaxed);
    in_time
}

/// Says that somebody is notified. Whether anybody has to be woken.
#[inline]
pub(in super::super) fn notify(notified: &AtomicU32, waiters: &AtomicU32) -> bool {
    // Who waits said so while it had the lock, which the caller has had since, or it will see what the caller did.
    if waiters.load(SeqCst) == 0 {
        return false;
    }
    notified.fetch_add(1, Release);
    true
}
