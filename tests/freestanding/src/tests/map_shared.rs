use crate::harness::tests;
use crate::support::child;
use crate::support::memory::is_mapped;
use baremap::process::{self, sleep};
use baremap::sys::Signal;
use baremap::{Errno, MapOptions, Reason, Result, SharedMap, page};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;

tests! {
    fn children_share_it() -> Result<()> {
        let map = SharedMap::new(8)?;
        map.write_at(0, b"parent..")?;
        child::check(|| {
            let mut bytes = [0; 6];
            map.read_at(0, &mut bytes)?;
            assert_eq!(&bytes, b"parent");
            map.write_at(0, b"child.")
        });
        let mut bytes = [0; 8];
        map.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"child...");
        Ok(())
    }

    fn counts_of_several_processes_add_up() -> Result<()> {
        const EACH: u64 = 10_000;
        let map = SharedMap::new(8)?;
        let counter: &AtomicU64 = map.atomic(0)?;
        let count = || {
            for _ in 0..EACH {
                counter.fetch_add(1, Relaxed);
            }
        };
        // SAFETY: the children use nothing but the map.
        let (one, two) = unsafe { (process::spawn(count)?, process::spawn(count)?) };
        count();
        assert!(one.wait()?.success() && two.wait()?.success());
        assert_eq!(counter.load(Relaxed), 3 * EACH);
        Ok(())
    }

    fn what_a_killed_child_stored_stays() -> Result<()> {
        let map = SharedMap::new(4)?;
        let word: &AtomicU32 = map.atomic(0)?;
        // SAFETY: the child uses nothing but the map.
        let child = unsafe {
            process::spawn(|| {
                word.store(7, Relaxed);
                sleep(Duration::MAX);
            })
        }?;
        while word.load(Relaxed) == 0 {
            sleep(Duration::from_millis(1));
        }
        child.kill(Signal::KILL)?;
        child.wait()?;
        assert_eq!(word.load(Relaxed), 7);
        Ok(())
    }

    fn it_is_zeros_of_any_length() -> Result<()> {
        for len in [1, page::size() + 1] {
            let map = SharedMap::new(len)?;
            let mut byte = [1];
            map.read_at(len - 1, &mut byte)?;
            assert_eq!((map.len(), byte), (len, [0]));
        }
        assert!(SharedMap::new(0)?.is_empty());
        Ok(())
    }

    fn what_cannot_be_is_said() {
        let error = SharedMap::new(usize::MAX).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::ENOMEM, Reason::TooLong { len: u64::MAX }));
        let error = MapOptions::new().offset(8).len(8).map_shared_anon().unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::OffsetWithoutFile));
    }

    fn it_is_unmapped_when_it_is_dropped() -> Result<()> {
        let map = SharedMap::new(2 * page::size())?;
        let first = map.as_ptr();
        let last = first.wrapping_add(map.len() - 1);
        assert!(is_mapped(first) && is_mapped(last));
        drop(map);
        assert!(!is_mapped(first) && !is_mapped(last));
        Ok(())
    }

    fn a_child_that_drops_it_takes_nothing_from_its_parent() -> Result<()> {
        let mut map = Some(SharedMap::new(4)?);
        child::check(|| drop(map.take()));
        map.as_ref().expect("its copy was taken").write_at(0, b"mine")
    }
}
