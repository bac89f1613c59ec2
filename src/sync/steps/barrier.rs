//! A barrier: how many have arrived, and how often it has opened.
//!
//! | bits     | what                                                                       |
//! |----------|----------------------------------------------------------------------------|
//! | 17 to 31 | the round: one more when the last one arrives, two more by a reset          |
//! | 16       | broken: somebody did not wait to the end of this round                      |
//! | 0 to 15  | how many have arrived in this round                                        |
//!
//! All in one word, so that there is no half state in which a process could be killed.

use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use super::atomic::AtomicU32;
use super::sleep::{Slept, spin};

const ARRIVED: u32 = BROKEN - 1;
const BROKEN: u32 = 1 << 16;
const ROUND: u32 = 1 << 17;
const ROUNDS: u32 = !(ROUND - 1);
/// The most participants.
pub(in super::super) const MAX: u32 = ARRIVED;

/// What arriving at a barrier comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Arrival {
    /// All are there, and this one came last: it has to wake the others.
    Last,
    /// All are there.
    Other,
    /// The deadline came first. The barrier is broken now: the others have to be woken.
    Late,
    /// It was broken, before or meanwhile.
    Broken,
}

/// Arrives and waits until as many as `participants` have, who are at least one; `sleep` sleeps as long as the word is what it is
/// given.
pub(in super::super) fn wait(
    word: &AtomicU32,
    participants: u32,
    mut sleep: impl FnMut(u32) -> Slept,
) -> Arrival {
    let mut seen = word.load(Relaxed);
    loop {
        if seen & BROKEN != 0 {
            return Arrival::Broken;
        }
        let is_last = (seen & ARRIVED) + 1 >= participants;
        let new = if is_last { (seen & ROUNDS).wrapping_add(ROUND) } else { seen + 1 };
        // What all did before they arrived comes before what any does after.
        match word.compare_exchange(seen, new, AcqRel, Relaxed) {
            Ok(_) if is_last => return Arrival::Last,
            Ok(_) => break,
            Err(other) => seen = other,
        }
    }
    let round = seen & ROUNDS;
    let is_over = || Some(word.load(Acquire)).filter(|now| now & ROUNDS != round || now & BROKEN != 0);
    let mut over = spin(is_over);
    loop {
        if let Some(now) = over {
            let is_open = now & ROUNDS == round.wrapping_add(ROUND);
            return if is_open { Arrival::Other } else { Arrival::Broken };
        }
        let now = word.load(Acquire);
        if now & (ROUNDS | BROKEN) == round {
            let slept = sleep(now);
            if slept == Slept::Over && word.compare_exchange(now, now | BROKEN, AcqRel, Relaxed).is_ok() {
                return Arrival::Late;
            }
        }
        over = is_over();
    }
}

/// Mends a broken barrier, and gives up on who has arrived. Whether that was allowed: it is broken, or nobody waits.
pub(in super::super) fn reset(word: &AtomicU32) -> bool {
    let seen = word.load(Relaxed);
    if seen & BROKEN == 0 {
        return seen & ARRIVED == 0;
    }
    let new = (seen & ROUNDS).wrapping_add(2 * ROUND);
    // If it is another by now, somebody else has mended it: nothing else happens to a broken one.
    let _ = word.compare_exchange(seen, new, AcqRel, Relaxed);
    true
}

/// Whether somebody did not wait to the end.
pub(in super::super) fn is_broken(word: &AtomicU32) -> bool {
    word.load(Relaxed) & BROKEN != 0
}
