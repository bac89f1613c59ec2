use crate::harness::tests;
use crate::support::memory::Pages;
use crate::support::{child, fds};
use baremap::fd::AsFd;
use baremap::sys::{self, Advice, MapFlags, ProtFlags, Signal};
use baremap::{AnonMap, Errno, FileMap, MapOptions, SharedMap, page, println};
use core::ptr;

type Result<T = ()> = core::result::Result<T, Errno>;

const NULL: *mut u8 = ptr::null_mut();
const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

tests! {
    #[skip(qemu_pages, "QEMU gives a part of a page no advice")]
    fn a_part_of_a_page_is_a_page_at_the_end() -> Result {
        let pages = Pages::new(3);
        // SAFETY: the pages are the test's own.
        unsafe { pages.page(0).write_bytes(7, pages.len()) };
        advise(pages.page(0), page::size() + 1, Advice::DONTNEED)?;
        let (second, third) = (pages.page(1).wrapping_add(page::size() - 1), pages.page(2));
        // SAFETY: as above.
        assert_eq!(unsafe { (*second, *third) }, (0, 7));
        Ok(())
    }

    fn no_length_is_none() -> Result {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own.
        unsafe { *pages.page(0) = 7 };
        advise(pages.page(0), 0, Advice::DONTNEED)?;
        // SAFETY: as above.
        assert_eq!(unsafe { *pages.page(0) }, 7);
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts any advice for any range")]
    fn nothing_is_asked_whether_advice_is_known() {
        assert_eq!(advise(NULL, 0, Advice::NORMAL), Ok(()));
        assert_eq!(advise(NULL, 0, Advice::DONTNEED), Ok(()));
        assert_eq!(advise(NULL, 0, Advice(9999)), Err(Errno::EINVAL));
    }

    fn a_range_beyond_all_addresses_is_einval() {
        let pages = Pages::new(1);
        for len in [usize::MAX, usize::MAX - page::size()] {
            assert_eq!(advise(pages.page(0), len, Advice::NORMAL), Err(Errno::EINVAL));
        }
    }

    #[skip(qemu_user, "QEMU accepts any advice for any range")]
    fn a_range_with_a_gap_is_enomem_and_the_rest_is_done() {
        let pages = Pages::new(3);
        // SAFETY: the pages are the test's own.
        unsafe { pages.page(0).write_bytes(7, pages.len()) };
        pages.unmap(1);
        assert_eq!(advise(pages.page(0), pages.len(), Advice::DONTNEED), Err(Errno::ENOMEM));
        // SAFETY: as above.
        assert_eq!(unsafe { (*pages.page(0), *pages.page(2)) }, (0, 0));
    }

    fn what_is_not_needed_leaves_the_memory() -> Result {
        let pages = Pages::new(2);
        // SAFETY: the pages are the test's own.
        unsafe { pages.page(0).write_bytes(7, pages.len()) };
        advise(pages.page(1), page::size(), Advice::DONTNEED)?;
        assert_eq!([0, 1].map(|index| pages.is_resident(index)), [true, false]);
        Ok(())
    }

    fn what_is_not_needed_of_shared_maps_comes_back() -> Result {
        let len = page::size();
        let file = fds::file(b"");
        file.set_len(len as u64)?;
        let (memory, map) = (SharedMap::new(len)?, FileMap::write(&file)?);
        memory.store(1, 7_u8)?;
        map.store(1, 8_u8)?;
        advise(memory.as_mut_ptr(), len, Advice::DONTNEED)?;
        advise(map.as_mut_ptr(), len, Advice::DONTNEED)?;
        assert_eq!((memory.load::<u8>(1)?, map.load::<u8>(1)?), (7, 8));
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_REMOVE and does not apply it")]
    fn a_hole_takes_a_shared_map_that_may_be_written() -> Result {
        let (file, len) = (fds::file(b""), page::size());
        file.set_len(len as u64)?;
        let (private, shared) = (FileMap::copy(&file)?, FileMap::write(&file)?);
        let read_only = fds::reopen(&file, sys::OFlags::RDONLY);
        let reader = FileMap::read(&read_only)?;
        assert_eq!(advise(private.as_mut_ptr(), len, Advice::REMOVE), Err(Errno::EACCES));
        assert_eq!(advise(reader.as_ptr().cast_mut(), len, Advice::REMOVE), Err(Errno::EACCES));
        shared.pages().lock()?;
        assert_eq!(advise(shared.as_mut_ptr(), len, Advice::REMOVE), Err(Errno::EINVAL));
        shared.pages().unlock()?;
        advise(shared.as_mut_ptr(), len, Advice::REMOVE)
    }

    fn what_is_written_after_it_was_given_up_stays() -> Result {
        let pages = Pages::new(2);
        // SAFETY: the pages are the test's own.
        unsafe {
            pages.page(0).write_bytes(7, pages.len());
            advise(pages.page(0), pages.len(), Advice::FREE)?;
            *pages.page(0) = 8;
            // What is not written is what it was, or zeros, and that as a whole.
            let (first, last) = (*pages.page(1), *pages.page(2).sub(1));
            assert!(*pages.page(0) == 8 && [0, 7].contains(&first) && [0, 7].contains(&last));
        }
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts any advice for any range")]
    fn what_is_a_files_is_neither_given_up_nor_wiped() -> Result {
        let file = fds::file(b"");
        file.set_len(page::size() as u64)?;
        let (private, shared, memory) =
            (FileMap::copy(&file)?, FileMap::write(&file)?, SharedMap::new(page::size())?);
        for map in [private.as_mut_ptr(), shared.as_mut_ptr(), memory.as_mut_ptr()] {
            assert_eq!(advise(map, page::size(), Advice::FREE), Err(Errno::EINVAL));
            assert_eq!(advise(map, page::size(), Advice::WIPEONFORK), Err(Errno::EINVAL));
        }
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_WIPEONFORK and does not apply it")]
    fn what_is_wiped_for_a_child_is_wiped_for_its_children() -> Result {
        let pages = Pages::new(1);
        advise(pages.page(0), page::size(), Advice::WIPEONFORK)?;
        child::check(|| {
            // SAFETY: the page is the test's own.
            unsafe { *pages.page(0) = 7 };
            // SAFETY: as above.
            child::check(|| assert_eq!(unsafe { *pages.page(0) }, 0));
        });
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts any advice for any range")]
    fn locked_pages_are_neither_cold_nor_taken_out() -> Result {
        let pages = Pages::new(1);
        sys::mlock(pages.page(0), page::size())?;
        assert_eq!(advise(pages.page(0), page::size(), Advice::COLD), Err(Errno::EINVAL));
        assert_eq!(advise(pages.page(0), page::size(), Advice::PAGEOUT), Err(Errno::EINVAL));
        sys::munlock(pages.page(0), page::size())?;
        advise(pages.page(0), page::size(), Advice::COLD)
    }

    #[skip(qemu_user, "QEMU accepts MADV_POPULATE_READ and reads nothing in")]
    #[since(5, 14, "MADV_POPULATE_READ and MADV_POPULATE_WRITE")]
    fn populated_pages_are_in_memory() -> Result {
        for advice in [Advice::POPULATE_READ, Advice::POPULATE_WRITE] {
            let pages = Pages::new(3);
            advise(pages.page(0), 2 * page::size(), advice)?;
            // Pages that were only read may all be the kernel's one page of zeros.
            if advice == Advice::POPULATE_WRITE {
                assert_eq!([0, 1, 2].map(|index| pages.is_resident(index)), [true, true, false]);
            }
            let shared = SharedMap::new(3 * page::size())?;
            advise(shared.as_mut_ptr(), 2 * page::size(), advice)?;
            let mut resident = [false; 3];
            shared.pages().residency(&mut resident)?;
            assert_eq!(resident, [true, true, false]);
        }
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts any advice for any range")]
    #[since(5, 14, "MADV_POPULATE_READ and MADV_POPULATE_WRITE")]
    fn populating_takes_the_permission_to_touch() -> Result {
        let reserved = AnonMap::reserve(page::size())?;
        let address = reserved.as_ptr().cast_mut();
        assert_eq!(advise(address, page::size(), Advice::POPULATE_READ), Err(Errno::EINVAL));
        let read_only = AnonMap::new(page::size())?.make_read_only().map_err(|failed| failed.error())?;
        let address = read_only.as_ptr().cast_mut();
        advise(address, page::size(), Advice::POPULATE_READ)?;
        assert_eq!(advise(address, page::size(), Advice::POPULATE_WRITE), Err(Errno::EINVAL));
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_GUARD_INSTALL and does not apply it")]
    fn guards_stay_until_they_are_removed() -> Result {
        if !has_guards() {
            return Ok(());
        }
        let pages = Pages::new(3);
        // SAFETY: the pages are the test's own.
        unsafe { pages.page(0).write_bytes(7, pages.len()) };
        advise(pages.page(1), page::size(), Advice::GUARD_INSTALL)?;
        let touch = |index| {
            // SAFETY: as above; the child may end by it.
            let status = child::run(|| unsafe { pages.page(index).read_volatile() });
            status.signal().map_or(Ok(status.code()), Err)
        };
        // In a child, so that children have them too.
        assert_eq!([0, 1, 2].map(touch), [Ok(Some(7)), Err(Signal::SEGV), Ok(Some(7))]);
        advise(pages.page(1), page::size(), Advice::GUARD_INSTALL)?;
        advise(pages.page(1), page::size(), Advice::DONTNEED)?;
        assert_eq!(touch(1), Err(Signal::SEGV));
        assert!(sys::mlock(pages.page(1), page::size()).is_err());
        assert_eq!(advise(pages.page(0), pages.len(), Advice::POPULATE_READ), Err(Errno::EFAULT));
        // What is no guard page is left alone.
        advise(pages.page(0), pages.len(), Advice::GUARD_REMOVE)?;
        assert_eq!([0, 1, 2].map(touch), [Ok(Some(7)), Ok(Some(0)), Ok(Some(7))]);
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_GUARD_INSTALL and does not apply it")]
    fn locked_pages_become_no_guards() -> Result {
        if !has_guards() {
            return Ok(());
        }
        let pages = Pages::new(1);
        sys::mlock(pages.page(0), page::size())?;
        assert_eq!(advise(pages.page(0), page::size(), Advice::GUARD_INSTALL), Err(Errno::EINVAL));
        Ok(())
    }

    fn advice_is_for_maps_of_files_too() -> Result {
        let file = fds::file(b"text");
        let map = MapOptions::new().map_mut(&file)?;
        // SAFETY: the map is the test's own.
        let own = unsafe { sys::mmap(NULL, 4, READ_WRITE, MapFlags::SHARED, file.as_fd(), 0) }?;
        for advice in [Advice::NORMAL, Advice::RANDOM, Advice::SEQUENTIAL, Advice::WILLNEED] {
            advise(own, page::size(), advice)?;
            assert_eq!(map.load::<u32>(0)?, u32::from_ne_bytes(*b"text"));
        }
        // SAFETY: as above.
        unsafe { sys::munmap(own, 4) }
    }
}

/// Whether the kernel has guard pages.
fn has_guards() -> bool {
    let has_guards = advise(NULL, 0, Advice::GUARD_INSTALL).is_ok();
    if !has_guards {
        println!("this kernel has no guard pages; Linux 6.13 has");
    }
    has_guards
}

fn advise(address: *mut u8, len: usize, advice: Advice) -> Result {
    // SAFETY: the pages are the tests' own, and nothing is borrowed from them.
    unsafe { sys::madvise(address, len, advice) }
}
