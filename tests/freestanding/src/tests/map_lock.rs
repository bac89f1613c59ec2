use crate::harness::tests;
use crate::support::{child, fds, limits, user};
use baremap::sys::{self, ProtFlags};
use baremap::{AnonMap, Errno, FileMap, Reason, Result, page};
use linux_raw_sys::general::{__NR_mseal, RLIMIT_MEMLOCK};

tests! {
    fn locked_pages_are_in_memory() -> Result<()> {
        let page = page::size();
        let map = AnonMap::new(4 * page)?;
        map.pages().range(page + 1, page)?.lock()?;
        let mut resident = [false; 4];
        map.pages().residency(&mut resident)?;
        assert_eq!(resident, [false, true, true, false]);
        map.pages().lock()?;
        assert!(map.pages().is_resident()?);
        map.pages().unlock()?;
        map.pages().range(0, 0)?.lock()
    }

    #[skip(qemu_user, "QEMU has no mlock2")]
    fn lock_on_fault_waits_for_the_first_touch() -> Result<()> {
        let mut map = AnonMap::new(2 * page::size())?;
        map.pages().lock_on_fault()?;
        assert!(!map.pages().is_resident()?);
        map[0] = 1;
        let mut resident = [false; 2];
        map.pages().residency(&mut resident)?;
        assert_eq!(resident, [true, false]);
        Ok(())
    }

    fn a_lock_beyond_the_limit_says_so() {
        for limit in [0, page::size() as u64] {
            child::check(|| {
                let map = AnonMap::new(2 * page::size())?;
                limits::set(RLIMIT_MEMLOCK, limit).expect("less is allowed");
                user::drop_privileges();
                let error = map.pages().lock().unwrap_err();
                assert_eq!(error.errno(), if limit == 0 { Errno::EPERM } else { Errno::ENOMEM });
                Result::Ok(())
            });
        }
    }

    fn pages_that_cannot_be_touched_cannot_be_locked() -> Result<()> {
        let map = AnonMap::reserve(page::size())?;
        assert_eq!(map.pages().lock().unwrap_err().errno(), Errno::ENOMEM);
        Ok(())
    }

    #[skip(qemu_pages, "QEMU has a part of a page in memory")]
    fn residency_is_page_by_page() -> Result<()> {
        let page = page::size();
        // More pages than are asked about at once.
        const COUNT: usize = 600;
        let mut map = AnonMap::new(COUNT * page)?;
        map.pages().advise(baremap::map::Advice::NoHugePage).ok();
        let mut resident = [true; COUNT];
        map.pages().residency(&mut resident)?;
        assert!(!resident.contains(&true));
        for index in [0, 255, 256, 599] {
            map[index * page + 1] = 1;
        }
        map.pages().residency(&mut resident)?;
        for (index, &resident) in resident.iter().enumerate() {
            assert_eq!(resident, [0, 255, 256, 599].contains(&index), "{index}");
        }
        assert!(!map.pages().is_resident()?);
        assert!(map.pages().range(255 * page, 2 * page)?.is_resident()?);
        assert!(!map.pages().range(255 * page, 2 * page + 1)?.is_resident()?);
        map.pages().lock()?;
        assert!(map.pages().is_resident()?);
        assert!(map.pages().range(5, 0)?.is_resident()?);
        Ok(())
    }

    fn residency_takes_as_many_places_as_there_are_pages() -> Result<()> {
        let map = AnonMap::new(2 * page::size() + 1)?;
        assert_eq!(map.pages().count(), 3);
        for len in [0, 2, 4] {
            let error = map.pages().residency(&mut [false; 4][..len]).unwrap_err();
            assert_eq!(error.reason(), Reason::WrongLength { len, expected: 3 });
        }
        AnonMap::new(0)?.pages().residency(&mut [])
    }

    #[skip(qemu_user, "QEMU has no mseal")]
    fn a_sealed_map_stays_as_it_is() {
        if !has_mseal() {
            return;
        }
        // What is sealed stays until the process ends, which a test must not leave behind.
        child::check(|| {
            let page = page::size();
            let mut map = AnonMap::new(2 * page)?;
            map.fill(7);
            let bytes: &'static mut [u8] = map.seal_mut()?;
            bytes[0] = 8;
            let start = bytes.as_mut_ptr();
            // SAFETY: each fails, which is what the test is about.
            unsafe {
                assert_eq!(sys::munmap(start, page), Err(Errno::EPERM));
                assert_eq!(sys::mprotect(start, page, ProtFlags::READ), Err(Errno::EPERM));
            }
            let bytes: &'static [u8] = AnonMap::new(page)?.make_read_only()?.seal()?;
            assert_eq!(bytes[page - 1], 0);
            let bytes = FileMap::read(fds::file(b"text"))?.seal()?;
            assert_eq!(bytes.load::<u8>(3)?, b't');
            assert!(AnonMap::new(0)?.seal()?.is_empty());
            Result::Ok(())
        });
    }

    fn without_mseal_the_map_comes_back() {
        if has_mseal() {
            return;
        }
        let map = AnonMap::new(page::size()).expect("a page");
        let failed = map.seal_mut().unwrap_err();
        assert_eq!(failed.error().errno(), Errno::ENOSYS);
        failed.into_map()[0] = 1;
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn where_mseal_is_forbidden_the_map_comes_back() {
        child::check(|| {
            let map = AnonMap::new(page::size())?;
            crate::support::seccomp::refuse(__NR_mseal as usize, 1, u32::MAX, Errno::ENOSYS);
            let failed = map.seal_mut().unwrap_err();
            assert_eq!(failed.error().errno(), Errno::ENOSYS);
            failed.into_map()[0] = 1;
            Result::Ok(())
        });
    }
}

/// Linux 6.10 has it: an empty range is sealed without effect.
fn has_mseal() -> bool {
    // SAFETY: no page is named.
    unsafe { sys::mseal(core::ptr::null_mut(), 0) }.is_ok()
}
