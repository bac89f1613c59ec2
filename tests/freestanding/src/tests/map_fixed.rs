use crate::harness::tests;
use crate::support::fds;
use crate::support::memory::{Pages, is_mapped};
use baremap::{AnonMap, Errno, MapOptions, Reason, Result, page};

tests! {
    fn a_map_is_where_it_was_ordered() -> Result<()> {
        let (page, file) = (page::size(), fds::file(&[7; 100]));
        let free = free(4 * page)?;
        let map = MapOptions::new().len(10).at(free).map_anon()?;
        assert_eq!(map.as_ptr().addr(), free);
        let shared = MapOptions::new().len(10).at(free + page).map_shared_anon()?;
        assert_eq!(shared.as_ptr().addr(), free + page);
        let mapped = MapOptions::new().offset(30).at(free + 2 * page).map(&file)?;
        assert_eq!(mapped.as_ptr().addr(), free + 2 * page + 30);
        assert_eq!(mapped.load::<u8>(0)?, 7);
        let reserved = AnonMap::reserve_at(free + 3 * page, 1)?;
        assert_eq!(reserved.as_ptr().addr(), free + 3 * page);
        Ok(())
    }

    fn nothing_is_overwritten() {
        let pages = Pages::new(3);
        // SAFETY: the page is the test's own.
        unsafe { *pages.page(1) = 7 };
        for (first, len) in [(1, 1), (0, 2), (1, 2), (0, 3)] {
            let (address, len) = (pages.page(first).addr(), len * page::size());
            let options = MapOptions::new().len(len).at(address);
            assert_eq!(options.map_anon().unwrap_err().errno(), Errno::EEXIST);
            assert_eq!(options.map_shared_anon().unwrap_err().errno(), Errno::EEXIST);
            assert_eq!(AnonMap::reserve_at(address, len).unwrap_err().errno(), Errno::EEXIST);
            let file = fds::file(b"text");
            assert_eq!(MapOptions::new().at(address).map(&file).unwrap_err().errno(), Errno::EEXIST);
        }
        // SAFETY: as above.
        assert_eq!(unsafe { *pages.page(1) }, 7);
    }

    fn half_a_free_range_is_not_free() -> Result<()> {
        let page = page::size();
        let free = free(2 * page)?;
        let taken = MapOptions::new().len(page).at(free + page).map_anon()?;
        assert_eq!(MapOptions::new().len(2 * page).at(free).map_anon().unwrap_err().errno(), Errno::EEXIST);
        assert!(is_mapped(taken.as_ptr()));
        Ok(())
    }

    fn an_address_is_the_start_of_a_page() {
        for address in [0, 1, page::size() + 1, page::size() / 2, usize::MAX] {
            let error = MapOptions::new().len(1).at(address).map_anon().unwrap_err();
            let reason = Reason::BadAddress { address, align: page::size() };
            assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, reason));
            assert_eq!(AnonMap::reserve_at(address, 1).unwrap_err().errno(), Errno::EINVAL);
        }
    }

    fn an_address_that_no_process_has_is_an_error() {
        let last = 0_usize.wrapping_sub(page::size());
        for len in [1, page::size(), 2 * page::size()] {
            let errno = MapOptions::new().len(len).at(last).map_anon().unwrap_err().errno();
            assert!([Errno::ENOMEM, Errno::EINVAL, Errno::EEXIST].contains(&errno), "{errno:?}");
        }
    }

    fn nothing_is_nowhere() -> Result<()> {
        let map = MapOptions::new().at(page::size()).map_anon()?;
        assert!(map.is_empty());
        Ok(())
    }
}

/// Addresses that were free a moment ago.
fn free(len: usize) -> Result<usize> {
    AnonMap::reserve(len).map(|map| map.as_ptr().addr())
}
