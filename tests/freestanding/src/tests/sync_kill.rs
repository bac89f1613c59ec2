use crate::harness::tests;
use crate::support::engine::Random;
use crate::support::rounds::{rounds, stride};
use crate::support::{pointer, trace};
use baremap::process::Child;
use baremap::share::PlainCell;
use baremap::sync::{self, Deadline, Engine, LockError, Mutex};
use baremap::sys::Signal;
use baremap::{Error, Result, SharedMap, eprintln, process, shared};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

const LONG: Duration = Duration::from_secs(60);

shared! {
    /// Two numbers that are the same whenever nobody has the lock.
    struct Pair {
        one: PlainCell<u64>,
        other: PlainCell<u64>,
        /// How often the survivors and the others have added to it.
        by: [PlainCell<u64>; 2],
    }

    struct World {
        pair: Mutex<Pair>,
        quit: AtomicU32,
        at_work: AtomicU32,
    }
}

/// Adds one. Whether the last owner had died, and what it left was half done.
fn add(world: &World, who: usize) -> Result<(bool, bool)> {
    let (pair, died, torn) = match world.pair.lock_until(Deadline::after(LONG)) {
        Ok(pair) => (pair, false, false),
        Err(LockError::OwnerDied(died)) => {
            let torn = died.one.get() != died.other.get();
            // What comes first is what counts.
            assert!(!torn || died.one.get() == died.other.get() + 1);
            died.other.set(died.one.get());
            let sum = died.by[0].get() + died.by[1].get();
            assert!(sum == died.one.get() || sum + 1 == died.one.get());
            died.by[1].set(died.one.get() - died.by[0].get());
            (died.mark_consistent(), true, torn)
        }
        Err(LockError::Failed(error)) => return Err(error),
    };
    assert_eq!(pair.one.get(), pair.other.get());
    assert_eq!(pair.one.get(), pair.by[0].get() + pair.by[1].get());
    pair.one.set(pair.one.get() + 1);
    pair.other.set(pair.other.get() + 1);
    pair.by[who].set(pair.by[who].get() + 1);
    Ok((died, torn))
}

const SURVIVORS: usize = 0;
const OTHERS: usize = 1;

tests! {
    #[skip(qemu_user, "QEMU's user mode traces nobody")]
    #[timeout(120)]
    fn killed_at_every_instruction() -> Result<()> {
        let map = SharedMap::new(size_of::<World>())?;
        pointer::without_and_with(|| {
            let world: &World = map.value(0)?;
            let (mut moment, mut deaths, mut is_whole) = (0, 0, false);
            // Step by step, a loop of exclusive loads and stores never ends: there has to be a last moment.
            while !is_whole && moment < trace::MOST {
                let (reached, _) = trace::signal_at(moment, Signal::KILL, || {
                    add(world, OTHERS)?;
                    add(world, OTHERS).map(drop)
                });
                deaths += u32::from(add(world, SURVIVORS)?.0);
                is_whole = !reached;
                moment += stride();
            }
            assert!(!is_whole || deaths as usize * stride() > 20, "{deaths} of {moment}");
            eprintln!("{moment} instructions, {deaths} of them with the lock held");
            Ok::<_, Error>(())
        });
        Ok(())
    }

    #[timeout(300)]
    fn killed_at_random() -> Result<()> {
        let map = SharedMap::new(size_of::<World>())?;
        pointer::without_and_with(|| {
            let rounds = if sync::engine() == Engine::RobustList { rounds(1000) } else { 100 };
            let world: &World = map.value(0)?;
            world.quit.store(0, Relaxed);
            let survive = || {
                while world.quit.load(Relaxed) == 0 {
                    add(world, SURVIVORS)?;
                }
                Ok::<_, Error>(())
            };
            // SAFETY: the child uses nothing but the map.
            let survivor: Child = unsafe { process::spawn(survive) }?;
            let mut random = Random(5);
            let mut deaths = 0;
            for _ in 0..rounds {
                world.at_work.store(0, Relaxed);
                let work = || -> Result<core::convert::Infallible> {
                    loop {
                        add(world, OTHERS)?;
                        world.at_work.store(1, Relaxed);
                    }
                };
                // SAFETY: the child uses nothing but the map.
                let victim = unsafe { process::spawn(work) }?;
                while world.at_work.load(Relaxed) == 0 {
                    core::hint::spin_loop();
                }
                for _ in 0..random.below(2000) {
                    core::hint::spin_loop();
                }
                victim.kill(Signal::KILL)?;
                victim.wait()?;
                deaths += u32::from(add(world, SURVIVORS)?.0);
            }
            world.quit.store(1, Relaxed);
            assert!(survivor.wait()?.success());
            eprintln!("{rounds} kills, {deaths} of which were found by the parent");
            Ok::<_, Error>(())
        });
        Ok(())
    }
}
