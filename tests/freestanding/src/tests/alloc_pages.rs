use crate::harness::tests;
use crate::support::memory::{is_mapped, is_resident};
use crate::support::{child, huge, limits};
use baremap::alloc::{AnonPages, PageSource};
use baremap::sys::{self, ProtFlags};
use baremap::{AnonMap, Errno, MapOptions, Result, page};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use linux_raw_sys::general::RLIMIT_AS;

/// A length from which on ranges are placed for huge pages.
const HUGE: usize = 2 << 20;

tests! {
    fn ranges_are_whole_pages_of_zeros() {
        let (pages, page) = (AnonPages::new(), page::size());
        for (len, whole) in [(1, 1), (page - 1, 1), (page, 1), (page + 1, 2), (10 * page, 10)] {
            let range = allocate(&pages, len, 1);
            assert_eq!((range.addr().get() % page, pages.mapped()), (0, whole * page));
            assert!(all(range, whole * page, 0));
            fill(range, whole * page, 7);
            release(&pages, range, len);
            assert_eq!(pages.mapped(), 0);
            assert!(!is_mapped(range.as_ptr()) && !is_mapped(range.as_ptr().wrapping_add((whole - 1) * page)));
        }
    }

    fn alignment_goes_beyond_the_page() {
        let (pages, page) = (AnonPages::new(), page::size());
        for shift in 0..=26 {
            // Several, so that not all lie right by chance.
            let ranges = [(); 3].map(|()| allocate(&pages, page + 1, 1 << shift));
            assert_eq!(pages.mapped(), 6 * page);
            for range in ranges {
                assert!(range.addr().get().is_multiple_of(1 << shift), "{range:?}, 1 << {shift}");
                fill(range, 2 * page, 7);
                release(&pages, range, page + 1);
            }
        }
    }

    // The harness counts maps: what is cut off would show as well.
    fn what_alignment_took_more_is_given_back() {
        let pages = AnonPages::new();
        let range = allocate(&pages, 1, 64 << 20);
        let page = page::size();
        let neighbours = [range.as_ptr().wrapping_sub(page), range.as_ptr().wrapping_add(page)];
        assert!(!neighbours.iter().all(|&address| is_mapped(address)));
        release(&pages, range, 1);
    }

    fn long_ranges_lie_where_huge_pages_can() {
        let pages = AnonPages::new();
        let ranges = [(); 3].map(|()| allocate(&pages, HUGE, 1));
        assert!(ranges.iter().all(|range| range.addr().get().is_multiple_of(HUGE)));
        for range in ranges {
            release(&pages, range, HUGE);
        }
    }

    fn ranges_grow_and_shrink_and_keep_their_bytes() {
        let (pages, page) = (AnonPages::new(), page::size());
        let lengths = [1, page, page + 1, 5 * page, HUGE, 3 * HUGE, HUGE - 1, 2 * page, 1];
        let mut range = allocate(&pages, 1, 1);
        let mut old = 1;
        for new in lengths {
            let (old_whole, whole) = (round_up(old), round_up(new));
            fill(range, old_whole, 7);
            // SAFETY: the range has `old` bytes, of which those that go are not used.
            range = unsafe { pages.resize(range, old, new, true) }.expect("there is memory");
            assert_eq!(pages.mapped(), whole);
            assert!(all(range, old_whole.min(whole), 7), "{old} to {new}");
            if whole > old_whole {
                assert!(all(range.map_addr(|start| start.saturating_add(old_whole)), whole - old_whole, 0));
            }
            old = new;
        }
        release(&pages, range, old);
    }

    fn a_range_that_may_not_move_grows_where_there_is_room() {
        let (pages, page) = (AnonPages::new(), page::size());
        // Room: what a longer range had.
        let range = allocate(&pages, 4 * page, 1);
        fill(range, page, 7);
        // SAFETY: the range has these lengths, and what goes is not used.
        unsafe {
            let shrunk = pages.resize(range, 4 * page, page, false);
            assert_eq!(shrunk, Some(range));
            assert!(!is_mapped(range.as_ptr().add(page)));
            assert_eq!(pages.resize(range, page, 4 * page, false), Some(range));
            assert!(all(range, page, 7));
            // None: another map.
            let end = range.as_ptr().add(page);
            pages.resize(range, 4 * page, page, false).expect("shorter is always possible");
            let flags = sys::MapFlags::PRIVATE | sys::MapFlags::FIXED;
            sys::mmap_anonymous(end, page, ProtFlags::READ, flags).expect("it is free");
            assert_eq!(pages.resize(range, page, 2 * page, false), None);
            assert_eq!(pages.mapped(), page);
            let moved = pages.resize(range, page, 2 * page, true).expect("there is room elsewhere");
            assert!(moved != range && all(moved, page, 7));
            release(&pages, moved, 2 * page);
            sys::munmap(end, page).expect("it is mapped");
        }
    }

    fn discarded_bytes_are_zero_and_the_range_stays() {
        let (pages, page) = (AnonPages::new(), page::size());
        let range = allocate(&pages, 3 * page, 1);
        fill(range, 3 * page, 7);
        // SAFETY: nobody needs the second page.
        unsafe { assert!(pages.discard(range.add(page), page)) };
        // SAFETY: within the range.
        let (second, third) = unsafe { (range.add(page), range.add(2 * page)) };
        assert!(all(range, page, 7) && all(second, page, 0) && all(third, page, 7));
        assert_eq!(pages.mapped(), 3 * page);
        release(&pages, range, 3 * page);
    }

    fn lazily_discarded_bytes_are_zero_or_what_they_were() {
        let (pages, page) = (AnonPages::new().lazy(), page::size());
        let range = allocate(&pages, page, 1);
        fill(range, page, 7);
        // SAFETY: nobody needs the bytes.
        assert!(!unsafe { pages.discard(range, page) });
        assert!(all(range, page, 7) || all(range, page, 0));
        // Written again, they stay.
        fill(range, page, 8);
        assert!(all(range, page, 8));
        release(&pages, range, page);
    }

    fn the_limit_holds_and_what_is_released_counts_no_more() {
        let page = page::size();
        let pages = AnonPages::new().limit(4 * page + 1);
        let range = allocate(&pages, 3 * page, 1);
        assert_eq!(pages.allocate(page + 1, 1), None);
        assert_eq!(pages.mapped(), 3 * page);
        // SAFETY: the range has these lengths.
        unsafe {
            assert_eq!(pages.resize(range, 3 * page, 5 * page, true), None);
            let range = pages.resize(range, 3 * page, 4 * page, true).expect("as much as there may be");
            assert_eq!(pages.allocate(1, 1), None);
            let range = pages.resize(range, 4 * page, 1, true).expect("shorter is always possible");
            let other = allocate(&pages, 3 * page, 1);
            release(&pages, range, 1);
            release(&pages, other, 3 * page);
        }
        assert_eq!(pages.mapped(), 0);
    }

    fn lengths_and_alignments_that_cannot_be_are_refused() {
        let (pages, page) = (AnonPages::new(), page::size());
        let most = isize::MAX as usize;
        for len in [usize::MAX, usize::MAX - page + 1, usize::MAX - page, most + 1, most, most - page] {
            for align in [1, page, HUGE, 1 << 63] {
                assert_eq!(pages.allocate(len, align), None, "{len:#x} {align:#x}");
            }
        }
        for align in [1 << 63, 1 << 62, 1 << 50] {
            assert_eq!(pages.allocate(1, align), None, "{align:#x}");
        }
        let range = allocate(&pages, 10, 1);
        fill(range, 10, 7);
        for len in [usize::MAX, usize::MAX - page, most + 1, most, 1 << 60] {
            // SAFETY: the range has 10 bytes.
            assert_eq!(unsafe { pages.resize(range, 10, len, true) }, None, "{len:#x}");
        }
        assert!(all(range, 10, 7));
        assert_eq!(pages.mapped(), page);
        release(&pages, range, 10);
    }

    #[skip(qemu_user, "QEMU does not apply RLIMIT_AS")]
    fn without_address_space_nothing_changes() {
        child::check(|| {
            limits::set(RLIMIT_AS, 64 << 20).expect("less is allowed");
            let pages = AnonPages::new();
            let range = allocate(&pages, 10, 1);
            fill(range, 10, 7);
            assert_eq!(pages.allocate(64 << 20, 1), None);
            assert_eq!(pages.allocate(1, 64 << 20), None);
            // SAFETY: the range has 10 bytes.
            assert_eq!(unsafe { pages.resize(range, 10, 64 << 20, true) }, None);
            assert!(all(range, 10, 7));
            assert_eq!(pages.mapped(), page::size());
            release(&pages, range, 10);
        });
    }

    #[skip(qemu_user, "QEMU keeps maps of its own")]
    fn at_the_limit_of_maps_nothing_is_lost() {
        child::check(|| {
            let (pages, page) = (AnonPages::new(), page::size());
            let range = allocate(&pages, 3 * page, 1);
            fill(range, 3 * page, 7);
            // Every other page of a reservation is a map of its own, until there may be no more.
            let many = AnonMap::reserve(page << 18)?;
            let mut each = (1..1 << 17).map(|index| many.as_ptr().wrapping_add(2 * index * page).cast_mut());
            // SAFETY: nothing is borrowed from a reservation.
            let last = each.find_map(|page| unsafe { sys::mprotect(page, 1, ProtFlags::READ) }.err());
            assert_eq!(last, Some(Errno::ENOMEM), "vm.max_map_count is higher than this test thinks");

            let before = pages.mapped();
            for align in [1, 64 << 20] {
                if let Some(range) = pages.allocate(1, align) {
                    release(&pages, range, 1);
                }
                assert_eq!(pages.mapped(), before);
            }
            assert!(all(range, 3 * page, 7));
            drop(many);
            let after = allocate(&pages, 1, 64 << 20);
            release(&pages, after, 1);
            release(&pages, range, 3 * page);
            Result::Ok(())
        });
    }

    fn as_an_allocator_it_keeps_alignment_when_blocks_grow() {
        let pages = AnonPages::new();
        for align in [1, 16, page::size(), 1 << 20] {
            let layout = Layout::from_size_align(100, align).expect("short");
            // SAFETY: the block has this layout, and then another size.
            unsafe {
                let block = pages.alloc_zeroed(layout);
                assert_eq!(*block.add(99), 0);
                block.write_bytes(7, 100);
                let grown = pages.realloc(block, layout, HUGE);
                assert!(grown.addr().is_multiple_of(align), "{align}");
                assert!(all(NonNull::new(grown).expect("there is memory"), 100, 7));
                let layout = Layout::from_size_align(HUGE, align).expect("short");
                let shrunk = pages.realloc(grown, layout, 10);
                assert!(shrunk.addr().is_multiple_of(align), "{align}");
                pages.dealloc(shrunk, Layout::from_size_align(10, align).expect("short"));
            }
            assert_eq!(pages.mapped(), 0);
        }
    }

    fn several_sources_count_apart() {
        let (one, two) = (AnonPages::new(), AnonPages::new());
        let range = allocate(&one, 1, 1);
        assert_eq!((one.mapped(), two.mapped()), (page::size(), 0));
        release(&one, range, 1);
    }

    fn what_is_no_power_of_two_is_no_alignment() {
        let (pages, page) = (AnonPages::new(), page::size());
        for align in [0, 3, 24, page - 1, 3 * page] {
            assert_eq!(pages.allocate(1, align), None, "{align}");
        }
        assert_eq!((pages.allocate(0, 1), pages.mapped()), (None, 0));
    }

    // Something lies behind the block, so that it has to move.
    fn a_block_that_moves_is_aligned_as_before() {
        const ALIGN: usize = 8 << 20;
        let pages = AnonPages::new();
        let layout = Layout::from_size_align(3 * page::size(), ALIGN).expect("short");
        // SAFETY: the block has this layout, and then another size.
        unsafe {
            let block = pages.alloc(layout);
            block.write_bytes(7, layout.size());
            let behind = block.addr() + layout.size();
            let neighbour = MapOptions::new().len(page::size()).at(behind).map_anon();
            let grown = pages.realloc(block, layout, 9 * page::size());
            assert!(grown.addr().is_multiple_of(ALIGN) && *grown.add(layout.size() - 1) == 7);
            pages.dealloc(grown, Layout::from_size_align(9 * page::size(), ALIGN).expect("short"));
            drop(neighbour);
        }
        assert_eq!(pages.mapped(), 0);
    }

    fn ranges_of_any_length_lie_where_huge_pages_can() {
        let pages = AnonPages::new();
        let ranges = [1, 3, 5, 7].map(|more| {
            let len = HUGE + more * page::size();
            (allocate(&pages, len, 1), len)
        });
        for (range, len) in ranges {
            assert!(range.addr().get().is_multiple_of(HUGE), "{range:?}");
            release(&pages, range, len);
        }
    }

    #[skip(qemu_user, "QEMU's pages are not the kernel's")]
    fn long_ranges_have_huge_pages() -> Result<()> {
        if !huge::are_made_on_demand()? {
            return Ok(());
        }
        let size = baremap::map::transparent_huge_size().expect("they are made").get();
        let is_huge = |pages: &AnonPages, len: usize, grown: usize| {
            let mut range = allocate(pages, len, 1);
            if grown != len {
                // SAFETY: the range from above.
                range = unsafe { pages.resize(range, len, grown, true) }.expect("there is memory");
            }
            // Not where the page was that has grown: the kernel has made a table of small pages there.
            let start = range.addr().get();
            let first = (start + page::size()).next_multiple_of(size) - start;
            // SAFETY: within the range.
            let second = unsafe {
                range.add(first).write(1);
                range.add(first + page::size())
            };
            let is_huge = is_resident(second.as_ptr());
            release(pages, range, grown);
            is_huge
        };
        let len = 2 * size.max(HUGE);
        assert!(is_huge(&AnonPages::new(), len, len));
        assert!(is_huge(&AnonPages::new(), page::size(), len));
        assert!(!is_huge(&AnonPages::new().no_huge(), len, len));
        Ok(())
    }
}

fn round_up(len: usize) -> usize {
    page::round_up(len).expect("short")
}

#[track_caller]
fn allocate(pages: &AnonPages, len: usize, align: usize) -> NonNull<u8> {
    pages.allocate(len, align).expect("there is memory")
}

/// For ranges that nobody uses any more.
fn release(pages: &AnonPages, range: NonNull<u8>, len: usize) {
    // SAFETY: the caller's range.
    unsafe { pages.release(range, len) };
}

/// For ranges of the caller's.
fn fill(range: NonNull<u8>, len: usize, byte: u8) {
    // SAFETY: the caller's range.
    unsafe { range.write_bytes(byte, len) };
}

/// Whether all bytes of a range are this one.
fn all(range: NonNull<u8>, len: usize, byte: u8) -> bool {
    // SAFETY: the caller's range, which nobody writes to meanwhile.
    unsafe { core::slice::from_raw_parts(range.as_ptr(), len) }.iter().all(|&found| found == byte)
}
