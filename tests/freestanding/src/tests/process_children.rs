use crate::harness::tests;
use crate::support::rounds::rounds;
use crate::support::twin::{self, twin};
use crate::support::{fds, limits, proc, sandbox, storm};
use baremap::fd::{AsFd, OwnedFd};
use baremap::process::{self, Children, Exit, Fork, sleep};
use baremap::sync::Deadline;
use baremap::sys::{self, Pid, Sigaction, Signal, WaitFlags, WaitFor};
use baremap::{Errno, Operation, Reason, Result, SharedMap};
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use linux_raw_sys::general::{__NR_pidfd_open, __NR_pidfd_send_signal, RLIMIT_NOFILE};

/// So long that no test gets there.
const FAR: Duration = Duration::from_secs(100);

tests! {
    fn each_child_is_waited_for_once() -> Result<()> {
        waits_for_each()
    }

    #[skip(qemu_user, "it has no seccomp")]
    fn without_descriptors_of_processes_too() -> Result<()> {
        sandbox::deny([__NR_pidfd_open], Errno::ENOSYS);
        waits_for_each()?;
        ends_all(Children::new())
    }

    #[skip(qemu_user, "it has no seccomp")]
    fn without_signals_by_descriptor_too() -> Result<()> {
        sandbox::deny([__NR_pidfd_send_signal], Errno::ENOSYS);
        ends_all(Children::new())
    }

    #[skip(qemu_user, "what QEMU takes for itself counts too")]
    fn where_descriptors_run_out_too() -> Result<()> {
        // More than are open, and fewer than the group would like.
        let used = sys::fcntl_dupfd_cloexec(baremap::fd::STDIN, 3).expect("one is left");
        limits::set_soft(RLIMIT_NOFILE, baremap::fd::AsRawFd::as_raw_fd(&used) as u64 + 3).expect("a lower limit");
        waits_for_each()
    }

    fn a_drop_kills_and_waits() -> Result<()> {
        let (reader, writer) = fds::pipe();
        let mut children = Children::<3>::new();
        for _ in 0..3 {
            // SAFETY: the child uses its copies.
            unsafe { children.spawn(|| sleep(Duration::MAX)) }?;
        }
        drop(writer);
        assert_eq!(children.len(), 3);
        drop(children);
        assert_eq!(sys::read(reader.as_fd(), &mut [0]), Ok(0));
        assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::NOHANG), Err(Errno::ECHILD));
        Ok(())
    }

    fn they_end_on_demand_and_the_group_goes_on() -> Result<()> {
        ends_all(Children::new())
    }

    fn a_full_group_says_so() -> Result<()> {
        let mut children = Children::<2>::new();
        // SAFETY: the children use nothing of their parent's.
        unsafe {
            children.spawn(|| 1_u8)?;
            children.spawn(|| 2_u8)?;
            let error = children.spawn(|| ()).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EAGAIN, Reason::NoPlace { most: 2 }));
            assert!(children.wait_any()?.is_some());
            children.spawn(|| 3_u8)?;
        }
        Ok(())
    }

    fn a_group_without_places_is_full() {
        let mut children = Children::<0>::new();
        // SAFETY: it fails.
        let error = unsafe { children.spawn(|| ()) }.unwrap_err();
        assert_eq!(error.reason(), Reason::NoPlace { most: 0 });
        assert_eq!(children.wait_any(), Ok(None));
    }

    fn a_wait_ends_at_the_deadline() -> Result<()> {
        let mut children = Children::<2>::new();
        // SAFETY: the child uses nothing of its parent's.
        unsafe { children.spawn(|| sleep(Duration::MAX)) }?;
        for deadline in [Deadline::PASSED, Deadline::after(Duration::from_millis(20))] {
            let error = children.wait_any_until(deadline).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Wait, Errno::ETIMEDOUT));
        }
        // SAFETY: as above.
        let quick = unsafe { children.spawn(|| 4_u8) }?;
        let ended = children.wait_any_until(Deadline::after(FAR))?.expect("there are two");
        assert_eq!((ended.pid, ended.status.code()), (quick, Some(4)));
        Ok(())
    }

    fn a_forked_childs_copy_is_empty_and_kills_nobody() -> Result<()> {
        let mut children = Children::<2>::new();
        // SAFETY: the child uses nothing of its parent's.
        let member = unsafe { children.spawn(|| sleep(Duration::MAX)) }?;
        in_forked_child(children, |mut copy| {
            assert_eq!((copy.len(), copy.wait_any()), (0, Ok(None)));
            copy.kill(Signal::KILL)?;
            copy.end();
            // It can be used for children of its own.
            // SAFETY: the child uses nothing of its parent's.
            let own = unsafe { copy.spawn(|| 6_u8) }?;
            assert!(copy.wait_any()?.is_some_and(|ended| ended.pid == own));
            Result::Ok(())
        }, |children| {
            assert_is_alive(member);
            drop(children);
        })
    }

    fn a_forked_childs_drop_kills_nobody() -> Result<()> {
        let mut children = Children::<2>::new().lead_groups();
        // SAFETY: the child uses nothing of its parent's.
        let member = unsafe { children.spawn(|| sleep(Duration::MAX)) }?;
        in_forked_child(children, drop, |children| {
            assert_is_alive(member);
            drop(children);
        })
    }

    fn a_leader_takes_its_group_along() -> Result<()> {
        for ends_by_itself in [true, false] {
            let (reader, writer) = fds::pipe();
            let mut children = Children::<1>::new().lead_groups();
            let ready = SharedMap::new(4)?;
            let ready: &AtomicU32 = ready.atomic(0)?;
            // SAFETY: the child uses what is shared.
            let leader = unsafe {
                children.spawn(|| {
                    let grandchild = process::spawn(|| sleep(Duration::MAX));
                    ready.store(1, SeqCst);
                    if !ends_by_itself {
                        sleep(Duration::MAX);
                    }
                    grandchild.map(drop)
                })
            }?;
            drop(writer);
            while ready.load(SeqCst) == 0 {
                sleep(Duration::from_millis(1));
            }
            if ends_by_itself {
                assert!(children.wait_any()?.is_some_and(|ended| ended.pid == leader));
            } else {
                assert_eq!(twin::group(Some(leader)), Some(leader));
                drop(children);
            }
            assert_is_closed(&reader);
        }
        Ok(())
    }

    fn a_group_that_is_bound_dies_with_its_parent() -> Result<()> {
        let (reader, writer) = fds::pipe();
        let ready = SharedMap::new(4)?;
        let ready: &AtomicU32 = ready.atomic(0)?;
        // SAFETY: the child uses what is shared, and its copies.
        let parent = unsafe {
            process::spawn(|| {
                let mut children = Children::<2>::new().die_with_parent();
                for _ in 0..2 {
                    children.spawn(|| {
                        ready.fetch_add(1, SeqCst);
                        sleep(Duration::MAX);
                    })?;
                }
                sleep(Duration::MAX);
                Result::Ok(())
            })
        }?;
        drop(writer);
        while ready.load(SeqCst) < 2 {
            sleep(Duration::from_millis(1));
        }
        parent.kill(Signal::KILL)?;
        parent.wait()?;
        assert_is_closed(&reader);
        Ok(())
    }

    #[skip(qemu_user, "the kernel would run the program without QEMU")]
    fn programs_may_be_children_too() -> Result<()> {
        let sleeper = twin().arguments(&[twin::NAME, twin::SLEEP]);
        let mut children = Children::<3>::new().lead_groups().die_with_parent();
        let slow = children.start(&sleeper)?;
        assert_eq!(twin::group(Some(slow)), Some(slow));
        let quick = children.start(&twin())?;
        let ended = children.wait_any()?.expect("there are two");
        assert_eq!((ended.pid, ended.status.code()), (quick, Some(0)));
        assert_eq!(children.len(), 1);
        Ok(())
    }

    fn what_somebody_else_waited_for_counts_no_more() -> Result<()> {
        let mut children = Children::<2>::new();
        // SAFETY: the child uses nothing of its parent's.
        let member = unsafe { children.spawn(|| ()) }?;
        sys::wait4(WaitFor::Pid(member), WaitFlags::empty()).expect("it is a child");
        // Its number may be another's by now: no signal goes there, and that is no error.
        children.kill(Signal::KILL)?;
        assert_eq!(children.wait_any().unwrap_err().errno(), Errno::ECHILD);
        assert_eq!(children.wait_any(), Ok(None));
        Ok(())
    }

    fn children_that_nobody_can_wait_for_count_no_more() -> Result<()> {
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::CHLD, Some(&Sigaction::IGNORE)) }.expect("it may be ignored");
        let mut children = Children::<2>::new();
        // SAFETY: the child uses nothing of its parent's.
        unsafe { children.spawn(|| sleep(Duration::from_millis(20))) }?;
        assert_eq!(children.wait_any().unwrap_err().errno(), Errno::ECHILD);
        assert!(children.is_empty());
        Ok(())
    }

    fn signals_do_not_matter() {
        storm::in_both(|storm| {
            while storm.count() < 5 {
                waits_for_each()?;
                ends_all(Children::new())?;
            }
            Result::Ok(())
        });
    }

    #[timeout(120)]
    fn ten_thousand_one_after_another_leave_nothing() -> Result<()> {
        let mut children = Children::<64>::new();
        let descriptors = proc::descriptors();
        for round in 0..rounds(10_000) {
            // SAFETY: the child uses nothing of its parent's.
            let member = unsafe { children.spawn(|| round as u8) }?;
            let ended = children.wait_any()?.expect("there is one");
            assert_eq!((ended.pid, ended.status.code()), (member, Some(round as u8)));
        }
        assert_eq!(proc::descriptors(), descriptors);
        assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::NOHANG), Err(Errno::ECHILD));
        Ok(())
    }
}

/// 64 at once, which end in any order.
fn waits_for_each() -> Result<()> {
    let mut children = Children::<64>::new();
    let mut codes = [None; 64];
    for code in 0..64_u8 {
        // SAFETY: the child uses nothing of its parent's.
        let member = unsafe {
            children.spawn(|| {
                sleep(Duration::from_millis(u64::from(code % 7)));
                code
            })
        }?;
        codes[usize::from(code)] = Some(member);
    }
    while let Some(ended) = children.wait_any()? {
        let code = ended.status.code().expect("it exits");
        assert_eq!(codes[usize::from(code)].take(), Some(ended.pid));
    }
    assert_eq!(codes, [None; 64]);
    assert!(children.is_empty());
    Ok(())
}

fn ends_all(mut children: Children<8>) -> Result<()> {
    for _ in 0..2 {
        for _ in 0..8 {
            // SAFETY: the child uses nothing of its parent's.
            unsafe { children.spawn(|| sleep(Duration::MAX)) }?;
        }
        children.end();
        assert!(children.is_empty());
        assert_eq!(sys::wait4(WaitFor::Any, WaitFlags::NOHANG), Err(Errno::ECHILD));
    }
    Ok(())
}

/// Gives a forked child its copy of a group, and the parent the group when that is done.
fn in_forked_child<T: Exit, const N: usize>(
    children: Children<N>,
    child: impl FnOnce(Children<N>) -> T,
    parent: impl FnOnce(Children<N>),
) -> Result<()> {
    // SAFETY: a test has one thread and holds no lock.
    match unsafe { process::fork() }? {
        Fork::Child => process::exit(child(children).code()),
        Fork::Parent(forked) => {
            assert!(forked.wait()?.success());
            parent(children);
            Ok(())
        }
    }
}

/// Asserts that nobody has killed a child, by a signal of its own: SIGKILL, once it was sent, would come first.
fn assert_is_alive(child: Pid) {
    sys::kill(child, Some(Signal::TERM)).expect("it is a child");
    let flags = WaitFlags::EXITED | WaitFlags::NOWAIT;
    let ended = loop {
        match sys::waitid(WaitFor::Pid(child), flags) {
            Err(Errno::EINTR) => {}
            ended => break ended.expect("it is a child"),
        }
    };
    assert_eq!(ended.and_then(|ended| ended.status.signal()), Some(Signal::TERM));
}

/// Waits until nobody has the other end any more.
fn assert_is_closed(reader: &OwnedFd) {
    // Should it stay open, the test ends by the signal.
    storm::alarm(FAR);
    while sys::read(reader.as_fd(), &mut [0]) == Err(Errno::EINTR) {}
    storm::alarm(Duration::ZERO);
}
