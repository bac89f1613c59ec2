//! A parent and its child, both at work.

use std::hint::spin_loop;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use baremap::{Result, SharedMap, process};

/// What two processes do for a round.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    /// Messages, or round trips.
    pub(crate) count: u64,
    /// The parent's processor and the child's.
    pub(crate) processors: [usize; 2],
}

impl Pair {
    /// The seconds of `work` here, with a child at work since before the clock starts; `first` is what it takes to know that, and
    /// makes what there is to work with until the child has ended.
    pub(crate) fn time<T>(
        self,
        child: impl FnOnce() -> Result<()>,
        first: impl FnOnce() -> T,
        work: impl FnOnce(&mut T),
    ) -> f64 {
        pin(self.processors[0]);
        // SAFETY: this process has one thread; the child uses what it is given.
        let child = unsafe {
            process::spawn(|| {
                end_with_parent();
                pin(self.processors[1]);
                child()
            })
        }
        .expect("one more is allowed");
        let mut ready = first();
        let start = Instant::now();
        work(&mut ready);
        let time = start.elapsed().as_secs_f64();
        assert!(child.wait().expect("nobody else waits").success());
        time
    }

    /// The seconds of all steps, after a first one that waits for the child.
    pub(crate) fn time_steps(self, child: impl FnOnce() -> Result<()>, mut step: impl FnMut()) -> f64 {
        let first = || {
            step();
            step
        };
        self.time(child, first, |step| (0..self.count).for_each(|_| step()))
    }
}

/// Sees to it that this child does not wait for ever for a parent that was killed, or that has panicked.
fn end_with_parent() {
    // SAFETY: no memory is named.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Keeps this process on one processor, if there are as many.
fn pin(processor: usize) {
    // SAFETY: a set of processors is bits, and the kernel reads it.
    unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

/// How far the child is.
pub(crate) struct Progress(SharedMap);

impl Progress {
    /// It is ready for the first message, and has had the last.
    pub(crate) const READY: u64 = 1;
    pub(crate) const DONE: u64 = 2;

    pub(crate) fn new() -> Self {
        Self(SharedMap::new(size_of::<AtomicU64>()).expect("a page"))
    }

    pub(crate) fn reach(&self, progress: u64) {
        self.word().store(progress, SeqCst);
    }

    pub(crate) fn wait_for(&self, progress: u64) {
        while self.word().load(SeqCst) != progress {
            spin_loop();
        }
    }

    fn word(&self) -> &AtomicU64 {
        self.0.value(0).expect("there is room")
    }
}
