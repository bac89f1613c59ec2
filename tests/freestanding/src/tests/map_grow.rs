use crate::harness::tests;
use crate::support::{child, limits};
use baremap::map::{GrowMap, GuardedMap};
use baremap::{Errno, Reason, Result, page};
use linux_raw_sys::general::RLIMIT_AS;

tests! {
    fn it_grows_and_shrinks_where_it_is() -> Result<()> {
        let page = page::size();
        let mut map = GrowMap::new(1 << 30)?;
        assert_eq!((map.len(), map.capacity()), (0, 1 << 30));
        let start = map.as_ptr();
        for len in [1, 2, page, page + 1, 10 * page - 1, 10 * page] {
            map.grow_to(len)?;
            assert_eq!((map.len(), map.as_ptr()), (len, start));
            map[len - 1] = 7;
        }
        assert_eq!([map[0], map[1], map[2], map[page]], [7, 7, 0, 7]);
        map.shrink_to(page + 1)?;
        assert_eq!((map.len(), map.as_ptr(), map[page]), (page + 1, start, 7));
        Ok(())
    }

    fn what_is_new_is_zero_again() -> Result<()> {
        let page = page::size();
        let mut map = GrowMap::new(4 * page)?;
        for shrunk in [0, 1, page - 1, page, page + 1, 3 * page + 5] {
            map.grow_to(4 * page)?;
            map.fill(7);
            map.shrink_to(shrunk)?;
            map.grow_to(4 * page)?;
            assert!(map[..shrunk].iter().all(|&byte| byte == 7));
            assert!(map[shrunk..].iter().all(|&byte| byte == 0));
        }
        Ok(())
    }

    fn to_grow_to_less_and_to_shrink_to_more_is_nothing() -> Result<()> {
        let mut map = GrowMap::new(100)?;
        map.grow_to(50)?;
        map.grow_to(10)?;
        map.shrink_to(usize::MAX)?;
        assert_eq!(map.len(), 50);
        Ok(())
    }

    fn beyond_its_capacity_it_says_so() -> Result<()> {
        let mut map = GrowMap::new(100)?;
        let error = map.grow_to(101).unwrap_err();
        assert_eq!(error.reason(), Reason::OutOfBounds { offset: 0, len: 101, size: 100 });
        assert_eq!(map.grow_to(usize::MAX).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(GrowMap::new(usize::MAX).unwrap_err().errno(), Errno::ENOMEM);
        assert_eq!(GrowMap::new(isize::MAX as usize).unwrap_err().errno(), Errno::ENOMEM);
        let mut map = GrowMap::new(0)?;
        map.grow_to(0)?;
        assert!(map.is_empty() && map.grow_to(1).is_err());
        Ok(())
    }

    #[signal(SIGSEGV)]
    fn behind_it_nothing_can_be_touched() {
        let mut map = GrowMap::new(10 * page::size()).expect("a few pages");
        map.grow_to(page::size()).expect("a page");
        // SAFETY: it is to raise a signal, which is what the test is about.
        unsafe { map.as_ptr().add(page::size()).read_volatile() };
    }

    #[signal(SIGSEGV)]
    fn behind_a_full_one_nothing_can_be_touched() {
        let mut map = GrowMap::new(page::size()).expect("a page");
        map.grow_to(page::size()).expect("a page");
        // SAFETY: as above.
        unsafe { map.as_ptr().wrapping_add(page::size()).read_volatile() };
    }

    #[signal(SIGSEGV)]
    fn what_was_given_back_cannot_be_touched() {
        let mut map = GrowMap::new(10 * page::size()).expect("a few pages");
        map.grow_to(2 * page::size()).expect("two pages");
        map.shrink_to(page::size()).expect("one page");
        // SAFETY: as above.
        unsafe { map.as_ptr().add(page::size()).read_volatile() };
    }

    #[skip(qemu_user, "QEMU does not apply RLIMIT_AS")]
    fn no_address_space_is_enomem() {
        child::check(|| {
            limits::set(RLIMIT_AS, 64 << 20)?;
            assert_eq!(GrowMap::new(64 << 20).map(drop).unwrap_err().errno(), Errno::ENOMEM);
            core::result::Result::<(), Errno>::Ok(())
        });
    }

    fn locked_pages_are_given_back() -> Result<()> {
        let mut map = GrowMap::new(4 * page::size())?;
        map.grow_to(2 * page::size())?;
        map.fill(7);
        map.pages().lock()?;
        map.shrink_to(0)?;
        map.grow_to(2 * page::size())?;
        assert!(map.iter().all(|&byte| byte == 0));
        Ok(())
    }

    fn a_guarded_map_is_writable_to_its_ends() -> Result<()> {
        for len in [0, 1, page::size(), 3 * page::size() - 1] {
            let mut map = GuardedMap::new(len)?;
            map.fill(7);
            assert_eq!(map.len(), len);
        }
        assert_eq!(GuardedMap::new(usize::MAX).unwrap_err().errno(), Errno::ENOMEM);
        Ok(())
    }

    #[signal(SIGSEGV)]
    fn before_a_guarded_map_nothing_can_be_touched() {
        let map = GuardedMap::new(page::size()).expect("a page");
        // SAFETY: as above.
        unsafe { map.as_ptr().wrapping_sub(1).read_volatile() };
    }

    #[signal(SIGSEGV)]
    fn behind_a_guarded_map_nothing_can_be_touched() {
        // The first finds out what works here, the second relies on it.
        let _first = GuardedMap::new(page::size()).expect("a page");
        let second = GuardedMap::new(page::size()).expect("a page");
        // SAFETY: as above.
        unsafe { second.as_ptr().wrapping_add(page::size()).read_volatile() };
    }

    fn what_no_address_space_holds_is_enomem() {
        let page = page::size();
        let top = [usize::MAX, usize::MAX - page, usize::MAX - 2 * page, usize::MAX - 3 * page + 1, usize::MAX - 4 * page];
        for len in top.into_iter().chain([isize::MAX as usize, isize::MAX as usize - page]) {
            let errors = [GrowMap::new(len).err(), GuardedMap::new(len).err()];
            for error in errors.map(|error| error.expect("more than there is")) {
                assert_eq!((error.errno(), error.reason()), (Errno::ENOMEM, Reason::TooLong { len: len as u64 }));
            }
        }
    }
}
