use crate::harness::tests;
use crate::support::engine::Random;
use crate::support::rounds::stride;
use crate::support::{child, env, pointer, time, trace};
use baremap::process;
use baremap::share::PlainCell;
use baremap::sync::{self, Deadline, Engine, LockError, Mutex};
use baremap::sys::{self, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use baremap::{Errno, Error, Result, SharedMap};
use core::ffi::c_void;
use core::mem;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use core::time::Duration;

type Number = Mutex<PlainCell<u64>>;

/// Long enough for any machine: it only guards against waiting for ever.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

fn number(map: &SharedMap) -> Result<&Number> {
    map.value(0)
}

fn map() -> Result<SharedMap> {
    SharedMap::new(size_of::<Number>())
}

fn errno<T>(result: core::result::Result<T, LockError<'_, PlainCell<u64>>>) -> Option<Errno> {
    result.err().map(|error| Error::from(error).errno())
}

tests! {
    fn one_at_a_time_has_it() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let number = number(&map)?;
            let guard = number.lock()?;
            child::check(|| {
                assert_eq!(errno(number.try_lock()), Some(Errno::EBUSY));
                assert_eq!(errno(number.lock_until(Deadline::after(SHORT))), Some(Errno::ETIMEDOUT));
                assert_eq!(errno(number.lock_until(Deadline::PASSED)), Some(Errno::ETIMEDOUT));
            });
            guard.set(guard.get() + 1);
            drop(guard);
            child::check(|| number.try_lock().map(|guard| guard.set(guard.get() + 1)).map_err(Error::from));
            let guard = number.lock_until(Deadline::PASSED)?;
            assert_eq!(guard.get() % 2, 0);
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn a_deadline_is_waited_for() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let number = number(&map)?;
            let _guard = number.lock()?;
            child::check(|| {
                let start = time::now();
                assert_eq!(errno(number.lock_until(Deadline::after(SHORT))), Some(Errno::ETIMEDOUT));
                assert!(time::now() - start >= SHORT);
            });
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn who_has_it_cannot_take_it() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let number = number(&map)?;
            let guard = number.lock()?;
            assert_eq!(errno(number.lock()), Some(Errno::EDEADLK));
            assert_eq!(errno(number.try_lock()), Some(Errno::EDEADLK));
            assert_eq!(errno(number.lock_until(Deadline::after(LONG))), Some(Errno::EDEADLK));
            drop(guard);
            number.lock().map(drop).map_err(Error::from)
        });
        Ok(())
    }

    fn a_forked_child_owns_nothing_of_its_parents() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let number = number(&map)?;
            let guard = number.lock()?;
            // A copy of the guard; the closure of `check` cannot move what it may be called with again.
            child::check(|| {
                // SAFETY: a forked child's copy of the guard, which the parent's `drop` does not see.
                drop(unsafe { core::ptr::read(&guard) });
                // Nothing has happened: the lock is the parent's.
                assert_eq!(errno(number.try_lock()), Some(Errno::EBUSY));
            });
            child::check(|| assert_eq!(errno(number.try_lock()), Some(Errno::EBUSY)));
            drop(guard);
            number.try_lock().map(drop).map_err(Error::from)
        });
        Ok(())
    }

    fn the_next_owner_is_told_of_a_death() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let number = number(&map)?;
            die_with(number, 7);
            match number.lock_until(Deadline::after(LONG)) {
                Err(LockError::OwnerDied(died)) => {
                    assert_eq!(died.get(), 7);
                    died.set(8);
                    assert_eq!(died.mark_consistent().get(), 8);
                }
                other => panic!("the owner died: {other:?}"),
            }
            // Once.
            assert_eq!(number.lock()?.get(), 8);
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn who_does_not_wait_is_told_too() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let number = number(&map)?;
            die_with(number, 1);
            match number.try_lock() {
                Err(LockError::OwnerDied(died)) => drop(died.mark_consistent()),
                other => panic!("the owner died: {other:?}"),
            }
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn who_waits_is_told_of_a_death() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let number = number(&map)?;
            let wait = || match number.lock_until(Deadline::after(LONG)) {
                Err(LockError::OwnerDied(died)) => drop(died.mark_consistent()),
                other => panic!("the owner dies: {other:?}"),
            };
            // SAFETY: the children use nothing but the map.
            unsafe {
                let owner = process::spawn(|| {
                    mem::forget(number.lock());
                    process::sleep(LONG);
                })?;
                while errno(number.try_lock()).is_none() {
                    process::sleep(Duration::from_millis(1));
                }
                let waiter = process::spawn(wait)?;
                process::sleep(SHORT);
                owner.kill(Signal::KILL)?;
                assert!(waiter.wait()?.success());
                owner.wait()?;
            }
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn an_inconsistent_value_is_lost() {
        pointer::without_and_with(|| {
            let map = map()?;
            let number = number(&map)?;
            die_with(number, 1);
            let lock = || match number.lock_until(Deadline::after(LONG)) {
                Err(LockError::OwnerDied(died)) => died,
                other => panic!("the owner died: {other:?}"),
            };
            // A child of who was told, which drops it, has no say.
            let died = lock();
            // SAFETY: a forked child's copy, which the parent's `drop` does not see.
            child::check(|| drop(unsafe { core::ptr::read(&died) }));
            drop(died.mark_consistent());
            die_with(number, 2);
            // Killed before it said anything: the next one is told again.
            child::check(|| mem::forget(lock()));
            drop(lock());
            assert_eq!(errno(number.lock()), Some(Errno::ENOTRECOVERABLE));
            child::check(|| assert_eq!(errno(number.try_lock()), Some(Errno::ENOTRECOVERABLE)));
            Ok::<_, Error>(())
        });
    }

    fn all_who_wait_learn_that_it_is_lost() {
        pointer::without_and_with(|| {
            let map = map()?;
            let number = number(&map)?;
            die_with(number, 1);
            let died = number.lock();
            let wait = || {
                let lost = errno(number.lock_until(Deadline::after(LONG)));
                assert_eq!(lost, Some(Errno::ENOTRECOVERABLE));
            };
            // SAFETY: the children use nothing but the map.
            let waiters: [_; 3] = core::array::from_fn(|_| unsafe { process::spawn(wait) });
            process::sleep(SHORT);
            drop(died);
            for waiter in waiters {
                assert!(waiter?.wait()?.success());
            }
            Ok::<_, Error>(())
        });
    }

    #[timeout(60)]
    fn every_lock_that_the_dead_held_is_marked() -> Result<()> {
        // More than a record's slots, more than a further run's, and more than the kernel looks at.
        for count in [1, 9, 10, 250, 1100] {
            let map = SharedMap::new(count * size_of::<Number>())?;
            let numbers: &[Number] = map.values(0, count)?;
            pointer::without_and_with(|| {
                child::check(|| {
                    let mut random = Random(count as u64);
                    // Taken and left in all orders.
                    let mut guards: [Option<_>; 40] = [const { None }; 40];
                    for _ in 0..1000 {
                        let index = random.below(guards.len().min(count));
                        match guards[index].take() {
                            Some(guard) => drop(guard),
                            None => guards[index] = Some(numbers[index].lock()?),
                        }
                    }
                    drop(guards);
                    for number in numbers.iter().step_by(2) {
                        mem::forget(number.lock()?);
                    }
                    Ok::<_, Error>(())
                });
                for (index, number) in numbers.iter().enumerate() {
                    match number.try_lock() {
                        Ok(_) => assert!(index % 2 == 1, "{index} of {count}"),
                        Err(LockError::OwnerDied(died)) => {
                            assert!(index % 2 == 0, "{index} of {count}");
                            drop(died.mark_consistent());
                        }
                        Err(error) => panic!("{index} of {count}: {error}"),
                    }
                }
            });
        }
        Ok(())
    }

    fn a_forgotten_guard_is_had_again() -> Result<()> {
        /// More than a thread has slots for at first.
        const MANY: usize = 40;
        let map = SharedMap::new(MANY * size_of::<Number>())?;
        pointer::without_and_with(|| {
            let numbers: &[Number] = map.values(0, MANY)?;
            // SAFETY: there is none to forget.
            assert_eq!(errno(unsafe { numbers[0].guard_again(false) }), Some(Errno::EPERM));
            for number in numbers {
                mem::forget(number.lock()?);
            }
            child::check(|| {
                // SAFETY: the guard was forgotten, and is the parent's.
                assert_eq!(errno(unsafe { numbers[7].guard_again(false) }), Some(Errno::EPERM));
                assert_eq!(errno(numbers[7].try_lock()), Some(Errno::EBUSY));
            });
            // In another order than they were taken.
            for index in 0..MANY {
                // SAFETY: the guard was forgotten.
                drop(unsafe { numbers[index * 7 % MANY].guard_again(false) }?);
            }
            child::check(|| numbers.iter().try_for_each(|number| number.try_lock().map(drop).map_err(Error::from)));
            for number in numbers {
                drop(number.try_lock()?);
            }
            Ok::<_, Error>(())
        });
        Ok(())
    }

    fn of_forgotten_guards_that_one_is_given_back_and_no_other() -> Result<()> {
        const COUNT: usize = 5;
        let map = SharedMap::new(COUNT * size_of::<Number>())?;
        for (back, is_had_anew) in [(0, false), (2, false), (4, false), (0, true), (2, true), (4, true)] {
            pointer::without_and_with(|| {
                let numbers: &[Number] = map.values(0, COUNT)?;
                child::check(|| {
                    for number in numbers {
                        mem::forget(number.lock()?);
                    }
                    // SAFETY: the guard was forgotten.
                    drop(unsafe { numbers[back].guard_again(false) }?);
                    if is_had_anew {
                        mem::forget(numbers[back].lock()?);
                    }
                    // It ends with the others.
                    Ok::<_, Error>(())
                });
                for (index, number) in numbers.iter().enumerate() {
                    match number.try_lock() {
                        Ok(_) => assert!(index == back && !is_had_anew),
                        Err(LockError::OwnerDied(died)) => {
                            assert!(index != back || is_had_anew);
                            drop(died.mark_consistent());
                        }
                        Err(LockError::Failed(error)) => panic!("{index}: {error}"),
                    }
                }
                Ok::<_, Error>(())
            });
        }
        Ok(())
    }

    fn a_forgotten_death_is_told_again() {
        pointer::without_and_with(|| {
            let map = map()?;
            let number = number(&map)?;
            die_with(number, 1);
            let Err(LockError::OwnerDied(died)) = number.lock() else { panic!("the owner has died") };
            mem::forget(died);
            // SAFETY: the guard was forgotten.
            let Err(LockError::OwnerDied(died)) = (unsafe { number.guard_again(true) }) else {
                panic!("the owner has died")
            };
            drop(died);
            assert_eq!(errno(number.lock()), Some(Errno::ENOTRECOVERABLE));
            Ok::<_, Error>(())
        });
    }

    #[timeout(300)]
    fn two_processes_count_to_the_number() -> Result<()> {
        let map = map()?;
        pointer::without_and_with(|| {
            let operations = operations();
            let number = number(&map)?;
            number.lock()?.set(0);
            let count = || {
                for _ in 0..operations {
                    let guard = number.lock()?;
                    guard.set(guard.get() + 1);
                }
                Ok::<_, Error>(())
            };
            // SAFETY: the child uses nothing but the map.
            let child = unsafe { process::spawn(count) }?;
            count()?;
            assert!(child.wait()?.success());
            assert_eq!(number.lock()?.get(), 2 * operations);
            Ok::<_, Error>(())
        });
        Ok(())
    }

    #[skip(qemu_user, "QEMU has no set_robust_list")]
    fn the_kernel_tells_of_a_death_here() {
        pointer::without_and_with(|| assert_eq!(sync::engine(), Engine::RobustList));
    }

    #[skip(qemu_user, "QEMU's user mode traces nobody")]
    #[timeout(60)]
    fn a_handler_takes_locks_at_every_instruction() -> Result<()> {
        let map = SharedMap::new(2 * size_of::<Number>())?;
        let numbers: &[Number] = map.values(0, 2)?;
        let [own, handlers] = numbers else { unreachable!() };
        pointer::without_and_with(|| {
            catch(handlers);
            let mut moment = 0;
            // Step by step, a loop of exclusive loads and stores never ends: there has to be a last moment.
            while moment < trace::MOST {
                let (reached, status) = trace::signal_at(moment, Signal::USR1, || {
                    for _ in 0..2 {
                        let guard = own.lock()?;
                        guard.set(guard.get() + 1);
                    }
                    Ok::<_, Error>(())
                });
                assert!(status.success(), "at {moment}: {status}");
                // Neither is held, and nobody has died with one.
                for number in numbers {
                    drop(number.try_lock()?);
                }
                if !reached {
                    break;
                }
                moment += stride();
            }
            assert!(moment > 100 && handlers.lock()?.get() >= (moment / stride()) as u64);
            handlers.lock()?.set(0);
            Ok::<_, Error>(())
        });
        Ok(())
    }
}

/// What a handler locks.
static HANDLERS: AtomicPtr<Number> = AtomicPtr::new(core::ptr::null_mut());

/// Locks that number in a handler of SIGUSR1.
fn catch(number: &Number) {
    unsafe extern "C" fn lock(_: i32, _: *mut SignalInfo, _: *mut c_void) {
        // SAFETY: the map lives as long as the test.
        let number = unsafe { &*HANDLERS.load(Relaxed) };
        match number.try_lock() {
            Ok(guard) => guard.set(guard.get() + 1),
            Err(_) => process::exit(1),
        }
    }
    HANDLERS.store((&raw const *number).cast_mut(), Relaxed);
    let action = Sigaction::handler(lock, SigactionFlags::empty(), SignalSet::EMPTY);
    // SAFETY: the handler takes locks, which it may, and nothing else.
    unsafe { sys::rt_sigaction(Signal::USR1, Some(&action)) }.expect("it can be caught");
}

/// A child sets the number and ends with its lock.
fn die_with(number: &Number, value: u64) {
    child::check(|| {
        let guard = number.lock()?;
        guard.set(value);
        mem::forget(guard);
        Ok::<_, Error>(())
    });
}

/// How often to lock: `BAREMAP_OPERATIONS`, or a number that does not take long.
fn operations() -> u64 {
    let given = env::get().var("BAREMAP_OPERATIONS").and_then(|value| value.to_str().ok()?.parse().ok());
    given.unwrap_or(if sync::engine() == Engine::RobustList { 300_000 } else { 30_000 })
}
