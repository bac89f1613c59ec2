use crate::harness::tests;
use crate::support::memory::{Pages, is_mapped};
use crate::support::scratch::Scratch;
use crate::support::timestamps::Timestamps;
use crate::support::{child, fds, limits};
use baremap::fd::AsFd;
use baremap::sys::{self, Advice, MapFlags, MremapFlags, MsyncFlags, ProtFlags};
use baremap::{AnonMap, Errno, File, FileMap, MapOptions, page};
use core::ptr;
use linux_raw_sys::general::RLIMIT_DATA;

type Result<T = ()> = core::result::Result<T, Errno>;

const NULL: *mut u8 = ptr::null_mut();
const READ: ProtFlags = ProtFlags::READ;
const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

tests! {
    fn an_address_of_the_kernels_choice_was_free() {
        let maps: [Pages; 10] = core::array::from_fn(|index| {
            let pages = Pages::new(2);
            // SAFETY: the page is the test's own.
            unsafe { *pages.page(1) = index as u8 };
            pages
        });
        for (index, pages) in maps.iter().enumerate() {
            assert!(!pages.page(0).is_null());
            // SAFETY: as above.
            assert_eq!(unsafe { *pages.page(1) }, index as u8);
        }
    }

    fn a_hint_is_followed_where_there_is_room() -> Result {
        let pages = Pages::new(3);
        for offset in [0, 1] {
            pages.unmap(1);
            // In the middle of a page, it is one for the page.
            let hint = pages.page(1).wrapping_add(offset);
            assert_eq!(anonymous(hint, page::size(), MapFlags::empty())?, pages.page(1));
        }
        Ok(())
    }

    fn a_hint_is_no_order() -> Result {
        let pages = Pages::new(1);
        // SAFETY: the pages are the test's own.
        unsafe {
            *pages.page(0) = 7;
            let other = anonymous(pages.page(0), page::size(), MapFlags::empty())?;
            assert_ne!(other, pages.page(0));
            assert_eq!((*pages.page(0), *other), (7, 0));
            sys::munmap(other, page::size())
        }
    }

    fn a_part_of_a_page_is_a_page() -> Result {
        let map = anonymous(NULL, 1, MapFlags::empty())?;
        // SAFETY: the page is the test's own.
        unsafe {
            map.add(page::size() - 1).write_volatile(7);
            sys::munmap(map, page::size())
        }
    }

    #[signal(SIGSEGV)]
    fn what_is_for_reading_cannot_be_written() {
        let file = fds::file(b"text");
        // SAFETY: the map is the test's own. The write is what the test is about: it is to raise a signal.
        unsafe {
            let map = sys::mmap(NULL, 4, READ, MapFlags::SHARED, file.as_fd(), 0).expect("a file");
            assert_eq!(map.read_volatile(), b't');
            map.write_volatile(b'T');
        }
    }

    #[signal(SIGSEGV)]
    fn what_is_for_nothing_cannot_be_read() {
        let file = fds::file(b"text");
        // SAFETY: the map is the test's own. The read is what the test is about: it is to raise a signal.
        unsafe {
            let none = ProtFlags::empty();
            let map = sys::mmap(NULL, 4, none, MapFlags::PRIVATE, file.as_fd(), 0).expect("a file");
            map.read_volatile();
        }
    }

    fn a_shared_map_ignores_flags_that_are_not_for_it() -> Result {
        let file = fds::file(b"text");
        // MAP_SYNC is for persistent memory only.
        // SAFETY: the map is the test's own.
        unsafe {
            let map = sys::mmap(NULL, 4, READ, MapFlags::SHARED | MapFlags::SYNC, file.as_fd(), 0)?;
            sys::munmap(map, 4)
        }
    }

    #[skip(qemu_user, "QEMU knows no MAP_SHARED_VALIDATE and says EINVAL")]
    fn a_validated_map_is_shared() -> Result {
        let file = fds::file(b"text");
        // SAFETY: the map is the test's own, and nobody shortens the file.
        unsafe {
            let map = sys::mmap(NULL, 4, READ_WRITE, MapFlags::SHARED_VALIDATE, file.as_fd(), 0)?;
            *map = b'T';
            sys::munmap(map, 4)?;
        }
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"Text");
        Ok(())
    }

    fn a_fixed_map_takes_the_place_of_what_was_there() -> Result {
        let pages = Pages::new(3);
        // SAFETY: the pages are the test's own.
        unsafe {
            let bytes = || [0, 1, 2].map(|index| *pages.page(index));
            pages.page(0).write_bytes(7, pages.len());
            assert_eq!(anonymous(pages.page(1), page::size(), MapFlags::FIXED)?, pages.page(1));
            assert_eq!(bytes(), [7, 0, 7]);
            // Over several maps at once.
            assert_eq!(anonymous(pages.page(0), pages.len(), MapFlags::FIXED)?, pages.page(0));
            assert_eq!(bytes(), [0; 3]);
        }
        Ok(())
    }

    fn a_fixed_map_begins_with_a_page() {
        let pages = Pages::new(2);
        let address = pages.page(0).wrapping_add(1);
        assert_eq!(anonymous(address, 1, MapFlags::FIXED), Err(Errno::EINVAL));
    }

    fn a_fixed_map_beyond_all_addresses_is_enomem() {
        let last = ptr::without_provenance_mut(0_usize.wrapping_sub(page::size()));
        assert_eq!(anonymous(last, page::size(), MapFlags::FIXED), Err(Errno::ENOMEM));
    }

    #[skip(qemu_user, "QEMU lets no map grow")]
    fn a_map_that_grows_down_does_so_when_it_is_touched() -> Result {
        // The kernel keeps 256 pages between a map that grows and the next.
        let page = page::size();
        let free = AnonMap::reserve(600 * page)?.as_ptr().cast_mut();
        let map = anonymous(free.wrapping_add(599 * page), page, MapFlags::FIXED | MapFlags::GROWSDOWN)?;
        let below = map.wrapping_sub(page);
        assert!(!is_mapped(below));
        // SAFETY: nothing else is there: the addresses were free a moment ago.
        unsafe {
            below.write_volatile(7);
            assert_eq!((below.read_volatile(), map.read_volatile()), (7, 0));
            sys::munmap(free, 600 * page)
        }
    }

    fn a_locked_map_is_in_memory_and_locked() -> Result {
        let map = anonymous(NULL, page::size(), MapFlags::LOCKED)?;
        let mut residency = [0];
        // SAFETY: one byte is in one page; the page is the test's own.
        unsafe {
            sys::mincore(map, 1, &mut residency)?;
            assert_eq!(residency[0] & 1, 1);
            // What is locked cannot be declared stale.
            let stale = MsyncFlags::SYNC | MsyncFlags::INVALIDATE;
            assert_eq!(sys::msync(map, page::size(), stale), Err(Errno::EBUSY));
            sys::munmap(map, page::size())
        }
    }

    #[skip(qemu_user, "QEMU leaves MAP_POPULATE out")]
    fn a_populated_map_is_in_memory() -> Result {
        let len = 3 * page::size();
        let (untouched, populated) = (MapOptions::new().len(len), MapOptions::new().len(len).populate());
        assert!(!untouched.map_anon()?.pages().is_resident()?);
        assert!(populated.map_anon()?.pages().is_resident()?);
        assert!(populated.map_shared_anon()?.pages().is_resident()?);
        let file = File::unnamed()?;
        file.set_len(len as u64)?;
        assert!(!FileMap::read(&file)?.pages().is_resident()?);
        assert!(populated.map(&file)?.pages().is_resident()?);
        Ok(())
    }

    fn what_cannot_be_populated_is_mapped_all_the_same() -> Result {
        let (page, file) = (page::size(), fds::file(b"text"));
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        // SAFETY: the map is the test's own.
        unsafe {
            // The file ends in the first page.
            let map = sys::mmap(NULL, 2 * page, READ, flags, file.as_fd(), 0)?;
            assert_eq!(*map, b't');
            sys::munmap(map, 2 * page)
        }
    }

    fn a_map_for_a_stack_is_like_any_other() -> Result {
        let map = anonymous(NULL, page::size(), MapFlags::STACK | MapFlags::NORESERVE)?;
        // SAFETY: the page is the test's own.
        unsafe {
            assert_eq!(*map, 0);
            *map = 7;
            sys::munmap(map, page::size())
        }
    }

    #[skip(qemu_user, "QEMU does not apply RLIMIT_DATA")]
    fn more_data_than_is_allowed_is_enomem() {
        child::check(|| {
            limits::set(RLIMIT_DATA, 64 << 20)?;
            assert_eq!(AnonMap::new(64 << 20).unwrap_err().errno(), Errno::ENOMEM);
            // What is shared, or cannot be written, is no data.
            FileMap::read(fds::file(b"text"))?;
            AnonMap::reserve(64 << 20)?;
            Result::Ok(())
        });
    }

    #[skip(qemu_user, "with -p, QEMU looks at the length first, which is 0, and says EINVAL")]
    fn code_where_no_programs_may_be_is_eperm() -> Result {
        // /proc has none, whoever mounted it.
        let file = File::open(c"/proc/self/status")?;
        // SAFETY: both fail.
        let map = |prot| unsafe { sys::mmap(NULL, 1, prot, MapFlags::PRIVATE, file.as_fd(), 0) };
        assert_eq!(map(READ | ProtFlags::EXEC), Err(Errno::EPERM));
        // Nor can it be mapped otherwise.
        assert_eq!(map(READ), Err(Errno::ENODEV));
        Ok(())
    }

    #[signal(SIGBUS)]
    #[skip(qemu_pages, "QEMU counts the pages of a file in 4 KiB, and maps no more of them")]
    fn behind_the_last_page_of_a_file_is_nothing() {
        let (page, file) = (page::size(), fds::file(b"text"));
        // SAFETY: the map is the test's own. The last read is what the test is about: it is to raise a signal.
        unsafe {
            let map = sys::mmap(NULL, 2 * page, READ, MapFlags::SHARED, file.as_fd(), 0).expect("a file");
            assert_eq!(map.add(page - 1).read_volatile(), 0);
            map.add(page).read_volatile();
        }
    }

    fn a_file_without_a_name_stays_while_it_is_mapped() -> Result {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let file = File::create(path.as_c_str())?;
        file.write_all(b"text")?;
        let map = FileMap::read(&file)?;
        sys::unlink(path.as_c_str())?;
        drop(file);
        assert_eq!(map.load::<u32>(0)?, u32::from_ne_bytes(*b"text"));
        Ok(())
    }

    fn a_store_changes_the_time_of_the_file() -> Result {
        let scratch = Scratch::new();
        let file = File::create(scratch.path("a").as_c_str())?;
        file.set_len(1)?;
        let map = FileMap::write(&file)?;
        let before = Timestamps::of_long_ago(&file)?;
        map.store(0, 7_u8)?;
        map.flush()?;
        let after = Timestamps::of(&file)?;
        assert!(after.differ_from(before), "{before:?}, {after:?}");
        Ok(())
    }

    #[timeout(60)]
    #[skip(qemu_user, "QEMU keeps maps of its own")]
    fn beyond_the_most_maps_is_an_error() {
        child::check(|| {
            let (page, file, pages) = (page::size(), fds::file(b"text"), Pages::new(3));
            let middle = pages.page(1);
            // Every other page of a reservation is a map of its own, until there may be no more.
            let many = AnonMap::reserve(page << 18)?;
            let mut others = (1..1 << 17).map(|index| many.as_ptr().wrapping_add(2 * index * page).cast_mut());
            // SAFETY: the pages are the test's own, and nothing is borrowed from them.
            unsafe {
                let last = others.find_map(|other| sys::mprotect(other, page, READ).err());
                assert_eq!(last, Some(Errno::ENOMEM), "vm.max_map_count is higher than this test thinks");
                // Of whole maps, there may be one more.
                let map = || sys::mmap(NULL, 4, READ, MapFlags::SHARED, file.as_fd(), 0);
                assert_eq!(map().and_then(|_| map()), Err(Errno::ENOMEM));
                assert_eq!(sys::munmap(middle, page), Err(Errno::ENOMEM));
                assert_eq!(sys::mprotect(middle, page, READ), Err(Errno::ENOMEM));
                let (flags, to) = (MremapFlags::MAYMOVE | MremapFlags::FIXED, many.as_ptr().cast_mut());
                assert_eq!(sys::mremap(middle, page, page, flags, to), Err(Errno::ENOMEM));
                assert_eq!(sys::madvise(middle, page, Advice::DONTFORK), Err(Errno::EAGAIN));
            }
            Result::Ok(())
        });
    }
}

/// A private anonymous map, readable and writable, with more flags.
fn anonymous(address: *mut u8, len: usize, flags: MapFlags) -> Result<*mut u8> {
    // SAFETY: what it replaces is the test's own.
    unsafe { sys::mmap_anonymous(address, len, READ_WRITE, MapFlags::PRIVATE | flags) }
}
