use crate::harness::tests;
use crate::support::env;
use crate::support::memory::{Pages, is_mapped};
use baremap::page;
use linux_raw_sys::auxvec::AT_PAGESZ;

tests! {
    fn the_size_is_the_auxiliary_vectors() {
        assert_eq!(Some(page::size()), env::get().aux_value(AT_PAGESZ as usize));
        assert_eq!(page::size(), page::size());
    }

    fn the_size_is_what_the_kernel_maps() {
        let pages = Pages::new(2);
        pages.unmap(1);
        assert!(is_mapped(pages.page(1).wrapping_sub(1)) && !is_mapped(pages.page(1)));
    }

    fn rounding_up_gives_whole_pages_or_nothing() {
        let page = page::size();
        assert_eq!(page::round_up(0), Some(0));
        assert_eq!(page::round_up(1), Some(page));
        assert_eq!(page::round_up(page), Some(page));
        assert_eq!(page::round_up(page + 1), Some(2 * page));
        assert_eq!(page::round_up(usize::MAX - page + 1), Some(usize::MAX - page + 1));
        assert_eq!(page::round_up(usize::MAX - page + 2), None);
        assert_eq!(page::round_up(usize::MAX), None);
    }

    fn rounding_down_gives_the_start_of_the_page() {
        let page = page::size();
        assert_eq!(page::round_down(0), 0);
        assert_eq!(page::round_down(page - 1), 0);
        assert_eq!(page::round_down(page), page);
        assert_eq!(page::round_down(usize::MAX), usize::MAX - page + 1);
    }
}
