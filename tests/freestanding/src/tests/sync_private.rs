use crate::harness::tests;
use baremap::sync::{Deadline, Mutex, Private};
use baremap::{Errno, Error, Result};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

tests! {
    fn the_value_is_the_guards() -> Result<()> {
        static LOCK: Mutex<[u8; 3], Private> = Mutex::private([1, 2, 3]);
        LOCK.lock()[1] = 7;
        let guard = LOCK.lock_until(Deadline::PASSED)?;
        assert_eq!(*guard, [1, 7, 3]);
        assert_eq!(LOCK.try_lock().map(drop).map_err(Error::errno), Err(Errno::EBUSY));
        for deadline in [Deadline::PASSED, Deadline::after(Duration::from_millis(5))] {
            assert_eq!(LOCK.lock_until(deadline).map(drop).map_err(Error::errno), Err(Errno::ETIMEDOUT));
        }
        drop(guard);
        drop(LOCK.try_lock()?);
        let mut own = Mutex::private(1_u8);
        *own.get_mut() = 2;
        assert_eq!(own.into_inner(), 2);
        Ok(())
    }

    fn a_value_is_dropped_once() {
        static DROPPED: AtomicU32 = AtomicU32::new(0);
        struct Counted;
        impl Drop for Counted {
            fn drop(&mut self) {
                DROPPED.fetch_add(1, Relaxed);
            }
        }
        drop(Mutex::private(Counted).into_inner());
        drop(Mutex::private(Counted));
        assert_eq!(DROPPED.load(Relaxed), 2);
    }

    fn it_is_small() {
        assert_eq!(size_of::<Mutex<u32, Private>>(), 8);
        assert_eq!(size_of::<Mutex<[u64; 2]>>(), 56);
    }
}
