//! What an end does before it sleeps: it looks, and lets others run.

use core::time::Duration;

use super::habit::Habit;
use crate::sync::Deadline;
use crate::sync::sleep;
use crate::sys;

/// How an end waits before it sleeps.
///
/// The processors of this process do not say what is of use: the other end may be pinned to another one, or to the same. So both
/// ways are tried, and left off for a while where they come to nothing.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    spinning: Habit,
    yielding: Habit,
    /// How many there were since one was timed.
    yields: u32,
}

impl Habits {
    /// How often to look before a sleep, some 50 microseconds: about as long as it takes to be woken, since an end that sleeps keeps
    /// the other one waiting for so long.
    const LOOKS: u32 = 1000;
    /// Each how many yields are timed. That takes two system calls more.
    const TIMED: u32 = 4;
    /// A yield that takes longer has let somebody else run, who has work of its own: a sleep would have ended sooner.
    const SHORT: Duration = Duration::from_micros(100);

    pub(super) const fn new() -> Self {
        Self { spinning: Habit::new(), yielding: Habit::new(), yields: 0 }
    }

    /// Looks whether there is what is waited for, as long as that makes sense without a sleep. Whether there is.
    pub(super) fn wait_awake(&mut self, mut look: impl FnMut() -> bool) -> bool {
        let looks = Self::LOOKS / Habit::MOST * self.spinning.next();
        let found = sleep::spin_for(looks, || look().then_some(())).is_some();
        self.spinning.learn(found);
        found || self.yield_once(look)
    }

    /// Where the other end runs on this processor too, it answers while this one lets it run: that is half the system calls of a
    /// sleep and a wake, and no timer.
    fn yield_once(&mut self, mut look: impl FnMut() -> bool) -> bool {
        if self.yielding.next() == 0 {
            return false;
        }
        self.yields = (self.yields + 1) % Self::TIMED;
        let long = (self.yields == 0).then(|| Deadline::after(Self::SHORT));
        sys::sched_yield();
        let found = look();
        match long {
            Some(long) if long.is_over() => self.yielding.stop(),
            _ => self.yielding.learn(found),
        }
        found
    }
}
