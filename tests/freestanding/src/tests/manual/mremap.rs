use crate::harness::tests;
use crate::support::memory::{Pages, is_mapped};
use crate::support::{child, fds, limits, user};
use baremap::fd::AsFd;
use baremap::sys::{self, MapFlags, MremapFlags, MsyncFlags, ProtFlags};
use baremap::{Errno, SharedMap, page};
use core::ptr;
use linux_raw_sys::general::RLIMIT_MEMLOCK;

type Result<T = ()> = core::result::Result<T, Errno>;

const NULL: *mut u8 = ptr::null_mut();
const MAYMOVE: MremapFlags = MremapFlags::MAYMOVE;
const MOVE: MremapFlags = MremapFlags::MAYMOVE.union(MremapFlags::FIXED);

tests! {
    #[skip(qemu_user, "QEMU moves whatever may move")]
    fn what_shrinks_stays_where_it_is() -> Result {
        let pages = Pages::new(3);
        // Even where it may move.
        for (len, flags) in [(2, MremapFlags::empty()), (1, MAYMOVE)] {
            let result = remap(pages.page(0), (len + 1) * page::size(), len * page::size(), flags, NULL);
            assert_eq!(result, Ok(pages.page(0)));
            assert_eq!([0, 1, 2].map(|index| is_mapped(pages.page(index))), [true, len > 1, false]);
        }
        Ok(())
    }

    fn what_shrinks_takes_the_maps_behind_with_it() -> Result {
        let pages = Pages::new(4);
        // SAFETY: the pages are the test's own.
        unsafe { sys::mprotect(pages.page(2), page::size(), ProtFlags::READ) }?;
        remap(pages.page(0), pages.len(), page::size(), MremapFlags::empty(), NULL)?;
        assert_eq!([0, 1, 2, 3].map(|index| is_mapped(pages.page(index))), [true, false, false, false]);
        Ok(())
    }

    #[skip(qemu_user, "QEMU moves whatever may move")]
    fn what_has_room_grows_where_it_is() -> Result {
        let pages = Pages::new(3);
        pages.unmap(1);
        pages.unmap(2);
        for flags in [MremapFlags::empty(), MAYMOVE] {
            let grown = remap(pages.page(0), page::size(), 2 * page::size(), flags, NULL)?;
            assert_eq!((grown, is_mapped(pages.page(1))), (pages.page(0), true));
            pages.unmap(1);
        }
        Ok(())
    }

    fn a_move_takes_the_place_of_what_was_there() -> Result {
        let pages = Pages::new(5);
        // SAFETY: the pages are the test's own.
        unsafe {
            pages.page(0).write_bytes(1, page::size());
            pages.page(2).write_bytes(2, 3 * page::size());
            // It grows on the way.
            remap(pages.page(0), page::size(), 2 * page::size(), MOVE, pages.page(2))?;
            assert_eq!([2, 3, 4].map(|index| *pages.page(index)), [1, 0, 2]);
        }
        assert_eq!([0, 1].map(|index| is_mapped(pages.page(index))), [false, true]);
        Ok(())
    }

    fn a_move_may_shrink() -> Result {
        let pages = Pages::new(4);
        // SAFETY: the pages are the test's own.
        unsafe {
            pages.page(0).write_bytes(1, 2 * page::size());
            remap(pages.page(0), 2 * page::size(), page::size(), MOVE, pages.page(3))?;
            assert_eq!(*pages.page(3), 1);
        }
        assert_eq!([0, 1, 2].map(|index| is_mapped(pages.page(index))), [false, false, true]);
        Ok(())
    }

    fn a_map_of_a_file_goes_on_where_the_file_does() -> Result {
        let (page, file) = (page::size(), fds::file(b""));
        file.write_all_at(b"second", page as u64)?;
        file.write_all_at(b"third", 2 * page as u64)?;
        // SAFETY: the map is the test's own, and nobody shortens the file.
        unsafe {
            let (prot, offset) = (ProtFlags::READ, page as u64);
            let map = sys::mmap(NULL, page, prot, MapFlags::SHARED, file.as_fd(), offset)?;
            let map = sys::mremap(map, page, 2 * page, MAYMOVE, NULL)?;
            assert_eq!((*map, *map.add(page)), (b's', b't'));
            sys::munmap(map, 2 * page)
        }
    }

    #[skip(qemu_user, "QEMU takes a map of no length for none")]
    fn no_old_length_makes_a_second_map_of_shared_pages() -> Result {
        let shared = SharedMap::new(page::size())?;
        let second = remap(shared.as_mut_ptr(), 0, page::size(), MAYMOVE, NULL)?;
        assert!(second != shared.as_mut_ptr() && is_mapped(shared.as_ptr()));
        shared.store(1, 7_u8)?;
        // SAFETY: the second map is the test's own.
        unsafe {
            assert_eq!(second.add(1).read_volatile(), 7);
            sys::munmap(second, page::size())?;
        }
        // Private pages have no second place.
        let pages = Pages::new(1);
        assert_eq!(remap(pages.page(0), 0, page::size(), MAYMOVE, NULL), Err(Errno::EINVAL));
        // The second map has to be elsewhere. The manual has EINVAL, and Linux says that there is no room.
        let errno = remap(shared.as_mut_ptr(), 0, page::size(), MremapFlags::empty(), NULL).unwrap_err();
        assert!([Errno::EINVAL, Errno::ENOMEM].contains(&errno), "{errno:?}");
        Ok(())
    }

    #[skip(qemu_user, "QEMU leaves MREMAP_DONTUNMAP out")]
    fn what_is_moved_and_not_unmapped_is_zeros() -> Result {
        let pages = Pages::new(2);
        // SAFETY: the pages are the test's own.
        unsafe {
            *pages.page(0) = 7;
            let flags = MOVE | MremapFlags::DONTUNMAP;
            remap(pages.page(0), page::size(), page::size(), flags, pages.page(1))?;
            assert_eq!((*pages.page(0), *pages.page(1)), (0, 7));
        }
        // It has to move, and to keep its length.
        let dontunmap = MremapFlags::DONTUNMAP;
        for (len, flags) in [(1, dontunmap), (2, dontunmap | MAYMOVE)] {
            let result = remap(pages.page(0), page::size(), len * page::size(), flags, NULL);
            assert_eq!(result, Err(Errno::EINVAL), "{len} {flags:?}");
        }
        Ok(())
    }

    fn what_is_locked_stays_so() -> Result {
        let pages = Pages::new(4);
        // What is locked cannot be declared stale.
        let flags = MsyncFlags::SYNC | MsyncFlags::INVALIDATE;
        let stale = |index| sys::msync(pages.page(index), page::size(), flags);
        sys::mlock(pages.page(0), page::size())?;
        // What is new is locked too, and so in memory.
        remap(pages.page(0), page::size(), 2 * page::size(), MOVE, pages.page(2))?;
        assert_eq!([2, 3].map(stale), [Err(Errno::EBUSY); 2]);
        assert!(pages.is_resident(2) && pages.is_resident(3));
        Ok(())
    }

    fn more_locked_pages_than_are_allowed_are_eagain() {
        child::check(|| {
            let pages = Pages::new(1);
            limits::set(RLIMIT_MEMLOCK, page::size() as u64)?;
            user::drop_privileges();
            sys::mlock(pages.page(0), page::size())?;
            let result = remap(pages.page(0), page::size(), 2 * page::size(), MAYMOVE, NULL);
            assert_eq!(result, Err(Errno::EAGAIN));
            Result::Ok(())
        });
    }

    #[skip(qemu_user, "QEMU does not look at these arguments")]
    fn what_makes_no_sense_is_einval() {
        let (pages, page) = (Pages::new(4), page::size());
        let last = ptr::without_provenance_mut(0_usize.wrapping_sub(page));
        for (old, old_len, new_len, flags, new) in [
            (pages.page(0), page, page, MremapFlags::from_bits_retain(1 << 10), NULL),
            // Not the start of a page, or beyond all addresses.
            (pages.page(0), page, page, MOVE, pages.page(2).wrapping_add(1)),
            (pages.page(0), page, page, MOVE, last),
            (pages.page(0), page, usize::MAX - page, MOVE, pages.page(2)),
            // Over itself.
            (pages.page(0), 2 * page, 2 * page, MOVE, pages.page(1)),
            (pages.page(1), 2 * page, 2 * page, MOVE, pages.page(0)),
            (pages.page(0), page, page, MOVE, pages.page(0)),
        ] {
            let result = remap(old, old_len, new_len, flags, new);
            assert_eq!(result, Err(Errno::EINVAL), "{new_len} {flags:?} {new:?}");
        }
        assert_eq!([0, 1, 2, 3].map(|index| is_mapped(pages.page(index))), [true; 4]);
    }

    #[skip(qemu_user, "QEMU moves whatever may move")]
    fn what_keeps_its_length_may_stay() -> Result {
        let pages = Pages::new(2);
        // SAFETY: the pages are the test's own.
        unsafe { *pages.page(0) = 7 };
        for flags in [MremapFlags::empty(), MAYMOVE] {
            assert_eq!(remap(pages.page(0), pages.len(), pages.len(), flags, NULL), Ok(pages.page(0)));
        }
        // SAFETY: as above.
        assert_eq!(unsafe { *pages.page(0) }, 7);
        Ok(())
    }

    #[signal(SIGSEGV)]
    fn a_protection_moves_with_its_pages() {
        let pages = Pages::new(2);
        // SAFETY: the pages are the test's own. The write is what the test is about: it is to raise a signal.
        unsafe {
            sys::mprotect(pages.page(0), page::size(), ProtFlags::READ).expect("it is mapped");
            remap(pages.page(0), page::size(), page::size(), MOVE, pages.page(1)).expect("it is mapped");
            assert_eq!(pages.page(1).read_volatile(), 0);
            pages.page(1).write_volatile(7);
        }
    }
}

fn remap(old: *mut u8, old_len: usize, new_len: usize, flags: MremapFlags, new: *mut u8) -> Result<*mut u8> {
    // SAFETY: old and new are the tests' own pages.
    unsafe { sys::mremap(old, old_len, new_len, flags, new) }
}
