use crate::harness::tests;
use crate::support::time;
use baremap::sys::{
    self, Clock, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet, Timespec,
};
use baremap::{Errno, process};
use core::ffi::c_void;
use core::time::Duration;

type Result = core::result::Result<(), Errno>;

const SHORT: Duration = Duration::from_millis(5);

tests! {
    fn durations_become_times() {
        let time = Timespec::from(Duration::new(3, 999_999_999));
        assert_eq!(time, Timespec { seconds: 3, nanoseconds: 999_999_999 });
        assert_eq!(Timespec::from(Duration::MAX).seconds, i64::MAX);
    }

    fn clocks_do_not_go_backwards() -> Result {
        for clock in [Clock::Monotonic, Clock::Boottime, Clock::ProcessCpu, Clock::ThreadCpu] {
            let before = sys::clock_gettime(clock)?;
            let after = sys::clock_gettime(clock)?;
            assert!(after >= before, "{clock:?}: {before:?}, {after:?}");
            assert!((0..1_000_000_000).contains(&after.nanoseconds), "{after:?}");
        }
        Ok(())
    }

    fn the_real_clock_counts_from_1970() -> Result {
        // The first of January 2020, before which none of this was written.
        assert!(sys::clock_gettime(Clock::Realtime)?.seconds > 1_577_836_800);
        Ok(())
    }

    fn nanosleep_sleeps_at_least_that_long() -> Result {
        let start = time::now();
        sys::nanosleep(&SHORT.into(), &mut Timespec::default())?;
        assert!(time::now() - start >= SHORT);
        Ok(())
    }

    fn nanosleep_says_what_is_wrong() {
        let sleep = |seconds, nanoseconds| {
            sys::nanosleep(&Timespec { seconds, nanoseconds }, &mut Timespec::default())
        };
        assert_eq!(sleep(0, 1_000_000_000), Err(Errno::EINVAL));
        assert_eq!(sleep(0, -1), Err(Errno::EINVAL));
        assert_eq!(sleep(-1, 0), Err(Errno::EINVAL));
    }

    fn nanosleep_says_what_is_left_when_it_is_interrupted() -> Result {
        let action = Sigaction::handler(nothing, SigactionFlags::empty(), SignalSet::EMPTY);
        // SAFETY: the handler does nothing.
        unsafe { sys::rt_sigaction(Signal::USR1, Some(&action)) }?;
        let test = sys::getpid();
        // SAFETY: the child only sends signals, again and again, so that no moment is missed.
        let pest = unsafe {
            process::spawn::<()>(|| {
                loop {
                    process::sleep(Duration::from_millis(1));
                    let _ = sys::kill(test, Some(Signal::USR1));
                }
            })
        }
        .map_err(Errno::from)?;
        let mut left = Timespec::default();
        let day = Timespec { seconds: 86_400, nanoseconds: 0 };
        assert_eq!(sys::nanosleep(&day, &mut left), Err(Errno::EINTR));
        // It may be a little more, by the time that timers may be late.
        assert!((1..=day.seconds).contains(&left.seconds), "{left:?}");
        // A sleep goes on after every interruption.
        let start = time::now();
        process::sleep(SHORT);
        assert!(time::now() - start >= SHORT);
        pest.kill(Signal::KILL).map_err(Errno::from)?;
        pest.wait().map_err(Errno::from).map(drop)
    }
}

unsafe extern "C" fn nothing(_: i32, _: *mut SignalInfo, _: *mut c_void) {}
