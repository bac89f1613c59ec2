use crate::harness::tests;
use crate::support::memory::is_mapped;
use crate::support::{child, fds, seccomp};
use baremap::fd::AsFd;
use baremap::map::NoAccess;
use baremap::sys::{self, SealFlags};
use baremap::{AnonMap, Errno, MapOptions, Reason, Result, page};
use linux_raw_sys::general::{__NR_madvise, __NR_mremap};

tests! {
    fn a_reservation_takes_no_memory_until_it_is_committed() -> Result<()> {
        let mut reserved = AnonMap::reserve(1 << 30)?;
        assert_eq!(reserved.len(), 1 << 30);
        let rest = reserved.split_off(page::size())?;
        let mut committed = reserved.make_mut()?;
        committed.fill(1);
        assert_eq!(rest.len(), (1 << 30) - page::size());
        Ok(())
    }

    #[signal(SIGSEGV)]
    fn a_reservation_cannot_be_touched() {
        let reserved = AnonMap::reserve(1).expect("a page");
        // SAFETY: it is to raise a signal, which is what the test is about.
        unsafe { reserved.as_ptr().read_volatile() };
    }

    fn decommit_gives_the_memory_back() -> Result<()> {
        let mut map = AnonMap::new(2 * page::size())?;
        map.fill(7);
        let mut map = map.decommit()?.make_mut()?;
        assert!(map.iter().all(|&byte| byte == 0));
        // Locked pages too.
        map.fill(7);
        map.pages().lock()?;
        let map = map.decommit()?.make_mut()?;
        assert!(map.iter().all(|&byte| byte == 0));
        Ok(())
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_decommit_that_fails_changes_nothing() {
        child::check(|| {
            let mut map = AnonMap::new(page::size())?;
            map.fill(7);
            seccomp::refuse(__NR_madvise as usize, 2, sys::Advice::DONTNEED.0, Errno::EINVAL);
            let failed = map.decommit().unwrap_err();
            assert_eq!(failed.error().errno(), Errno::EINVAL);
            let mut map = failed.into_map();
            map[0] += 1;
            assert_eq!(map[..2], [8, 7]);
            Result::Ok(())
        });
    }

    fn parts_go_apart_and_come_together() -> Result<()> {
        let page = page::size();
        let mut first = AnonMap::new(3 * page + 10)?;
        first.fill(1);
        let start = first.as_ptr();
        let mut second = first.split_off(page)?;
        let third = second.split_off(page)?;
        assert_eq!([first.len(), second.len(), third.len()], [page, page, page + 10]);
        assert_eq!(third.as_ptr(), start.wrapping_add(2 * page));

        // In the wrong order, and with a gap.
        let failed = first.join(third).unwrap_err();
        assert_eq!((failed.error().errno(), failed.error().reason()), (Errno::EINVAL, Reason::NotAdjacent));
        let third = failed.into_map();
        let failed = second.join(first).unwrap_err();
        let mut first = failed.into_map();

        second.join(third)?;
        first.join(second)?;
        assert_eq!((first.len(), first.as_ptr()), (3 * page + 10, start));
        assert!(first.iter().all(|&byte| byte == 1));
        Ok(())
    }

    fn parts_are_dropped_each_for_itself() -> Result<()> {
        let page = page::size();
        let mut first = AnonMap::new(3 * page)?;
        let mut second = first.split_off(page)?;
        let third = second.split_off(page)?;
        let start = first.as_ptr();
        let there = || [0, 1, 2].map(|index| is_mapped(start.wrapping_add(index * page)));
        drop(second);
        assert_eq!(there(), [true, false, true]);
        drop(first);
        assert_eq!(there(), [false, false, true]);
        drop(third);
        assert_eq!(there(), [false; 3]);
        Ok(())
    }

    fn a_cut_is_at_a_page_or_at_an_end() -> Result<()> {
        let mut map = AnonMap::new(page::size() + 10)?;
        assert_eq!(split_error(&mut map, 1), Errno::EINVAL);
        assert_eq!(split_error(&mut map, page::size() + 1), Errno::EINVAL);
        assert_eq!(split_error(&mut map, page::size() + 11), Errno::EINVAL);
        assert_eq!(split_error(&mut map, usize::MAX), Errno::EINVAL);
        assert_eq!(map.split_off(page::size() + 10)?.len(), 0);
        assert_eq!(map.len(), page::size() + 10);
        let all = map.split_off(0)?;
        assert_eq!((map.len(), all.len()), (0, page::size() + 10));
        map.join(all)?;
        assert_eq!(map.len(), page::size() + 10);
        // Its last page is not full: the next bytes would not follow.
        let mut reserved = AnonMap::reserve(2 * page::size())?;
        let back = reserved.split_off(page::size())?;
        drop(reserved.split_off(0)?);
        assert!(reserved.join(back).is_ok());
        Ok(())
    }

    #[skip(qemu_pages, "QEMU maps less than a page in pieces, and loses some when it moves them")]
    fn a_file_goes_into_a_part() -> Result<()> {
        let page = page::size();
        let file = fds::file(b"first page");
        file.write_all_at(b"third page", 2 * page as u64)?;
        let mut front = AnonMap::reserve(4 * page)?;
        let mut middle = front.split_off(page)?;
        let back = middle.split_off(page)?;
        let at = middle.as_ptr();

        let map = middle.map_file(&MapOptions::new().offset(2 * page as u64 + 6), &file)?;
        assert_eq!(map.as_ptr(), at.wrapping_add(6));
        let mut bytes = [0; 4];
        map.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"page");
        drop(map);
        let (front, mut back) = (front.make_read_only()?, back.make_read_only()?.make_none()?);
        assert!(!is_mapped(at) && is_mapped(front.as_ptr()));

        let last = back.split_off(page)?;
        let map = back.map_file_mut(&MapOptions::new().len(10), &file)?;
        map.write_at(0, b"FIRST")?;
        let map = last.map_file_copy(&MapOptions::new().len(10), &file)?;
        map.write_at(6, b"PAGE")?;
        let mut bytes = [0; 10];
        map.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"FIRST PAGE");
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"FIRST page");
        Ok(())
    }

    fn a_file_that_does_not_fit_leaves_the_reservation() -> Result<()> {
        let page = page::size();
        let file = fds::file(b"text");
        let map = AnonMap::reserve(2 * page)?;
        let failed = map.map_file(&MapOptions::new(), &file).unwrap_err();
        // As the pages are counted; the four bytes take one.
        assert_eq!(failed.error().reason(), Reason::WrongLength { len: page, expected: 2 * page });
        let failed = failed.into_map().map_file(&MapOptions::new().len(5), &file).unwrap_err();
        assert_eq!(failed.error().reason(), Reason::PastEnd { offset: 0, len: 5, size: 4 });
        still_reserved(failed.into_map(), 2 * page)
    }

    fn a_sealed_file_leaves_the_reservation() -> Result<()> {
        // The kernel finds out after it has unmapped what was at a fixed address.
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE).expect("a memfd takes seals");
        let failed = AnonMap::reserve(page::size())?.map_file_mut(&MapOptions::new(), &file).unwrap_err();
        assert_eq!(failed.error().errno(), Errno::EPERM);
        still_reserved(failed.into_map(), page::size())
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_move_that_is_refused_leaves_the_reservation() {
        child::check(|| {
            let file = fds::file(b"text");
            let reserved = AnonMap::reserve(page::size())?;
            seccomp::refuse(__NR_mremap as usize, 3, sys::MremapFlags::FIXED.bits(), Errno::EINVAL);
            let failed = reserved.map_file(&MapOptions::new(), &file).unwrap_err();
            assert_eq!(failed.error().errno(), Errno::EINVAL);
            still_reserved(failed.into_map(), page::size())
        });
    }

    // The kernel may have let go of the addresses by then.
    #[skip(qemu_user, "QEMU has no seccomp")]
    fn a_move_that_runs_out_of_memory_gives_no_address_back() {
        child::check(|| {
            let file = fds::file(b"text");
            let reserved = AnonMap::reserve(page::size())?;
            seccomp::refuse(__NR_mremap as usize, 3, sys::MremapFlags::FIXED.bits(), Errno::ENOMEM);
            let failed = reserved.map_file(&MapOptions::new(), &file).unwrap_err();
            assert_eq!(failed.error().errno(), Errno::ENOMEM);
            assert!(failed.into_map().is_empty());
            Ok::<_, baremap::Error>(())
        });
    }

    #[skip(qemu_user, "QEMU keeps maps of its own")]
    fn with_too_many_maps_changes_fail_and_drops_do_not() {
        child::check(|| {
            let page = page::size();
            let mut front = AnonMap::new(3 * page)?;
            front.fill(7);
            let mut middle = front.split_off(page)?;
            let _back = middle.split_off(page)?;
            let address = middle.as_ptr();

            // Every other page of a reservation is a map of its own, until there may be no more.
            let many = AnonMap::reserve(page << 18)?;
            let mut pages = (1..1 << 17).map(|index| many.as_ptr().wrapping_add(2 * index * page).cast_mut());
            // SAFETY: nothing is borrowed from a reservation.
            let last = pages.find_map(|page| unsafe { sys::mprotect(page, 1, sys::ProtFlags::READ) }.err());
            assert_eq!(last, Some(Errno::ENOMEM), "vm.max_map_count is higher than this test thinks");

            let failed = middle.make_read_only().unwrap_err();
            assert_eq!(failed.error().errno(), Errno::ENOMEM);
            let mut middle = failed.into_map();
            middle.fill(8);
            let errno = middle.decommit().map(drop).map_err(|failed| {
                let errno = failed.error().errno();
                drop(failed.into_map());
                errno
            });
            assert_eq!(errno, Err(Errno::ENOMEM));
            // To unmap it was to cut the map in two: its memory is gone all the same.
            // SAFETY: the page is still mapped, which is what the test is about.
            assert_eq!(unsafe { address.read_volatile() }, 0);
            assert!(front.iter().all(|&byte| byte == 7));
            drop(many);
            Result::Ok(())
        });
    }

    fn nothing_is_reserved_for_nothing() -> Result<()> {
        let map = AnonMap::reserve(0)?.map_file(&MapOptions::new(), fds::file(b""))?;
        assert!(map.is_empty());
        assert!(AnonMap::reserve(0)?.decommit()?.is_empty());
        Ok(())
    }

    fn too_much_is_enomem() {
        assert_eq!(AnonMap::reserve(usize::MAX).unwrap_err().errno(), Errno::ENOMEM);
        assert_eq!(AnonMap::reserve(isize::MAX as usize).unwrap_err().errno(), Errno::ENOMEM);
    }

    fn code_of_a_part_is_of_that_part_only() -> Result<()> {
        let page = page::size();
        let mut data = AnonMap::new(2 * page)?;
        let code = data.split_off(page)?.make_exec()?;
        data.fill(1);
        assert!(code.iter().all(|&byte| byte == 0));
        Ok(())
    }

    // The end of the front is in the middle of its last page: between its last byte and the back there are others.
    fn what_does_not_end_with_a_page_is_followed_by_nothing() -> Result<()> {
        let mut front = AnonMap::new(2 * page::size())?;
        let back = front.split_off(page::size())?;
        front.resize(5)?;
        let error = front.join(back).unwrap_err();
        assert_eq!(error.error().reason(), Reason::NotAdjacent);
        assert_eq!((front.len(), error.into_map().len()), (5, page::size()));
        Ok(())
    }

    fn there_is_no_cut_behind_the_end() -> Result<()> {
        let page = page::size();
        let mut map = AnonMap::new(2 * page)?;
        for at in [2 * page + 1, 3 * page, usize::MAX / page * page] {
            let error = map.split_off(at).unwrap_err();
            assert_eq!(error.reason(), Reason::OutOfBounds { offset: at, len: 0, size: 2 * page });
        }
        assert_eq!(map.len(), 2 * page);
        Ok(())
    }
}

fn split_error(map: &mut AnonMap, at: usize) -> Errno {
    let error = map.split_off(at).unwrap_err();
    assert_eq!(map.len(), page::size() + 10);
    error.errno()
}

fn still_reserved(map: AnonMap<NoAccess>, len: usize) -> Result<()> {
    assert_eq!(map.len(), len);
    let mut map = map.make_mut()?;
    map.fill(1);
    Ok(())
}
