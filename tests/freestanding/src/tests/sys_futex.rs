use crate::harness::tests;
use crate::support::time;
use baremap::process::{self, Child};
use baremap::sys::{
    self, FutexScope, RobustListHead, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet, Timespec,
};
use baremap::{Errno, SharedMap};
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::{FUTEX_BITSET_MATCH_ANY, FUTEX_OWNER_DIED, robust_list};

type Result = core::result::Result<(), Errno>;

const SHORT: Duration = Duration::from_millis(5);

tests! {
    fn a_wait_for_another_value_is_eagain() {
        let word = AtomicU32::new(1);
        for scope in [FutexScope::Private, FutexScope::Shared] {
            assert_eq!(sys::futex_wait(&word, scope, 2, None), Err(Errno::EAGAIN));
            let bits = FUTEX_BITSET_MATCH_ANY;
            assert_eq!(sys::futex_wait_bitset(&word, scope, 2, None, bits), Err(Errno::EAGAIN));
        }
    }

    fn a_wait_lasts_as_long_as_its_timeout() {
        let word = AtomicU32::new(1);
        let start = time::now();
        let result = sys::futex_wait(&word, FutexScope::Private, 1, Some(&SHORT.into()));
        assert_eq!(result, Err(Errno::ETIMEDOUT));
        assert!(time::now() - start >= SHORT);
    }

    fn a_wait_for_bits_lasts_until_its_deadline() {
        let word = AtomicU32::new(1);
        let deadline = time::now() + SHORT;
        let wait = |deadline: Duration| {
            let deadline = Timespec::from(deadline);
            sys::futex_wait_bitset(&word, FutexScope::Private, 1, Some(&deadline), FUTEX_BITSET_MATCH_ANY)
        };
        assert_eq!(wait(deadline), Err(Errno::ETIMEDOUT));
        assert!(time::now() >= deadline);
        assert_eq!(wait(Duration::ZERO), Err(Errno::ETIMEDOUT));
    }

    fn a_wait_says_what_is_wrong() {
        let word = AtomicU32::new(1);
        let bad = Timespec { seconds: 0, nanoseconds: 1_000_000_000 };
        assert_eq!(sys::futex_wait(&word, FutexScope::Private, 1, Some(&bad)), Err(Errno::EINVAL));
        let result = sys::futex_wait_bitset(&word, FutexScope::Private, 1, None, 0);
        assert_eq!(result, Err(Errno::EINVAL));
    }

    fn a_wait_is_interrupted_by_a_handler() -> Result {
        let action = Sigaction::handler(nothing, SigactionFlags::empty(), SignalSet::EMPTY);
        // SAFETY: the handler does nothing.
        unsafe { sys::rt_sigaction(Signal::USR1, Some(&action)) }?;
        let word = AtomicU32::new(1);
        let test = sys::getpid();
        // Again and again, so that no moment is missed.
        let pest = spawn(|| {
            loop {
                process::sleep(Duration::from_millis(1));
                let _ = sys::kill(test, Some(Signal::USR1));
            }
        })?;
        assert_eq!(sys::futex_wait(&word, FutexScope::Private, 1, None), Err(Errno::EINTR));
        pest.kill(Signal::KILL).map_err(Errno::from)?;
        pest.wait().map_err(Errno::from).map(drop)
    }

    fn a_wake_without_waiters_wakes_nobody() {
        let word = AtomicU32::new(1);
        assert_eq!(sys::futex_wake(&word, FutexScope::Private, u32::MAX >> 1), Ok(0));
    }

    fn a_wake_reaches_another_process() -> Result {
        let map = SharedMap::new(4).map_err(Errno::from)?;
        let word: &AtomicU32 = map.atomic(0).map_err(Errno::from)?;
        let waiter = spawn(|| {
            let result = sys::futex_wait(word, FutexScope::Shared, 0, None);
            process::exit(u8::from(result.is_err()))
        })?;
        // Until it sleeps, there is nobody to wake.
        while sys::futex_wake(word, FutexScope::Shared, 1)? == 0 {
            process::sleep(Duration::from_millis(1));
        }
        assert!(waiter.wait().map_err(Errno::from)?.success());
        Ok(())
    }

    #[skip(qemu_user, "QEMU has no set_robust_list")]
    fn robust_lists_are_the_threads_own() -> Result {
        assert_eq!(sys::get_robust_list(None)?, ptr::null_mut());
        let mut head = empty_list();
        let address = &raw mut head;
        // SAFETY: the list outlives its being set.
        unsafe { sys::set_robust_list(address) }?;
        assert_eq!(sys::get_robust_list(None)?, address);
        assert_eq!(sys::get_robust_list(Some(sys::gettid()))?, address);
        let nobody = sys::Pid::from_raw(i32::MAX).expect("a number");
        assert_eq!(sys::get_robust_list(Some(nobody)), Err(Errno::ESRCH));
        // SAFETY: none is set any more.
        unsafe { sys::set_robust_list(ptr::null_mut()) }
    }

    #[skip(qemu_user, "QEMU has no set_robust_list")]
    fn the_kernel_marks_the_locks_of_the_dead() -> Result {
        let map = SharedMap::new(4).map_err(Errno::from)?;
        let word: &AtomicU32 = map.atomic(0).map_err(Errno::from)?;
        let owner = spawn(|| {
            let mut head = empty_list();
            let entry = &raw mut head.list;
            // An empty list is a circle, and the lock is one that was just being taken.
            head.list.next = entry;
            // The word stands where the entry would be, so many bytes on.
            head.futex_offset = (word.as_ptr().addr() as i64).wrapping_sub(entry.addr() as i64);
            head.list_op_pending = entry;
            word.store(sys::gettid().as_raw() as u32, Relaxed);
            // SAFETY: the list lives as long as this process.
            let result = unsafe { sys::set_robust_list(&raw mut head) };
            process::exit(u8::from(result.is_err()))
        })?;
        let pid = owner.pid().as_raw() as u32;
        assert!(owner.wait().map_err(Errno::from)?.success());
        assert_eq!(word.load(Relaxed), FUTEX_OWNER_DIED, "the owner was {pid}");
        Ok(())
    }

    fn one_wake_reaches_as_many_as_it_is_to() -> Result {
        let map = SharedMap::new(4).map_err(Errno::from)?;
        let word: &AtomicU32 = map.atomic(0).map_err(Errno::from)?;
        // Nobody says when both are asleep.
        for round in 1.. {
            let wait = || process::exit(u8::from(sys::futex_wait(word, FutexScope::Shared, 0, None).is_err()));
            let children = [spawn(wait)?, spawn(wait)?];
            process::sleep(Duration::from_millis(round));
            let mut woken = sys::futex_wake(word, FutexScope::Shared, 2)?;
            let at_once = woken == 2;
            while woken < 2 {
                process::sleep(Duration::from_millis(1));
                woken += sys::futex_wake(word, FutexScope::Shared, 2)?;
            }
            for child in children {
                assert!(child.wait().map_err(Errno::from)?.success());
            }
            if at_once {
                break;
            }
        }
        Ok(())
    }
}

fn spawn(run: impl FnOnce()) -> core::result::Result<Child, Errno> {
    // SAFETY: the children of these tests use nothing that exists once.
    unsafe { process::spawn(run) }.map_err(Errno::from)
}

fn empty_list() -> RobustListHead {
    let nothing = robust_list { next: ptr::null_mut() };
    RobustListHead { list: nothing, futex_offset: 0, list_op_pending: ptr::null_mut() }
}

unsafe extern "C" fn nothing(_: i32, _: *mut SignalInfo, _: *mut c_void) {}
