use crate::harness::tests;
use crate::support::{child, time};
use baremap::sync::{Deadline, Event, Private};
use baremap::{Errno, Error, Result, SharedMap, process};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

tests! {
    fn it_is_set_until_it_is_reset() -> Result<()> {
        static ONE: Event = Event::new();
        static OTHER: Event<Private> = Event::private();
        assert!(!ONE.is_set() && !OTHER.is_set());
        ONE.set();
        OTHER.set();
        assert!(ONE.is_set() && OTHER.is_set());
        ONE.wait();
        OTHER.wait_until(Deadline::PASSED)?;
        ONE.set();
        ONE.reset();
        OTHER.reset();
        OTHER.reset();
        assert!(!ONE.is_set() && !OTHER.is_set());
        Ok(())
    }

    fn a_deadline_ends_the_wait() {
        let event = Event::new();
        for duration in [Duration::ZERO, SHORT] {
            let start = time::now();
            let result = event.wait_until(Deadline::after(duration));
            assert_eq!(result.map_err(Error::errno), Err(Errno::ETIMEDOUT));
            assert!(time::now() - start >= duration);
        }
        assert_eq!(event.wait_until(Deadline::PASSED).map_err(Error::errno), Err(Errno::ETIMEDOUT));
    }

    fn all_who_wait_are_woken() -> Result<()> {
        let map = SharedMap::new(16)?;
        let (event, ready): (&Event, &AtomicU32) = (map.value(0)?, map.atomic(4)?);
        let wait = || {
            ready.fetch_add(1, Relaxed);
            event.wait_until(Deadline::after(LONG))
        };
        // SAFETY: the children use nothing but the map.
        let children: [_; 4] = core::array::from_fn(|_| unsafe { process::spawn(wait) });
        while ready.load(Relaxed) < 4 {
            process::sleep(Duration::from_millis(1));
        }
        event.set();
        for child in children {
            assert!(child?.wait()?.success());
        }
        Ok(())
    }

    // The bit that says that somebody waits is the killed one's; the event still works.
    fn a_killed_waiter_is_no_obstacle() -> Result<()> {
        let map = SharedMap::new(16)?;
        let event: &Event = map.value(0)?;
        // SAFETY: the child uses nothing but the map.
        let waiter = unsafe { process::spawn(|| event.wait()) }?;
        process::sleep(SHORT);
        waiter.kill(baremap::sys::Signal::KILL)?;
        waiter.wait()?;
        assert!(!event.is_set());
        event.set();
        child::check(|| event.wait_until(Deadline::after(LONG)));
        Ok(())
    }

    // A setter that is killed before it wakes anybody: nothing but the word says that the event is set.
    fn who_waits_sees_it_without_being_woken() -> Result<()> {
        let map = SharedMap::new(16)?;
        let event: &Event = map.value(0)?;
        // SAFETY: the child uses nothing but the map.
        let waiter = unsafe { process::spawn(|| event.wait_until(Deadline::after(LONG))) }?;
        process::sleep(SHORT);
        map.atomic::<AtomicU32>(0)?.store(1, Relaxed);
        assert!(waiter.wait()?.success());
        Ok(())
    }
}
