use crate::harness::tests;
use crate::support::child;
use baremap::alloc::SharedArena;
use baremap::process::Child;
use baremap::sync::{Barrier, Deadline, Private};
use baremap::{Errno, Error, Result, SharedMap, process};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

fn wait_long(barrier: &Barrier) -> Result<bool> {
    barrier.wait_until(Deadline::after(LONG)).map(|result| result.is_leader())
}

tests! {
    fn one_participant_never_waits() -> Result<()> {
        static PRIVATE: Barrier<Private> = Barrier::private(1);
        let barrier = Barrier::new(1);
        for _ in 0..100_000 {
            assert!(barrier.wait()?.is_leader());
        }
        assert!(PRIVATE.wait_until(Deadline::PASSED)?.is_leader());
        Ok(())
    }

    fn a_barrier_for_nobody_says_so() -> Result<()> {
        let map = SharedMap::new(size_of::<Barrier>())?;
        let zeros: &Barrier = map.value(0)?;
        for barrier in [zeros, &Barrier::new(0), &Barrier::new(Barrier::MAX + 1), &Barrier::new(u32::MAX)] {
            assert_eq!(barrier.wait().map_err(Error::errno), Err(Errno::EINVAL));
        }
        Ok(())
    }

    #[timeout(300)]
    fn nobody_passes_before_all_have_come() -> Result<()> {
        const PROCESSES: u32 = 3;
        const ROUNDS: u32 = 3000;
        let arena = SharedArena::create(SharedMap::new(1 << 12)?)?;
        let barrier = arena.alloc(Barrier::new(PROCESSES))?;
        let (arrived, leaders) = (arena.alloc(AtomicU32::new(0))?, arena.alloc(AtomicU32::new(0))?);
        let run = || {
            for round in 1..=ROUNDS {
                arrived.fetch_add(1, Relaxed);
                leaders.fetch_add(u32::from(wait_long(barrier)?), Relaxed);
                let count = arrived.load(Relaxed);
                assert!(count >= round * PROCESSES && count <= (round + 1) * PROCESSES, "{count} in {round}");
                wait_long(barrier)?;
            }
            Ok::<_, Error>(())
        };
        // SAFETY: the children use nothing but the map.
        let children: [Result<Child>; PROCESSES as usize] = core::array::from_fn(|_| unsafe { process::spawn(run) });
        for child in children {
            assert!(child?.wait()?.success());
        }
        assert_eq!(leaders.load(Relaxed), ROUNDS);
        Ok(())
    }

    fn a_deadline_breaks_it_for_all() -> Result<()> {
        let arena = SharedArena::create(SharedMap::new(1 << 12)?)?;
        let barrier = arena.alloc(Barrier::new(3))?;
        // The third one is killed before it comes.
        let wait = || assert_eq!(wait_long(barrier).map_err(Error::errno), Err(Errno::ECANCELED));
        // SAFETY: the child uses nothing but the map.
        let other = unsafe { process::spawn(wait) }?;
        // Until it waits.
        while barrier.reset().is_ok() {
            process::sleep(Duration::from_millis(1));
        }
        assert_eq!(barrier.reset().map_err(Error::errno), Err(Errno::EBUSY));
        let late = barrier.wait_until(Deadline::after(SHORT));
        assert_eq!(late.map_err(Error::errno), Err(Errno::ETIMEDOUT));
        assert!(other.wait()?.success());
        assert!(barrier.is_broken());
        child::check(wait);
        assert_eq!(barrier.wait().map_err(Error::errno), Err(Errno::ECANCELED));
        barrier.reset()?;
        barrier.reset()?;
        assert!(!barrier.is_broken());
        // SAFETY: the children use nothing but the map.
        let others: [_; 2] = core::array::from_fn(|_| unsafe { process::spawn(|| wait_long(barrier).map(drop)) });
        wait_long(barrier)?;
        for other in others {
            assert!(other?.wait()?.success());
        }
        Ok(())
    }

    fn a_deadline_that_is_over_breaks_it_at_once() {
        let barrier = Barrier::new(2);
        assert_eq!(barrier.wait_until(Deadline::PASSED).map_err(Error::errno), Err(Errno::ETIMEDOUT));
        assert!(barrier.is_broken());
    }
}
