use crate::harness::tests;
use crate::support::{child, pointer};
use baremap::share::PlainCell;
use baremap::sync::{Condvar, Deadline, Event, LockError, Mutex, Private};
use baremap::sys::Signal;
use baremap::{Errno, Error, Result, SharedMap, process, shared};
use core::mem;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

shared! {
    struct Mailbox {
        letters: Mutex<PlainCell<u64>>,
        delivered: Condvar,
        fetched: Condvar,
    }
}

fn map() -> Result<SharedMap> {
    SharedMap::new(size_of::<Mailbox>())
}

/// Waits until there is a letter, and takes it. Before it waits it says so.
fn fetch(mailbox: &Mailbox, begin: impl Fn()) -> Result<u64> {
    let mut letters = mailbox.letters.lock()?;
    begin();
    while letters.get() == 0 {
        let (guard, result) = mailbox.delivered.wait_until(letters, Deadline::after(LONG))?;
        assert!(!result.timed_out());
        letters = guard;
    }
    let letter = letters.get();
    letters.set(0);
    mailbox.fetched.notify_one();
    Ok(letter)
}

tests! {
    #[timeout(300)]
    fn letters_arrive() -> Result<()> {
        const LETTERS: u64 = 5000;
        let map = map()?;
        pointer::without_and_with(|| {
            let mailbox: &Mailbox = map.value(0)?;
            let deliver = || {
                for letter in 1..=LETTERS {
                    let mut letters = mailbox.letters.lock()?;
                    while letters.get() != 0 {
                        letters = mailbox.fetched.wait(letters)?;
                    }
                    letters.set(letter);
                    drop(letters);
                    mailbox.delivered.notify_all();
                }
                Ok::<_, Error>(())
            };
            // SAFETY: the child uses nothing but the map.
            let child = unsafe { process::spawn(deliver) }?;
            for letter in 1..=LETTERS {
                assert_eq!(fetch(mailbox, || ())?, letter);
            }
            assert!(child.wait()?.success());
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn a_deadline_ends_the_wait_with_the_lock() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let mailbox: &Mailbox = map.value(0)?;
            for deadline in [Deadline::PASSED, Deadline::after(SHORT)] {
                let (guard, result) = mailbox.delivered.wait_until(mailbox.letters.lock()?, deadline)?;
                assert!(result.timed_out());
                child::check(|| assert!(mailbox.letters.try_lock().is_err()));
                drop(guard);
            }
            Ok::<_, Error>(())
        });
        static LOCK: Mutex<u8, Private> = Mutex::private(1);
        static CHANGED: Condvar<Private> = Condvar::private();
        CHANGED.notify_all();
        let (guard, result) = CHANGED.wait_until(LOCK.lock(), Deadline::after(SHORT));
        assert!(result.timed_out() && *guard == 1);
        Ok(())
    }

    fn a_death_comes_out_of_a_wait() -> Result<()> {
        let map = SharedMap::new(size_of::<Mailbox>() + 8)?;
        let (mailbox, has_lock): (&Mailbox, &Event) = (map.value(0)?, map.value(size_of::<Mailbox>())?);
        pointer::without_and_with(|| {
            let wait = || {
                let guard = mailbox.letters.lock()?;
                // Whoever has the lock after that finds this one waiting.
                has_lock.set();
                match mailbox.delivered.wait_until(guard, Deadline::after(LONG)) {
                    Err(LockError::OwnerDied(died)) => {
                        drop(died.mark_consistent());
                        Ok(())
                    }
                    other => panic!("the one that notified has died with the lock: {other:?}"),
                }
            };
            // SAFETY: the child uses nothing but the map.
            let waiter = unsafe { process::spawn::<core::result::Result<(), Error>>(wait) }?;
            has_lock.wait_until(Deadline::after(LONG))?;
            has_lock.reset();
            child::check(|| {
                let guard = mailbox.letters.lock()?;
                mailbox.delivered.notify_one();
                mem::forget(guard);
                Ok::<_, Error>(())
            });
            assert!(waiter.wait()?.success());
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn a_guard_that_came_by_a_fork_is_refused() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let mailbox: &Mailbox = map.value(0)?;
            let guard = mailbox.letters.lock()?;
            child::check(|| {
                // SAFETY: a forked child's copy, which the parent's `drop` does not see.
                let copy = unsafe { core::ptr::read(&guard) };
                let error = mailbox.delivered.wait(copy).map(drop).map_err(Error::from);
                assert_eq!(error.map_err(Error::errno), Err(Errno::EPERM));
            });
            drop(guard);
            Ok::<_, Error>(())
        });
        Ok(())
    }

    // The one that a notification woke is killed: another comes to it by itself.
    #[timeout(60)]
    fn a_killed_waiter_loses_no_notification() -> Result<()> {
        let map = SharedMap::new(size_of::<Mailbox>() + 8)?;
        let (mailbox, waiting): (&Mailbox, &AtomicU32) = (map.value(0)?, map.atomic(size_of::<Mailbox>())?);
        let announce = || {
            waiting.fetch_add(1, Relaxed);
        };
        let wait = || fetch(mailbox, announce).map(drop);
        // Whoever comes to the lock after that finds the other waiting.
        let start = |count| {
            // SAFETY: the child uses nothing but the map.
            let child = unsafe { process::spawn(wait) }?;
            while waiting.load(Relaxed) < count {
                process::sleep(Duration::from_millis(1));
            }
            drop(mailbox.letters.lock()?);
            Ok::<_, Error>(child)
        };
        pointer::without_and_with(|| {
            for _ in 0..10 {
                waiting.store(0, Relaxed);
                let (first, second) = (start(1)?, start(2)?);
                process::sleep(SHORT);
                // Stopped, it is woken by the kernel and does nothing.
                first.kill(Signal::STOP)?;
                let letters = mailbox.letters.lock()?;
                letters.set(1);
                drop(letters);
                mailbox.delivered.notify_one();
                first.kill(Signal::KILL)?;
                first.wait()?;
                assert!(second.wait()?.success());
            }
            Ok::<_, Error>(())
        });
        Ok(())
    }
}
