use crate::harness::tests;
use crate::support::engine::Random;
use crate::support::rounds::rounds;
use crate::support::{child, pointer};
use baremap::share::PlainCell;
use baremap::sync::{Barrier, Condvar, Deadline, Event, LockError, Mutex, Semaphore};
use baremap::{Errno, Error, Result, SharedMap, process, shared, sys};
use core::mem;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;

shared! {
    struct All {
        mutex: Mutex<PlainCell<u64>>,
        condvar: Condvar,
        barrier: Barrier,
        semaphore: Semaphore,
        event: Event,
    }
}

type Number = Mutex<PlainCell<u64>>;

const SHORT: Duration = Duration::from_millis(2);

/// Words that mean something, and such that mean nothing.
fn words() -> impl Iterator<Item = u32> {
    let own = sys::gettid().as_raw() as u32;
    let marked = (0..8).flat_map(move |bits| [0, 1, own, own + 1, 0x1fff_ffff].map(|word| word | bits << 29));
    marked.chain([2, 3, 4, 0x1_0000, 0x1_ffff, 0x7fff_ffff, u32::MAX])
}

/// Uses all of them, and comes back.
fn use_all(all: &All) {
    let soon = || Deadline::after(SHORT);
    drop(all.mutex.try_lock());
    match all.mutex.lock_until(soon()) {
        Ok(guard) => drop(all.condvar.wait_until(guard, soon())),
        Err(LockError::OwnerDied(died)) => drop(died.mark_consistent()),
        Err(LockError::Failed(error)) => {
            assert!([Errno::ETIMEDOUT, Errno::EDEADLK, Errno::ENOTRECOVERABLE].contains(&error.errno()));
        }
    }
    all.condvar.notify_one();
    all.condvar.notify_all();
    let _ = all.barrier.wait_until(soon());
    let _ = all.barrier.reset();
    let _ = all.semaphore.acquire_until(soon());
    let _ = all.semaphore.try_acquire();
    let _ = all.semaphore.release(1);
    let _ = all.event.wait_until(soon());
    all.event.set();
    all.event.reset();
}

tests! {
    // What a peer of the one lock stores there keeps the kernel from the others of a dead thread.
    #[timeout(90)]
    fn a_lock_in_which_somebody_stored_nonsense_hides_no_other_death() {
        pointer::without_and_with(|| -> Result<()> {
            let (spoilt, whole) = (SharedMap::new(64)?, SharedMap::new(64)?);
            let (first, other): (&Number, &Number) = (spoilt.value(0)?, whole.value(0)?);
            child::check(|| {
                let whole = other.lock()?;
                let first = first.lock()?;
                spoilt.store(32, 8_u64)?;
                mem::forget((whole, first));
                Ok::<(), Error>(())
            });
            match other.lock_until(Deadline::after(Duration::from_secs(60))) {
                Err(LockError::OwnerDied(number)) => drop(number.mark_consistent()),
                other => panic!("{other:?}"),
            }
            Ok(())
        });
    }

    #[timeout(120)]
    fn any_words_are_borne() -> Result<()> {
        let map = SharedMap::new(size_of::<All>())?;
        let words = size_of::<All>() / size_of::<u32>();
        pointer::without_and_with(|| {
            let all: &All = map.value(0)?;
            for place in 0..words {
                for word in self::words() {
                    map.write_at(0, &[0; size_of::<All>()])?;
                    map.atomic::<AtomicU32>(4 * place)?.store(word, Relaxed);
                    use_all(all);
                }
            }
            Ok::<_, Error>(())
        });
        Ok(())
    }

    // All of it may change at any moment.
    #[timeout(120)]
    fn words_that_change_all_the_time_are_borne() -> Result<()> {
        const ROUNDS: usize = 200;
        let map = SharedMap::new(size_of::<All>())?;
        pointer::without_and_with(|| {
            let all: &All = map.value(0)?;
            let words: [u32; 47] = {
                let mut words = self::words();
                core::array::from_fn(|_| words.next().expect("there are as many"))
            };
            let disturb = || {
                let mut random = Random(7);
                loop {
                    let place = random.below(size_of::<All>() / 4);
                    map.atomic::<AtomicU32>(4 * place)?.store(words[random.below(words.len())], Relaxed);
                }
                #[expect(unreachable_code, reason = "says of what kind the errors are")]
                Ok::<_, Error>(())
            };
            // SAFETY: the child uses nothing but the map.
            let pest = unsafe { process::spawn(disturb) }?;
            for _ in 0..rounds(ROUNDS) {
                use_all(all);
            }
            pest.kill(sys::Signal::KILL)?;
            pest.wait()?;
            Ok::<_, Error>(())
        });
        Ok(())
    }

    // The kernel follows what stands there when a thread ends. This process does not.
    fn what_is_for_the_kernel_is_never_followed() -> Result<()> {
        const NEXT: usize = 32;
        let map = SharedMap::new(size_of::<All>())?;
        pointer::without_and_with(|| {
            let all: &All = map.value(0)?;
            let guards = (all.mutex.lock()?, map.atomic::<AtomicU64>(NEXT)?);
            guards.1.store(0x5555_5555_5555, Relaxed);
            drop(guards);
            drop(all.mutex.lock()?);
            Ok::<_, Error>(())
        });
        Ok(())
    }

    // The memory of a guard that was forgotten is gone: other locks work as before.
    fn memory_that_is_gone_is_not_touched() -> Result<()> {
        pointer::without_and_with(|| {
            let map = SharedMap::new(size_of::<All>())?;
            let other = SharedMap::new(size_of::<All>())?;
            let (all, rest): (&All, &All) = (map.value(0)?, other.value(0)?);
            let before = rest.mutex.lock()?;
            mem::forget(all.mutex.lock()?);
            drop(map);
            drop(before);
            for _ in 0..20 {
                drop(rest.mutex.lock()?);
            }
            child::check(|| drop(rest.mutex.lock()));
            Ok::<_, Error>(())
        });
        Ok(())
    }
}
