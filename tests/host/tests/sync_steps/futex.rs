//! A futex: a word, and those who sleep on it.

use loom::sync::atomic::{AtomicU32, Ordering::SeqCst};
use loom::sync::{Condvar, Mutex};

/// What sleeping may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slept {
    Woken,
    Long,
    Over,
}

/// One look is enough: loom tries every moment for it.
pub fn spin<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    look()
}

pub struct Futex {
    pub word: AtomicU32,
    sleepers: Mutex<Sleepers>,
    woken: Condvar,
}

/// They are woken in the order in which they came.
#[derive(Default)]
struct Sleepers {
    /// How many have come so far.
    came: usize,
    /// How many of these were woken.
    woken: usize,
}

impl Futex {
    pub fn new(value: u32) -> Self {
        Self { word: AtomicU32::new(value), sleepers: Mutex::new(Sleepers::default()), woken: Condvar::new() }
    }

    /// As futex(2): whether the word is what it should be is looked up with all wakes kept out.
    pub fn sleep(&self, expected: u32) -> Slept {
        let mut sleepers = self.sleepers.lock().unwrap();
        if self.word.load(SeqCst) == expected {
            let place = sleepers.came;
            sleepers.came += 1;
            while sleepers.woken <= place {
                sleepers = self.woken.wait(sleepers).unwrap();
            }
        }
        Slept::Woken
    }

    /// One whose deadline is over.
    pub fn sleep_no_more(&self, _expected: u32) -> Slept {
        Slept::Over
    }

    pub fn wake(&self, count: usize) -> usize {
        let mut sleepers = self.sleepers.lock().unwrap();
        let count = count.min(sleepers.came - sleepers.woken);
        sleepers.woken += count;
        self.woken.notify_all();
        count
    }
}
