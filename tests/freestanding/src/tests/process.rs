use crate::harness::tests;
use crate::support::{child, limits, time, user};
use baremap::process::{self, Child, Fork, sleep};
use baremap::sys::{self, Pid, Sigaction, Signal, WaitFlags, WaitFor, WaitStatus};
use baremap::{Errno, Error, File, Operation, Result};
use core::time::Duration;
use linux_raw_sys::general::RLIMIT_NPROC;

tests! {
    // Its number may be another process's by then.
    fn a_child_that_somebody_else_waited_for_gets_no_signal() -> Result<()> {
        // SAFETY: the child uses nothing of its parent's.
        let mut child = unsafe { process::spawn(|| ()) }?;
        sys::wait4(sys::WaitFor::Pid(child.pid()), sys::WaitFlags::empty()).expect("it ends");
        assert_eq!(child.try_wait().unwrap_err().errno(), Errno::ECHILD);
        assert_eq!(child.kill(Signal::KILL).unwrap_err().errno(), Errno::ESRCH);
        Ok(())
    }

    fn fork_returns_in_both() -> Result<()> {
        // SAFETY: the child uses nothing that exists once.
        match unsafe { process::fork() }? {
            Fork::Child => process::exit(9),
            Fork::Parent(child) => assert_eq!(child.wait()?.code(), Some(9)),
        }
        Ok(())
    }

    fn spawn_ends_with_what_the_closure_returns() {
        assert_eq!(child::run(|| ()).code(), Some(0));
        assert_eq!(child::run(|| 3_u8).code(), Some(3));
        assert_eq!(child::run(|| Ok::<_, Error>(4_u8)).code(), Some(4));
        assert_eq!(child::run(|| File::open(c"/nonexistent").map(drop)).code(), Some(1));
    }

    fn a_panic_in_a_child_is_101() {
        assert_eq!(child::run::<()>(|| panic!("as it should")).code(), Some(101));
    }

    fn fork_beyond_the_limit_says_so() {
        child::check(|| {
            limits::set(RLIMIT_NPROC, 0).expect("a lower limit");
            user::drop_privileges();
            // SAFETY: it fails.
            let error = unsafe { process::spawn(|| ()) }.unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Fork, Errno::EAGAIN));
        });
    }

    fn a_child_knows_its_number() -> Result<()> {
        let child = sleeper()?;
        assert!(child.pid() != sys::getpid());
        assert_eq!(sys::kill(child.pid(), None), Ok(()));
        end(child)
    }

    fn try_wait_does_not_wait() -> Result<()> {
        let mut child = sleeper()?;
        assert_eq!(child.try_wait()?, None);
        child.kill(Signal::KILL)?;
        let status = loop {
            match child.try_wait()? {
                Some(status) => break status,
                None => sleep(Duration::from_millis(1)),
            }
        };
        assert_eq!(status.signal(), Some(Signal::KILL));
        // What is known stays known.
        assert_eq!(child.try_wait()?, Some(status));
        assert_eq!(child.kill(Signal::KILL).unwrap_err().errno(), Errno::ESRCH);
        assert_eq!(child.wait()?, status);
        Ok(())
    }

    fn a_child_that_somebody_waited_for_is_echild() -> Result<()> {
        let mut child = sleeper()?;
        child.kill(Signal::KILL)?;
        assert!(matches!(sys::wait4(WaitFor::Pid(child.pid()), WaitFlags::empty()), Ok(Some(_))));
        let error = child.try_wait().unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Wait, Errno::ECHILD));
        assert_eq!(child.wait().unwrap_err().errno(), Errno::ECHILD);
        Ok(())
    }

    fn children_leave_nothing_to_wait_for_where_sigchld_is_ignored() -> Result<()> {
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::CHLD, Some(&Sigaction::IGNORE)) }.expect("it may be ignored");
        // SAFETY: the child uses nothing of its parent's.
        let child = unsafe { process::spawn(|| ()) }?;
        assert_eq!(child.wait().unwrap_err().errno(), Errno::ECHILD);
        Ok(())
    }

    fn kill_says_which_call_failed() -> Result<()> {
        let child = sleeper()?;
        child.kill(Signal::KILL)?;
        sys::wait4(WaitFor::Pid(child.pid()), WaitFlags::empty()).expect("it is a child");
        let error = child.kill(Signal::TERM).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Kill, Errno::ESRCH));
        Ok(())
    }

    fn statuses_print_themselves() {
        use crate::support::text::Text;
        let text = |raw| Text::of(WaitStatus::from_raw(raw));
        assert_eq!(&*text(3 << 8), "exit code 3");
        assert_eq!(&*text(9), "killed by SIGKILL");
        assert_eq!(&*text(11 | 0x80), "killed by SIGSEGV (core dumped)");
        assert_eq!(&*text(19 << 8 | 0x7f), "stopped by SIGSTOP");
        assert_eq!(&*text(0xffff), "continued");
        assert_eq!(&*Text::of(Pid::from_raw(7).expect("a number")), "7");
    }

    fn sleep_lasts_at_least_that_long() {
        let short = Duration::from_millis(5);
        let start = time::now();
        sleep(short);
        assert!(time::now() - start >= short);
        sleep(Duration::ZERO);
    }

    #[exit(42)]
    fn exit_runs_no_destructor() {
        struct Panics;
        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("a destructor ran");
            }
        }
        let _panics = Panics;
        process::exit(42);
    }
}

fn sleeper() -> Result<Child> {
    // SAFETY: the child uses nothing of its parent's.
    unsafe { process::spawn(|| sleep(Duration::MAX)) }
}

fn end(child: Child) -> Result<()> {
    child.kill(Signal::KILL)?;
    child.wait().map(drop)
}
