//! System calls of a child that fail as the test orders, by their number in the order of the calls.
//!
//! | build                     | who answers                                                          |
//! |---------------------------|----------------------------------------------------------------------|
//! | as users have it          | [`notify`]: the test's process, which the kernel asks by seccomp(2)    |
//! | `--cfg baremap_inject`    | [`hook`]: the child itself, before each call, also in QEMU's user mode |

#[cfg(baremap_inject)]
mod hook;
#[cfg(not(baremap_inject))]
mod notify;

#[cfg(baremap_inject)]
use hook as engine;
#[cfg(not(baremap_inject))]
use notify as engine;

use baremap::process::Exit;
use baremap::sys::WaitStatus;
use baremap::{Errno, SharedMap};
use core::ops::Deref;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// The most kinds of calls that may be counted.
const MOST: usize = 96;

/// After so many failures a call works again, so that what tries again comes to an end.
const PATIENCE: u32 = 300;

/// Which call fails, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) call: usize,
    /// 1 is the first; 0 is every one.
    pub(crate) nth: u32,
    pub(crate) errno: Errno,
}

/// What a test and its child tell each other.
#[repr(C)]
pub(crate) struct Board {
    /// Whether calls are counted and fail.
    is_armed: AtomicBool,
    /// The number of the call that fails, or [`NONE`].
    call: AtomicU32,
    nth: AtomicU32,
    errno: AtomicU32,
    /// How often that call was made, and how often it failed.
    made: AtomicU32,
    failed: AtomicU32,
    /// How often each of the calls was made, in their order.
    counts: [AtomicU32; MOST],
    /// A call that is not one of them.
    unknown: AtomicU32,
    /// How often each of the calls failed with each error.
    tried: [[AtomicU32; ERRNOS]; MOST],
    /// What the child wants its parent to remember, by numbers.
    marks: [AtomicBool; MARKS],
    /// Where the child has put the descriptor by which the kernel asks, plus 1.
    #[cfg(not(baremap_inject))]
    listener: AtomicU32,
}

/// More than the largest error number of those that manual pages list.
pub(crate) const ERRNOS: usize = 134;

/// How many marks there are.
pub(crate) const MARKS: usize = 256;

/// The number of no call.
const NONE: u32 = u32::MAX;

/// A board that children share.
pub(crate) struct Shared {
    map: SharedMap,
    /// The calls that are counted, each once.
    calls: &'static [usize],
}

impl Shared {
    pub(crate) fn new(calls: &'static [usize]) -> Self {
        assert!(calls.len() <= MOST);
        let map = SharedMap::new(size_of::<Board>()).expect("a page");
        Self { map, calls }
    }

    /// Runs a closure in a child, of which these calls may fail while the board is armed, and says how it ended.
    pub(crate) fn run<T: Exit>(&self, calls: &[usize], run: impl FnOnce() -> T) -> WaitStatus {
        engine::run(self, calls, run)
    }

    /// From now on calls are counted.
    pub(crate) fn record(&self) {
        self.call.store(NONE, Relaxed);
        self.unknown.store(NONE, Relaxed);
        self.counts.iter().for_each(|count| count.store(0, Relaxed));
    }

    /// How often each call was made, in the order of the calls, and one that is missing among them.
    pub(crate) fn recorded(&self) -> (impl Iterator<Item = (usize, u32)>, Option<usize>) {
        let unknown = self.unknown.load(Relaxed);
        let counts = self.calls.iter().zip(&self.counts).map(|(&call, count)| (call, count.load(Relaxed)));
        (counts, (unknown != NONE).then_some(unknown as usize))
    }

    /// What fails while the board is armed.
    pub(crate) fn plan(&self, failure: Failure) {
        self.call.store(failure.call as u32, Relaxed);
        self.nth.store(failure.nth, Relaxed);
        self.errno.store(failure.errno.raw_os_error() as u32, Relaxed);
        self.made.store(0, Relaxed);
        self.failed.store(0, Relaxed);
    }

    /// What was planned last.
    pub(crate) fn planned(&self) -> Option<Failure> {
        let errno = Errno::from_raw_os_error(self.errno.load(Relaxed) as i32)?;
        Some(Failure { call: self.call.load(Relaxed) as usize, nth: self.nth.load(Relaxed), errno })
    }

    /// How many calls have failed since the last plan.
    pub(crate) fn failed(&self) -> u32 {
        self.failed.load(Relaxed)
    }

    /// Counts the failure that was planned last as one that was tried.
    pub(crate) fn tally(&self) {
        let Some(Failure { call, errno, .. }) = self.planned() else { return };
        if let Some(index) = self.calls.iter().position(|&known| known == call) {
            self.tried[index][errno.raw_os_error() as usize].fetch_add(1, Relaxed);
        }
    }

    /// How often a call, by its place among the calls, was tried with an error.
    pub(crate) fn tried(&self, call: usize, errno: Errno) -> u32 {
        self.tried[call][errno.raw_os_error() as usize].load(Relaxed)
    }

    /// How often all of them were tried.
    pub(crate) fn tried_in_all(&self) -> u32 {
        self.tried.iter().flatten().map(|count| count.load(Relaxed)).sum()
    }

    pub(crate) fn mark(&self, number: usize) {
        self.marks[number].store(true, Relaxed);
    }

    pub(crate) fn is_marked(&self, number: usize) -> bool {
        self.marks[number].load(Relaxed)
    }

    pub(crate) fn arm(&self) {
        self.is_armed.store(true, Relaxed);
    }

    pub(crate) fn disarm(&self) {
        self.is_armed.store(false, Relaxed);
    }

    /// What becomes of a call that is about to be made.
    fn decide(&self, call: usize) -> Option<Errno> {
        if !self.is_armed.load(Relaxed) {
            return None;
        }
        if self.call.load(Relaxed) == NONE {
            match self.calls.iter().position(|&known| known == call) {
                Some(index) => self.counts[index].fetch_add(1, Relaxed),
                None => self.unknown.swap(call as u32, Relaxed),
            };
            return None;
        }
        if self.call.load(Relaxed) as usize != call {
            return None;
        }
        let made = self.made.fetch_add(1, Relaxed) + 1;
        let nth = self.nth.load(Relaxed);
        if made != nth && (nth != 0 || made > PATIENCE) {
            return None;
        }
        self.failed.fetch_add(1, Relaxed);
        Errno::from_raw_os_error(self.errno.load(Relaxed) as i32)
    }
}

impl Deref for Shared {
    type Target = Board;

    fn deref(&self) -> &Board {
        // SAFETY: atomics, of which zeros are values, in a map that is large enough and lives as long.
        unsafe { &*self.map.as_ptr().cast() }
    }
}
