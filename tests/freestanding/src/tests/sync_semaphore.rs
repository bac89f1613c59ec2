use crate::harness::tests;
use crate::support::child;
use baremap::sync::{Deadline, Private, Semaphore};
use baremap::{Errno, Error, Result, SharedMap, process};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

tests! {
    fn permits_are_taken_and_given() -> Result<()> {
        static SEMAPHORE: Semaphore = Semaphore::new(2);
        static PRIVATE: Semaphore<Private> = Semaphore::private(1);
        SEMAPHORE.acquire();
        SEMAPHORE.acquire_until(Deadline::PASSED)?;
        assert!(!SEMAPHORE.try_acquire() && PRIVATE.try_acquire() && !PRIVATE.try_acquire());
        let late = SEMAPHORE.acquire_until(Deadline::PASSED);
        assert_eq!(late.map_err(Error::errno), Err(Errno::ETIMEDOUT));
        let late = PRIVATE.acquire_until(Deadline::after(SHORT));
        assert_eq!(late.map_err(Error::errno), Err(Errno::ETIMEDOUT));
        SEMAPHORE.release(3)?;
        SEMAPHORE.release(0)?;
        assert_eq!(SEMAPHORE.permits(), 3);
        Ok(())
    }

    // sem_post(3): EOVERFLOW.
    fn too_many_permits_are_refused() -> Result<()> {
        let semaphore = Semaphore::new(u32::MAX);
        assert_eq!(semaphore.permits(), Semaphore::MAX);
        for count in [1, u32::MAX] {
            assert_eq!(semaphore.release(count).map_err(Error::errno), Err(Errno::EOVERFLOW));
        }
        semaphore.acquire();
        semaphore.release(1)?;
        assert_eq!(semaphore.permits(), Semaphore::MAX);
        Ok(())
    }

    fn each_permit_wakes_one() -> Result<()> {
        let map = SharedMap::new(16)?;
        let (semaphore, through): (&Semaphore, &AtomicU32) = (map.value(0)?, map.atomic(4)?);
        let wait = || {
            semaphore.acquire_until(Deadline::after(LONG))?;
            through.fetch_add(1, Relaxed);
            Ok::<_, Error>(())
        };
        // SAFETY: the children use nothing but the map.
        let children: [_; 4] = core::array::from_fn(|_| unsafe { process::spawn(wait) });
        process::sleep(SHORT);
        semaphore.release(1)?;
        while through.load(Relaxed) < 1 {
            process::sleep(Duration::from_millis(1));
        }
        assert_eq!(through.load(Relaxed), 1);
        semaphore.release(3)?;
        for child in children {
            assert!(child?.wait()?.success());
        }
        assert_eq!((through.load(Relaxed), semaphore.permits()), (4, 0));
        Ok(())
    }

    #[timeout(300)]
    fn permits_go_from_process_to_process() -> Result<()> {
        const ROUNDS: u32 = 20_000;
        let map = SharedMap::new(16)?;
        let semaphores: &[Semaphore] = map.values(0, 2)?;
        let play = |from: &Semaphore, to: &Semaphore| {
            for _ in 0..ROUNDS {
                from.acquire_until(Deadline::after(LONG))?;
                to.release(1)?;
            }
            Ok::<_, Error>(())
        };
        // SAFETY: the child uses nothing but the map.
        let child = unsafe { process::spawn(|| play(&semaphores[0], &semaphores[1])) }?;
        semaphores[0].release(1)?;
        play(&semaphores[1], &semaphores[0])?;
        assert!(child.wait()?.success());
        assert_eq!((semaphores[0].permits(), semaphores[1].permits()), (1, 0));
        Ok(())
    }

    // One who gives a permit and is killed before it wakes anybody.
    fn who_waits_sees_a_permit_without_being_woken() -> Result<()> {
        let map = SharedMap::new(16)?;
        let semaphore: &Semaphore = map.value(0)?;
        // SAFETY: the child uses nothing but the map.
        let waiter = unsafe { process::spawn(|| semaphore.acquire_until(Deadline::after(LONG))) }?;
        process::sleep(SHORT);
        map.atomic::<AtomicU32>(0)?.fetch_add(1, Relaxed);
        assert!(waiter.wait()?.success());
        Ok(())
    }

    fn a_child_has_a_copy_of_what_is_not_shared() -> Result<()> {
        let semaphore = Semaphore::new(0);
        child::check(|| semaphore.release(1));
        assert!(!semaphore.try_acquire());
        Ok(())
    }
}
