use crate::harness::tests;
use crate::support::fds;
use crate::support::memory::is_mapped;
use crate::support::{child, seccomp};
use baremap::map::{Advice, UncheckedAdvice};
use baremap::sys;
use baremap::{AnonMap, Errno, File, FileMap, MapOptions, Operation, Reason, Result, SharedMap, page};
use linux_raw_sys::general::__NR_madvise;

tests! {
    fn advice_changes_no_byte() -> Result<()> {
        use Advice::{
            Cold, DoDump, DoFork, DontDump, HugePage, KeepOnFork, Mergeable, NoHugePage, Normal, PageOut, Random,
            Sequential, Unmergeable, WillNeed,
        };
        let mut map = AnonMap::new(4 * page::size())?;
        map.fill(7);
        for advice in [
            Normal, Random, Sequential, WillNeed, Cold, PageOut, DontDump, DoDump, DoFork, KeepOnFork, HugePage,
            NoHugePage, Mergeable, Unmergeable,
        ] {
            // A kernel without huge or merged pages does not know of them, nor an old one of cold ones.
            if let Err(error) = map.pages().advise(advice) {
                // Without swap there is nothing to read in (madvise(2): EBADF, where no file is mapped).
                let expected = if advice == WillNeed { Errno::EBADF } else { Errno::EINVAL };
                assert_eq!(error.errno(), expected, "{advice:?}");
            }
            assert!(map.iter().all(|&byte| byte == 7), "{advice:?}");
        }
        map.pages().advise(Normal)
    }

    fn a_range_is_within_the_map() -> Result<()> {
        // RUSTSEC-2026-0186 and the sum that its fix forgot.
        let page = page::size();
        let mut map = AnonMap::new(2 * page)?;
        let neighbour = map.split_off(page)?;
        assert_eq!(neighbour.as_ptr(), map.as_ptr().wrapping_add(page));
        for (offset, len) in [
            (0, page + 1), (page, 1), (page, page), (page + 1, 0), (1, page), (usize::MAX, 1), (1, usize::MAX),
            (usize::MAX, usize::MAX), (page, usize::MAX - page + 1),
        ] {
            let error = map.pages().range(offset, len).unwrap_err();
            assert_eq!(error.reason(), Reason::OutOfBounds { offset, len, size: page });
            assert_eq!(map.discard(offset, len).unwrap_err().errno(), Errno::EINVAL);
        }
        let file = fds::file(&[7; 10]);
        let map = MapOptions::new().offset(3).map_mut(&file)?;
        for (offset, len) in [(0, 8), (7, 1), (8, 0), (3, usize::MAX)] {
            assert_eq!(map.pages().range(offset, len).unwrap_err().errno(), Errno::EINVAL);
            assert_eq!(map.punch_hole(offset, len).unwrap_err().errno(), Errno::EINVAL);
            assert_eq!(map.flush_range(offset, len).unwrap_err().errno(), Errno::EINVAL);
        }
        Ok(())
    }

    fn a_range_of_a_range_is_a_range() -> Result<()> {
        let page = page::size();
        let map = AnonMap::new(10 * page)?;
        let pages = map.pages().range(page - 1, 3 * page)?;
        assert_eq!(pages.count(), 4);
        assert_eq!(pages.range(1, 2 * page)?.count(), 2);
        assert_eq!(pages.range(3 * page, 0)?.count(), 0);
        assert!(pages.range(3 * page, 1).is_err());
        pages.range(3 * page, 0)?.advise(Advice::Random)
    }

    #[skip(qemu_pages, "QEMU gives a part of a page no advice")]
    fn discard_makes_zeros_of_whole_pages() -> Result<()> {
        let page = page::size();
        let mut map = AnonMap::new(3 * page + 5)?;
        map.fill(7);
        map.discard(page, page)?;
        let sum = |bytes: &[u8]| bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>();
        assert_eq!([sum(&map[..page]), sum(&map[page..2 * page]), sum(&map[2 * page..])], [7 * page, 0, 7 * (page + 5)]);
        map.discard(3 * page, 5)?;
        assert_eq!(sum(&map[3 * page..]), 0);
        for (offset, len) in [(1, page), (0, 1), (page, page - 1), (3 * page, 4)] {
            let error = map.discard(offset, len).unwrap_err();
            assert!(matches!(error.reason(), Reason::Misaligned { .. }), "{error}");
        }
        assert_eq!(sum(&map), 14 * page);
        map.discard(page, 0)
    }

    fn discard_does_not_touch_locked_pages() -> Result<()> {
        let mut map = AnonMap::new(page::size())?;
        map.fill(7);
        map.pages().lock()?;
        assert_eq!(map.discard(0, page::size()).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(map[0], 7);
        Ok(())
    }

    #[skip(qemu_pages, "QEMU maps a copy of what is less than a page")]
    fn discard_undoes_stores_to_a_private_map() -> Result<()> {
        let file = fds::file(b"text");
        let mut map = FileMap::copy(&file)?;
        map.write_at(0, b"TEXT")?;
        map.discard(0, 4)?;
        assert_eq!(map.load::<u32>(0)?, u32::from_ne_bytes(*b"text"));
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_REMOVE and removes nothing")]
    fn punch_hole_makes_zeros_for_all() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.write_all_at(b"first", 0)?;
        file.write_all_at(b"second", page as u64)?;
        file.set_len(2 * page as u64)?;
        let map = MapOptions::new().offset(1).map_mut(&file)?;
        map.punch_hole(page - 1, page)?;
        let mut bytes = [0xff; 6];
        file.read_exact_at(&mut bytes, page as u64)?;
        assert_eq!(bytes, [0; 6]);
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"first\0");
        // What is before the map in its first page is not its own, nor what is behind it in the last.
        assert!(matches!(map.punch_hole(0, page - 1).unwrap_err().reason(), Reason::Misaligned { .. }));
        let part = MapOptions::new().len(3).map_mut(&file)?;
        assert!(matches!(part.punch_hole(0, 3).unwrap_err().reason(), Reason::Misaligned { .. }));

        let shared = SharedMap::new(page + 3)?;
        shared.write_at(page, b"abc")?;
        shared.punch_hole(page, 3)?;
        assert_eq!(shared.load::<u8>(page)?, 0);
        Ok(())
    }

    fn unchecked_advice_is_for_whole_pages() -> Result<()> {
        let page = page::size();
        let map = AnonMap::new(2 * page)?;
        for (offset, len) in [(1, page), (0, 1), (page, page - 1)] {
            // SAFETY: nothing is borrowed; it fails.
            let result = unsafe { map.pages().range(offset, len)?.unchecked_advise(UncheckedAdvice::DontNeed) };
            assert_eq!(result.unwrap_err().errno(), Errno::EINVAL);
        }
        // SAFETY: nothing is borrowed.
        unsafe { map.pages().unchecked_advise(UncheckedAdvice::Free) }
    }

    #[skip(qemu_user, "QEMU accepts MADV_DONTFORK and MADV_WIPEONFORK and applies neither")]
    fn what_children_get_is_a_matter_of_advice() -> Result<()> {
        let page = page::size();
        let mut map = AnonMap::new(3 * page)?;
        map.fill(7);
        // SAFETY: nothing is borrowed when the children are made.
        unsafe {
            map.pages().range(0, page)?.unchecked_advise(UncheckedAdvice::DontFork)?;
            map.pages().range(page, page)?.unchecked_advise(UncheckedAdvice::WipeOnFork)?;
        }
        let start = map.as_ptr();
        // SAFETY: the pages that the child has.
        let byte = |page_index: usize| unsafe { start.add(page_index * page).read_volatile() };
        child::check(|| {
            assert!(!is_mapped(start));
            assert_eq!([byte(1), byte(2)], [0, 7]);
        });
        map.pages().range(0, page)?.advise(Advice::DoFork)?;
        map.pages().range(page, page)?.advise(Advice::KeepOnFork)?;
        child::check(|| assert_eq!([byte(0), byte(1), byte(2)], [7, 7, 7]));
        Ok(())
    }

    #[since(5, 14, "MADV_POPULATE_READ and MADV_POPULATE_WRITE")]
    fn prefault_reads_everything_in() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.set_len(5 * page as u64)?;
        let map = FileMap::write(&file)?;
        map.pages().prefault_read()?;
        map.pages().prefault_write()?;
        assert_eq!(map.load::<u8>(4 * page)?, 0);
        let memory = AnonMap::new(5 * page)?;
        memory.pages().range(page, 2 * page)?.prefault_write()?;
        memory.pages().range(page, 0)?.prefault_write()?;
        memory.pages().prefault_read()
    }

    #[skip(qemu_pages, "QEMU maps a copy of what is less than a page")]
    #[since(5, 14, "MADV_POPULATE_READ and MADV_POPULATE_WRITE")]
    fn prefault_reports_the_end_of_the_file() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.set_len(3 * page as u64)?;
        let map = FileMap::write(&file)?;
        file.set_len(page as u64 + 1)?;
        assert_eq!(map.pages().prefault_read().unwrap_err().errno(), Errno::EFAULT);
        assert_eq!(map.pages().prefault_write().unwrap_err().errno(), Errno::EFAULT);
        map.pages().range(0, 2 * page)?.prefault_read()?;
        assert_eq!(map.pages().range(0, 2 * page + 1)?.prefault_read().unwrap_err().errno(), Errno::EFAULT);
        Ok(())
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn prefault_on_an_old_kernel_loads_from_each_page() {
        child::check(|| {
            // 22 and 23 are refused, what is below 16 is not.
            seccomp::refuse(__NR_madvise as usize, 2, 16, Errno::EINVAL);
            let page = page::size();
            let file = File::unnamed()?;
            file.set_len(3 * page as u64)?;
            let map = FileMap::write(&file)?;
            map.pages().prefault_read()?;
            assert_eq!(map.pages().prefault_write().unwrap_err().errno(), Errno::EINVAL);
            file.set_len(page as u64)?;
            assert_eq!(map.pages().prefault_read().unwrap_err().errno(), Errno::EFAULT);
            Result::Ok(())
        });
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn advice_that_the_kernel_does_not_know_says_so() {
        child::check(|| {
            seccomp::refuse(__NR_madvise as usize, 2, sys::Advice::SEQUENTIAL.0, Errno::EINVAL);
            let map = AnonMap::new(1)?;
            assert_eq!(map.pages().advise(Advice::Sequential).unwrap_err().errno(), Errno::EINVAL);
            map.pages().advise(Advice::Normal)
        });
    }

    fn one_page_of_many_that_is_not_in_memory_shows() -> Result<()> {
        let page = page::size();
        // More than the kernel is asked about at once.
        let map = AnonMap::new(130 * page)?;
        map.pages().range(0, 129 * page)?.lock()?;
        assert!(!map.pages().is_resident()?);
        assert!(map.pages().range(0, 129 * page)?.is_resident()?);
        let mut resident = [false; 130];
        map.pages().residency(&mut resident)?;
        assert_eq!(resident.iter().position(|&resident| !resident), Some(129));
        Ok(())
    }

    #[skip(qemu_user, "MADV_POPULATE_WRITE is 0 and does nothing")]
    fn prefault_write_copies_private_pages() -> Result<()> {
        let (page, file) = (page::size(), fds::file(b""));
        file.set_len(2 * page as u64)?;
        let map = FileMap::copy(&file)?;
        match map.pages().range(0, 1)?.prefault_write() {
            // Before Linux 5.14.
            Err(error) if error.errno() == Errno::EINVAL => return Ok(()),
            result => result?,
        }
        file.write_all_at(b"1", 0)?;
        file.write_all_at(b"1", page as u64)?;
        assert_eq!((map.load::<u8>(0)?, map.load::<u8>(page)?), (0, b'1'));
        Ok(())
    }

    fn a_hole_is_within_the_map_and_of_whole_pages() -> Result<()> {
        let page = page::size();
        let map = SharedMap::new(3 * page - 10)?;
        map.write_at(0, b"stays")?;
        for (offset, len) in [(1, page), (0, 5), (page, page - 1), (0, 3 * page), (3 * page, page), (page, usize::MAX)] {
            let error = map.punch_hole(offset, len).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::PunchHole, Errno::EINVAL), "{offset} {len}");
        }
        assert_eq!(map.load::<u8>(4)?, b's');
        map.punch_hole(2 * page, page - 10)
    }

    // The map's first byte is in the middle of a page of the file.
    #[skip(qemu_pages, "QEMU gives a part of a page no advice")]
    fn discard_goes_to_the_end_of_a_part_too() -> Result<()> {
        let (page, file) = (page::size(), fds::file(b""));
        file.set_len(3 * page as u64)?;
        let mut map = MapOptions::new().offset(100).len(2 * page).map_copy(&file)?;
        let second = page - 100;
        map.write_at(0, b"1")?;
        map.write_at(second, b"2")?;
        map.write_at(2 * page - 1, b"3")?;
        map.discard(second, page + 100)?;
        assert_eq!([map.load::<u8>(0)?, map.load(second)?, map.load(2 * page - 1)?], [b'1', 0, 0]);
        assert_eq!(map.discard(second, page + 99).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(map.discard(second, page + 101).unwrap_err().errno(), Errno::EINVAL);
        Ok(())
    }
}
