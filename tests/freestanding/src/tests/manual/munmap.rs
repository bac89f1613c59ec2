use crate::harness::tests;
use crate::support::memory::{Pages, is_mapped};
use crate::support::{child, fds, limits, user};
use baremap::fd::AsFd;
use baremap::process::{self, sleep};
use baremap::sys::{self, SealFlags, Signal};
use baremap::{Errno, FileMap, SharedMap, page};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use linux_raw_sys::general::RLIMIT_MEMLOCK;

type Result = core::result::Result<(), Errno>;

tests! {
    fn every_page_of_which_a_byte_is_meant_goes() -> Result {
        let pages = Pages::new(4);
        // SAFETY: the pages are the test's own.
        unsafe { sys::munmap(pages.page(1), page::size() + 1) }?;
        assert_eq!([0, 1, 2, 3].map(|index| is_mapped(pages.page(index))), [true, false, false, true]);
        Ok(())
    }

    fn several_maps_and_what_is_between_go_at_once() -> Result {
        let pages = Pages::new(5);
        pages.unmap(2);
        // SAFETY: the pages are the test's own.
        unsafe {
            // Of another protection, it is a map of its own.
            sys::mprotect(pages.page(1), page::size(), sys::ProtFlags::READ)?;
            sys::munmap(pages.page(0), 4 * page::size())?;
        }
        let there = [0, 1, 2, 3, 4].map(|index| is_mapped(pages.page(index)));
        assert_eq!(there, [false, false, false, false, true]);
        Ok(())
    }

    #[skip(qemu_user, "QEMU ends by an assertion of its own")]
    fn a_range_beyond_all_addresses_is_einval() {
        let pages = Pages::new(1);
        for len in [usize::MAX, usize::MAX - pages.page(0).addr(), 1 << 63] {
            // SAFETY: it fails.
            assert_eq!(unsafe { sys::munmap(pages.page(0), len) }, Err(Errno::EINVAL), "{len:#x}");
        }
        assert!(is_mapped(pages.page(0)));
    }

    fn what_a_process_has_mapped_goes_with_it() -> Result {
        let file = fds::file(b"text");
        let flag = SharedMap::new(4)?;
        let mapped: &AtomicU32 = flag.atomic(0)?;
        let run = || -> baremap::Result<()> {
            let _map = FileMap::write(&file)?;
            mapped.store(1, Relaxed);
            sleep(Duration::MAX);
            Ok(())
        };
        // SAFETY: the child uses nothing that exists once.
        let child = unsafe { process::spawn(run) }?;
        while mapped.load(Relaxed) == 0 {
            sleep(Duration::from_millis(1));
        }
        // A file is not sealed while it is mapped for writing.
        let seal = || sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE);
        assert_eq!(seal(), Err(Errno::EBUSY));
        child.kill(Signal::KILL)?;
        child.wait()?;
        seal()
    }

    fn what_was_private_is_lost() -> Result {
        let file = fds::file(b"text");
        let map = FileMap::copy(&file)?;
        map.write_at(0, b"TEXT")?;
        drop(map);
        assert_eq!(FileMap::copy(&file)?.load::<u32>(0)?, u32::from_ne_bytes(*b"text"));
        Ok(())
    }

    fn what_was_locked_is_locked_no_more() {
        child::check(|| {
            let (first, second) = (Pages::new(1), Pages::new(1));
            limits::set(RLIMIT_MEMLOCK, page::size() as u64)?;
            user::drop_privileges();
            sys::mlock(first.page(0), page::size())?;
            assert_eq!(sys::mlock(second.page(0), page::size()), Err(Errno::ENOMEM));
            first.unmap(0);
            sys::mlock(second.page(0), page::size())
        });
    }
}
