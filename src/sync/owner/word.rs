//! The word that says whose a lock is, step by step. The kernel knows these bits: see futex(2), and get_robust_list(2).
//!
//! | bits    | what                                                                                       |
//! |---------|--------------------------------------------------------------------------------------------|
//! | 31      | `WAITERS`: somebody may be asleep. It outlasts the owner, and goes when a wake finds nobody  |
//! | 30      | `DIED`: the owner has died, and nobody has taken the lock since                             |
//! | 29      | `UNLISTED`: the owner's death is not noticed by the kernel; who waits has to look            |
//! | 0 to 28 | the owner's thread number, or 0                                                             |
//!
//! Why `WAITERS` outlasts the owner: the one that was woken may be killed before it has the lock, and another may have taken it
//! meanwhile; that one must still know of the others.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::atomic::AtomicU32;

pub(super) const WAITERS: u32 = 1 << 31;
pub(super) const DIED: u32 = 1 << 30;
pub(super) const UNLISTED: u32 = 1 << 29;
pub(super) const THREAD: u32 = UNLISTED - 1;

/// How often a word may change under an attempt: who changes it that often is no lock's user.
const ATTEMPTS: usize = 100;

/// Takes the lock for `me`, a thread's number perhaps with `UNLISTED`, and says whether its last owner died with it.
///
/// # Errors
/// The word, if it is somebody's.
#[inline(always)]
pub(super) fn try_take(word: &AtomicU32, me: u32) -> Result<bool, u32> {
    match word.compare_exchange(0, me, Acquire, Relaxed) {
        Ok(_) => Ok(false),
        Err(seen) => try_take_marked(word, me, seen),
    }
}

#[cold]
fn try_take_marked(word: &AtomicU32, me: u32, mut seen: u32) -> Result<bool, u32> {
    for _ in 0..ATTEMPTS {
        if seen & THREAD != 0 {
            break;
        }
        match word.compare_exchange(seen, me | (seen & WAITERS), Acquire, Relaxed) {
            Ok(_) => return Ok(seen & DIED != 0),
            Err(other) => seen = other,
        }
    }
    Err(seen)
}

/// Says that somebody is going to sleep on the word, which was `seen`.
///
/// # Errors
/// The word, if it is another.
pub(super) fn announce(word: &AtomicU32, seen: u32) -> Result<u32, u32> {
    match seen & WAITERS {
        // With what the owner did before that it let the others know.
        0 => word.compare_exchange(seen, seen | WAITERS, Acquire, Acquire).map(|_| seen | WAITERS),
        _ => Ok(seen),
    }
}

/// Gives the lock up, if it is `me`'s. Whether somebody may be asleep: then wake one, and say so to [`woke`].
#[inline(always)]
pub(super) fn leave(word: &AtomicU32, me: u32) -> bool {
    match word.compare_exchange(me, 0, Release, Relaxed) {
        Ok(_) => false,
        Err(seen) => leave_marked(word, me, seen),
    }
}

#[cold]
#[inline(never)]
fn leave_marked(word: &AtomicU32, me: u32, seen: u32) -> bool {
    // Otherwise somebody has stored there who had no business to.
    let is_own = seen & !WAITERS == me;
    if is_own {
        // Nobody but the owner changes more of it than this bit.
        word.swap(WAITERS, Release);
    }
    is_own
}

/// After a wake that followed a [`leave`]: if there was nobody, the next owner need not wake anybody.
pub(super) fn woke(word: &AtomicU32, count: usize) {
    if count == 0 {
        // If it is another by now, whoever has it keeps the bit.
        let _ = word.compare_exchange(WAITERS, 0, Relaxed, Relaxed);
    }
}

/// Marks the lock of an owner that has died, as the kernel does, if the word is still what it was.
pub(super) fn mark_dead(word: &AtomicU32, seen: u32) -> bool {
    // What the dead one did comes before what the next one does.
    word.compare_exchange(seen, (seen & WAITERS) | DIED, Acquire, Relaxed).is_ok()
}
