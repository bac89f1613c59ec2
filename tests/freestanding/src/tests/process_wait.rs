use crate::harness::tests;
use crate::support::sandbox;
use crate::support::storm::{self, Storm};
use crate::support::time;
use baremap::process::{self, Child, sleep};
use baremap::sync::Deadline;
use baremap::sys::{self, Sigaction, Signal, WaitFlags, WaitFor};
use baremap::{Errno, Operation, Result};
use core::time::Duration;
use linux_raw_sys::general::{__NR_pidfd_open, __NR_ppoll};

/// So long that no test gets there.
const FAR: Duration = Duration::from_secs(100);

tests! {
    fn a_wait_ends_with_the_child() -> Result<()> {
        ends_with_the_child()
    }

    fn a_wait_ends_at_the_deadline() -> Result<()> {
        ends_at_the_deadline()
    }

    // Before Linux 5.3 there are no descriptors of processes.
    #[skip(qemu_user, "it has no seccomp")]
    fn without_descriptors_of_processes_it_asks_again_and_again() -> Result<()> {
        sandbox::deny([__NR_pidfd_open], Errno::ENOSYS);
        ends_with_the_child()?;
        ends_at_the_deadline()
    }

    #[skip(qemu_user, "it has no seccomp")]
    fn without_a_call_that_polls_it_asks_again_and_again() -> Result<()> {
        sandbox::deny([__NR_ppoll], Errno::ENOSYS);
        ends_with_the_child()?;
        ends_at_the_deadline()
    }

    fn a_deadline_that_is_over_tries_once() -> Result<()> {
        let mut child = sleeper()?;
        assert_eq!(child.wait_until(Deadline::PASSED).unwrap_err().errno(), Errno::ETIMEDOUT);
        child.kill(Signal::KILL)?;
        // Nobody has waited for it, and it is a zombie.
        let ended = WaitFlags::EXITED | WaitFlags::NOWAIT;
        while sys::waitid(WaitFor::Pid(child.pid()), ended) == Err(Errno::EINTR) {}
        assert_eq!(child.wait_until(Deadline::PASSED)?.signal(), Some(Signal::KILL));
        // What is known stays known.
        assert_eq!(child.wait_until(Deadline::PASSED)?.signal(), Some(Signal::KILL));
        Ok(())
    }

    fn signals_neither_end_it_nor_make_it_longer() {
        storm::in_both(|storm| {
            ends_with_the_child()?;
            ends_at_the_deadline()?;
            while storm.count() < 5 {
                ends_at_the_deadline()?;
            }
            Result::Ok(())
        });
        drop(Storm::start(baremap::sys::SigactionFlags::RESTART));
    }

    fn a_child_that_nobody_can_wait_for_is_echild() -> Result<()> {
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::CHLD, Some(&Sigaction::IGNORE)) }.expect("it may be ignored");
        // SAFETY: the child uses nothing of its parent's.
        let mut child = unsafe { process::spawn(|| sleep(Duration::from_millis(20))) }?;
        let error = child.wait_until(Deadline::after(FAR)).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Wait, Errno::ECHILD));
        Ok(())
    }
}

fn ends_with_the_child() -> Result<()> {
    // SAFETY: the child uses nothing of its parent's.
    let mut child = unsafe {
        process::spawn(|| {
            sleep(Duration::from_millis(20));
            5_u8
        })
    }?;
    assert_eq!(child.wait_until(Deadline::after(FAR))?.code(), Some(5));
    Ok(())
}

fn ends_at_the_deadline() -> Result<()> {
    let mut child = sleeper()?;
    let (start, short) = (time::now(), Duration::from_millis(20));
    let error = child.wait_until(Deadline::after(short)).unwrap_err();
    assert_eq!((error.operation(), error.errno()), (Operation::Wait, Errno::ETIMEDOUT));
    assert!(time::now() - start >= short);
    child.kill(Signal::KILL)?;
    assert_eq!(child.wait_until(Deadline::after(FAR))?.signal(), Some(Signal::KILL));
    Ok(())
}

fn sleeper() -> Result<Child> {
    // SAFETY: the child uses nothing of its parent's.
    unsafe { process::spawn(|| sleep(Duration::MAX)) }
}
