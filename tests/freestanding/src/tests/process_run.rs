use crate::harness::tests;
use crate::support::engine::Random;
use crate::support::{child, limits, storm, timer, user};
use baremap::process::{self, run, run_until, sleep};
use baremap::sync::Deadline;
use baremap::sys::{self, Sigaction, Signal, WaitFlags, WaitFor, WaitStatus};
use baremap::{Errno, Operation, Reason, Result};
use core::time::Duration;
use linux_raw_sys::general::RLIMIT_NPROC;

/// So long that no test gets there.
const FAR: Duration = Duration::from_secs(100);

tests! {
    fn a_result_comes_whole() -> Result<()> {
        // SAFETY: the children use nothing of their parent's.
        unsafe {
            assert_eq!(run(|| 7_u8)?, 7);
            assert_eq!(run(|| u128::MAX / 3)?, u128::MAX / 3);
            assert_eq!(run(|| 0.5_f32)?, 0.5);
            assert_eq!(run_until(Deadline::after(FAR), || -1_i64)?, -1);
        }
        Ok(())
    }

    fn one_within_another() -> Result<()> {
        // SAFETY: the children use nothing of their parents'.
        let sum = unsafe { run(|| run(|| 20_u64).unwrap_or(0) + 1) }?;
        assert_eq!(sum, 21);
        Ok(())
    }

    fn a_child_without_a_result_says_how_it_ended() {
        assert_eq!(without_result(|| process::exit(0)), WaitStatus::from_raw(0));
        assert_eq!(without_result(|| process::exit(3)), WaitStatus::from_raw(3 << 8));
        assert_eq!(without_result(|| panic!("as it should")), WaitStatus::from_raw(101 << 8));
        let killed = without_result(|| {
            let _ = sys::kill(sys::getpid(), Some(Signal::KILL));
            1
        });
        assert_eq!(killed.signal(), Some(Signal::KILL));
    }

    fn what_takes_too_long_is_killed_and_gone() {
        for deadline in [Deadline::PASSED, Deadline::after(Duration::from_millis(20))] {
            // SAFETY: the child uses nothing of its parent's.
            let error = unsafe {
                run_until(deadline, || {
                    sleep(Duration::MAX);
                    1_u8
                })
            }
            .unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Run, Errno::ETIMEDOUT));
            assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::empty()), Err(Errno::ECHILD));
        }
    }

    fn a_result_comes_where_nobody_can_wait() -> Result<()> {
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::CHLD, Some(&Sigaction::IGNORE)) }.expect("it may be ignored");
        // SAFETY: the children use nothing of their parent's.
        unsafe {
            assert_eq!(run(|| 7_u8)?, 7);
            assert_eq!(run_until(Deadline::after(FAR), || 8_u8)?, 8);
            assert_eq!(run::<u8>(|| process::exit(0)).unwrap_err().errno(), Errno::ECHILD);
        }
        Ok(())
    }

    fn signals_do_not_matter() {
        storm::in_both(|storm| {
            while storm.count() < 5 {
                // SAFETY: the child uses nothing of its parent's.
                assert_eq!(unsafe { run(|| 7_u32) }?, 7);
                // SAFETY: as above.
                assert_eq!(unsafe { run_until(Deadline::after(FAR), || 8_u32) }?, 8);
            }
            Result::Ok(())
        });
    }

    fn no_more_processes_is_an_error_of_fork() {
        child::check(|| {
            limits::set(RLIMIT_NPROC, 0).expect("a lower limit");
            user::drop_privileges();
            // SAFETY: it fails.
            let error = unsafe { run(|| 1_u8) }.unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Fork, Errno::EAGAIN));
        });
    }

    // Both halves, or an error: whenever the child is killed.
    #[timeout(60)]
    fn a_child_that_is_killed_at_any_instruction_gives_all_or_nothing() {
        const ROUNDS: usize = 1000;
        let mut random = Random(7);
        let (mut whole, mut killed) = (0, 0);
        let mut longest = 60;
        for round in 1..=ROUNDS as u128 {
            let delay = 1 + random.below(longest) as i64;
            // SAFETY: the child uses nothing of its parent's.
            let result = unsafe {
                run(|| {
                    // Nobody catches the signal: it ends the child, wherever that is by then.
                    timer::every(delay);
                    round << 64 | round
                })
            };
            match result {
                Ok(value) => {
                    assert_eq!(value, round << 64 | round);
                    (whole, longest) = (whole + 1, (longest * 9 / 10).max(2));
                }
                Err(error) => {
                    let Reason::Ended { status } = error.reason() else { panic!("{error}") };
                    assert_eq!(status.signal(), Some(Signal::ALRM));
                    (killed, longest) = (killed + 1, longest + longest / 10 + 1);
                }
            }
        }
        baremap::eprintln!("{whole} whole, {killed} killed");
        assert!(whole > ROUNDS / 20 && killed > ROUNDS / 20, "{whole} whole, {killed} killed");
    }
}

/// How the child ended.
fn without_result(closure: impl FnOnce() -> u64) -> WaitStatus {
    // SAFETY: the child uses nothing of its parent's.
    let error = unsafe { run(closure) }.unwrap_err();
    assert_eq!((error.operation(), error.errno()), (Operation::Run, Errno::ECANCELED));
    match error.reason() {
        Reason::Ended { status } => status,
        reason => panic!("{reason:?}"),
    }
}
