//! Signals that come again and again, by an interval timer, and an alarm.

use baremap::arch::syscall::syscall3;
use baremap::eprintln;
use baremap::process::Exit;
use baremap::sys::{self, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::{__NR_setitimer, ITIMER_REAL, itimerval, timeval};

use super::{child, raw};

/// How many signals have come.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Between two signals: longer than a handler takes on the slowest machine, an emulated one.
const INTERVAL: Duration = Duration::from_millis(1);

/// Runs assertions in both storms: one after which interrupted calls go on by themselves, and one after which they do not.
pub(crate) fn in_both<T: Exit>(assertions: impl Fn(&Storm) -> T) {
    for flags in [SigactionFlags::RESTART, SigactionFlags::empty()] {
        // Shown if the test fails.
        eprintln!("with {flags:?}");
        child::check(|| {
            let storm = Storm::start(flags);
            let code = assertions(&storm).code();
            assert_ne!(storm.count(), 0, "no signal has come");
            code
        });
    }
}

/// SIGALRM at short intervals, until it is dropped.
pub(crate) struct Storm;

impl Storm {
    /// Interrupts the calls of this process, which go on by themselves with [`SigactionFlags::RESTART`].
    pub(crate) fn start(flags: SigactionFlags) -> Storm {
        let action = Sigaction::handler(count, flags, SignalSet::EMPTY);
        // SAFETY: the handler counts, and does nothing else.
        unsafe { sys::rt_sigaction(Signal::ALRM, Some(&action)) }.expect("it can be caught");
        COUNT.store(0, Relaxed);
        set_timer(INTERVAL, INTERVAL);
        Storm
    }

    /// How many signals have come so far.
    pub(crate) fn count(&self) -> u32 {
        COUNT.load(Relaxed)
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        set_timer(Duration::ZERO, Duration::ZERO);
    }
}

/// Ends this process by SIGALRM if it takes longer.
pub(crate) fn alarm(after: Duration) {
    set_timer(after, Duration::ZERO);
}

unsafe extern "C" fn count(_signal: i32, _info: *mut SignalInfo, _context: *mut c_void) {
    COUNT.fetch_add(1, Relaxed);
}

fn set_timer(first: Duration, interval: Duration) {
    let time = |duration: Duration| timeval {
        tv_sec: duration.as_secs() as i64,
        tv_usec: i64::from(duration.subsec_micros()),
    };
    let timer = itimerval { it_interval: time(interval), it_value: time(first) };
    let address = (&raw const timer).expose_provenance();
    // SAFETY: the kernel reads the structure; what the signal does was justified when that was set.
    let result = unsafe { syscall3::<{ __NR_setitimer as usize }>(ITIMER_REAL as usize, address, 0) };
    raw::done(result).expect("the times are valid");
}
