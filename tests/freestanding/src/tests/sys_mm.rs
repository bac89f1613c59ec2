use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::memory::{Pages, is_mapped};
use crate::support::{child, limits, user};
use baremap::fd::{AsFd, BorrowedFd};
use baremap::sys::{
    self, Advice, MapFlags, MlockFlags, MremapFlags, MsyncFlags, OFlags, ProtFlags, SealFlags,
};
use baremap::{Errno, page};
use core::ptr;
use linux_raw_sys::general::{RLIMIT_AS, RLIMIT_MEMLOCK};

type Result = core::result::Result<(), Errno>;

const READ: ProtFlags = ProtFlags::READ;
const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);
const NULL: *mut u8 = ptr::null_mut();

tests! {
    fn mmap_anonymous_gives_zeros() -> Result {
        let len = 3 * page::size();
        // SAFETY: the map is the test's own.
        unsafe {
            let map = sys::mmap_anonymous(NULL, len, READ_WRITE, MapFlags::PRIVATE)?;
            assert!(map.addr().is_multiple_of(page::size()));
            assert!((0..len).all(|offset| *map.add(offset) == 0));
            *map.add(len - 1) = 7;
            sys::munmap(map, len)?;
        }
        Ok(())
    }

    fn mmap_shows_the_file_from_an_offset() -> Result {
        let page = page::size();
        let file = fds::file(b"first page");
        file.write_all_at(b"third page", 2 * page as u64).map_err(Errno::from)?;
        // SAFETY: the map is the test's own, and nobody shortens the file.
        unsafe {
            let map = sys::mmap(NULL, 10, READ, MapFlags::SHARED, file.as_fd(), 2 * page as u64)?;
            assert_eq!(core::slice::from_raw_parts(map, 10), b"third page");
            sys::munmap(map, 10)?;
        }
        Ok(())
    }

    fn mmap_takes_all_six_arguments() -> Result {
        let pages = Pages::new(3);
        let page = page::size();
        let file = fds::file(b"");
        sys::ftruncate(file.as_fd(), (1 << 40) + page as u64)?;
        file.write_all_at(b"far!", 1 << 40).map_err(Errno::from)?;
        let (at, flags) = (pages.page(1), MapFlags::SHARED | MapFlags::FIXED);
        // SAFETY: the range is the test's own.
        unsafe {
            assert_eq!(sys::mmap(at, page, READ_WRITE, flags, file.as_fd(), 1 << 40)?, at);
            assert_eq!(core::slice::from_raw_parts(at, 4), b"far!");
            *at = b'F';
        }
        let mut buffer = [0; 4];
        file.read_exact_at(&mut buffer, 1 << 40).map_err(Errno::from)?;
        assert_eq!(&buffer, b"Far!");
        Ok(())
    }

    fn mmap_of_a_descriptor_of_the_wrong_mode_is_eacces() {
        let file = fds::file(b"text");
        let read_only = fds::reopen(&file, OFlags::RDONLY);
        let write_only = fds::reopen(&file, OFlags::WRONLY);
        let shared = MapFlags::SHARED;
        assert_eq!(refused(4, READ, shared, write_only.as_fd(), 0), Errno::EACCES);
        assert_eq!(refused(4, READ, MapFlags::PRIVATE, write_only.as_fd(), 0), Errno::EACCES);
        assert_eq!(refused(4, READ_WRITE, shared, read_only.as_fd(), 0), Errno::EACCES);
    }

    fn mmap_says_what_is_wrong() {
        let file = fds::file(b"text");
        let shared = MapFlags::SHARED;
        assert_eq!(refused(4, READ, shared, CLOSED, 0), Errno::EBADF);
        assert_eq!(refused(0, READ, shared, file.as_fd(), 0), Errno::EINVAL);
        assert_eq!(refused(4, READ, shared, file.as_fd(), 1), Errno::EINVAL);
        assert_eq!(refused(4, READ, MapFlags::empty(), file.as_fd(), 0), Errno::EINVAL);
        assert_eq!(refused(1 << 60, READ, shared, file.as_fd(), 0), Errno::ENOMEM);
    }

    #[skip(qemu_user, "with -p, QEMU looks at the length first, which is 0, and says EINVAL")]
    fn mmap_of_what_is_no_file_is_enodev() {
        let (reading, _writing) = fds::pipe();
        let refused = |fd| refused(page::size(), READ, MapFlags::SHARED, fd, 0);
        let directory = fds::directory();
        assert_eq!(refused(directory.as_fd()), Errno::ENODEV);
        assert_eq!(refused(reading.as_fd()), Errno::ENODEV);
    }

    fn mmap_beyond_the_last_offset_is_eoverflow() {
        let file = fds::file(b"text");
        let last = 0_u64.wrapping_sub(page::size() as u64);
        assert_eq!(refused(2 * page::size(), READ, MapFlags::SHARED, file.as_fd(), last), Errno::EOVERFLOW);
    }

    fn mmap_of_a_sealed_file_for_writing_is_eperm() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE)?;
        assert_eq!(refused(4, READ_WRITE, MapFlags::SHARED, file.as_fd(), 0), Errno::EPERM);
        Ok(())
    }

    #[skip(qemu_user, "QEMU places the map elsewhere, as kernels before 4.17 do")]
    fn mmap_over_a_map_is_eexist_if_told_so() {
        let pages = Pages::new(1);
        let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
        // SAFETY: it fails, since the page is there.
        let result = unsafe { sys::mmap_anonymous(pages.page(0), 1, READ, flags) };
        assert_eq!(result, Err(Errno::EEXIST));
    }

    #[skip(qemu_user, "QEMU knows no MAP_SHARED_VALIDATE and says EINVAL")]
    fn mmap_with_unknown_flags_is_eopnotsupp_if_told_so() {
        let file = fds::file(b"text");
        let flags = MapFlags::SHARED_VALIDATE | MapFlags::SYNC;
        assert_eq!(refused(4, READ, flags, file.as_fd(), 0), Errno::EOPNOTSUPP);
    }

    #[skip(qemu_user, "QEMU does not apply RLIMIT_AS")]
    fn mmap_beyond_the_limit_is_enomem() {
        child::check(|| {
            limits::set(RLIMIT_AS, 64 << 20)?;
            // SAFETY: it fails.
            let result = unsafe { sys::mmap_anonymous(NULL, 64 << 20, READ, MapFlags::PRIVATE) };
            assert_eq!(result, Err(Errno::ENOMEM));
            Result::Ok(())
        });
    }

    fn mmap_of_locked_pages_beyond_the_limit_is_eagain() {
        child::check(|| {
            limits::set(RLIMIT_MEMLOCK, page::size() as u64)?;
            user::drop_privileges();
            let flags = MapFlags::PRIVATE | MapFlags::LOCKED;
            // SAFETY: it fails.
            let result = unsafe { sys::mmap_anonymous(NULL, 16 * page::size(), READ, flags) };
            assert_eq!(result, Err(Errno::EAGAIN));
            Result::Ok(())
        });
    }

    fn munmap_takes_pages_out_of_the_middle() -> Result {
        let pages = Pages::new(3);
        pages.unmap(1);
        assert!(is_mapped(pages.page(0)) && !is_mapped(pages.page(1)) && is_mapped(pages.page(2)));
        // SAFETY: nothing is there.
        unsafe { sys::munmap(pages.page(1), page::size()) }
    }

    #[skip(qemu_user, "with -p, QEMU rounds lengths up to pages of 4 KiB")]
    fn lengths_are_rounded_up_to_pages() -> Result {
        let pages = Pages::new(2);
        // SAFETY: the page is the test's own.
        unsafe {
            sys::mprotect(pages.page(0), 1, ProtFlags::empty())?;
            sys::munmap(pages.page(1), 1)?;
        }
        assert!(!is_mapped(pages.page(1)));
        let (_reading, writing) = fds::pipe();
        let last = pages.page(1).wrapping_sub(1);
        // SAFETY: the kernel only reads.
        assert_eq!(unsafe { sys::write_raw(writing.as_fd(), last, 1) }, Err(Errno::EFAULT));
        Ok(())
    }

    fn munmap_says_what_is_wrong() {
        let pages = Pages::new(1);
        // SAFETY: each fails.
        let munmap = |address, len| unsafe { sys::munmap(address, len) };
        assert_eq!(munmap(pages.page(0).wrapping_add(1), 1), Err(Errno::EINVAL));
        assert_eq!(munmap(pages.page(0), 0), Err(Errno::EINVAL));
        assert!(is_mapped(pages.page(0)));
    }

    #[signal(SIGSEGV)]
    fn munmap_leaves_nothing_to_touch() {
        let pages = Pages::new(1);
        pages.unmap(0);
        // SAFETY: what the test is about: it is to raise a signal.
        unsafe { pages.page(0).read_volatile() };
    }

    #[signal(SIGSEGV)]
    fn mprotect_takes_writing_away() {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own. The write is what the test is about: it is to raise a signal.
        unsafe {
            sys::mprotect(pages.page(0), pages.len(), READ).expect("it is mapped");
            assert_eq!(pages.page(0).read_volatile(), 0);
            pages.page(0).write_volatile(1);
        }
    }

    #[signal(SIGSEGV)]
    fn mprotect_takes_reading_away() {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own. The read is what the test is about: it is to raise a signal.
        unsafe {
            sys::mprotect(pages.page(0), pages.len(), ProtFlags::empty()).expect("it is mapped");
            pages.page(0).read_volatile();
        }
    }

    fn mprotect_gives_access_back() -> Result {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own.
        unsafe {
            *pages.page(0) = 7;
            sys::mprotect(pages.page(0), pages.len(), ProtFlags::empty())?;
            sys::mprotect(pages.page(0), pages.len(), READ_WRITE)?;
            assert_eq!(*pages.page(0), 7);
        }
        Ok(())
    }

    fn mprotect_says_what_is_wrong() -> Result {
        let pages = Pages::new(2);
        let read_only = fds::reopen(&fds::file(b"text"), OFlags::RDONLY);
        // SAFETY: the pages are the test's own; nothing is in them.
        unsafe {
            let mprotect = |address, prot| sys::mprotect(address, page::size(), prot);
            assert_eq!(mprotect(pages.page(0).wrapping_add(1), READ), Err(Errno::EINVAL));
            pages.unmap(1);
            assert_eq!(mprotect(pages.page(1), READ), Err(Errno::ENOMEM));
            let map = sys::mmap(NULL, 4, READ, MapFlags::SHARED, read_only.as_fd(), 0)?;
            assert_eq!(mprotect(map, READ_WRITE), Err(Errno::EACCES));
            sys::munmap(map, 4)
        }
    }

    fn mremap_grows_and_keeps_the_contents() -> Result {
        let (small, large) = (page::size(), 64 * page::size());
        // SAFETY: the map is the test's own.
        unsafe {
            let map = sys::mmap_anonymous(NULL, small, READ_WRITE, MapFlags::PRIVATE)?;
            *map = 7;
            let map = sys::mremap(map, small, large, MremapFlags::MAYMOVE, NULL)?;
            assert_eq!((*map, *map.add(large - 1)), (7, 0));
            let same = sys::mremap(map, large, small, MremapFlags::empty(), NULL)?;
            assert_eq!(same, map);
            assert!(!is_mapped(map.add(small)));
            sys::munmap(map, small)
        }
    }

    fn mremap_moves_to_an_address() -> Result {
        let pages = Pages::new(4);
        let (from, to) = (pages.page(0), pages.page(3));
        let flags = MremapFlags::MAYMOVE | MremapFlags::FIXED;
        // SAFETY: both ranges are the test's own.
        unsafe {
            *from = 7;
            assert_eq!(sys::mremap(from, page::size(), page::size(), flags, to)?, to);
            assert_eq!(*to, 7);
        }
        assert!(!is_mapped(from));
        Ok(())
    }

    fn mremap_without_room_is_enomem() {
        let pages = Pages::new(2);
        // The second page is in the way.
        let result = resize(pages.page(0), 2 * page::size(), MremapFlags::empty());
        assert_eq!(result, Err(Errno::ENOMEM));
    }

    fn mremap_of_what_is_not_mapped_is_efault() {
        let pages = Pages::new(1);
        pages.unmap(0);
        let result = resize(pages.page(0), 2 * page::size(), MremapFlags::MAYMOVE);
        assert_eq!(result, Err(Errno::EFAULT));
    }

    fn mremap_of_a_part_of_a_page_is_einval() {
        let pages = Pages::new(1);
        let result = resize(pages.page(0).wrapping_add(1), page::size(), MremapFlags::empty());
        assert_eq!(result, Err(Errno::EINVAL));
    }

    #[skip(qemu_user, "QEMU does not look at these arguments")]
    fn mremap_to_nothing_or_nowhere_is_einval() {
        let pages = Pages::new(1);
        assert_eq!(resize(pages.page(0), 0, MremapFlags::empty()), Err(Errno::EINVAL));
        assert_eq!(resize(pages.page(0), page::size(), MremapFlags::FIXED), Err(Errno::EINVAL));
    }

    fn msync_writes_a_map_back() -> Result {
        let file = fds::file(b"text");
        // SAFETY: the map is the test's own, and nobody shortens the file.
        unsafe {
            let map = sys::mmap(NULL, 4, READ_WRITE, MapFlags::SHARED, file.as_fd(), 0)?;
            *map = b'T';
            sys::msync(map, 4, MsyncFlags::SYNC)?;
            sys::msync(map, 4, MsyncFlags::ASYNC)?;
            sys::msync(map, 4, MsyncFlags::SYNC | MsyncFlags::INVALIDATE)?;
            sys::munmap(map, 4)?;
        }
        let mut buffer = [0; 4];
        sys::pread(file.as_fd(), &mut buffer, 0)?;
        assert_eq!(&buffer, b"Text");
        Ok(())
    }

    fn msync_says_what_is_wrong() -> Result {
        let pages = Pages::new(2);
        let msync = |address, flags| sys::msync(address, page::size(), flags);
        assert_eq!(msync(pages.page(0).wrapping_add(1), MsyncFlags::SYNC), Err(Errno::EINVAL));
        assert_eq!(msync(pages.page(0), MsyncFlags::SYNC | MsyncFlags::ASYNC), Err(Errno::EINVAL));
        assert_eq!(msync(pages.page(0), MsyncFlags::from_bits_retain(1 << 20)), Err(Errno::EINVAL));
        sys::mlock(pages.page(0), page::size())?;
        assert_eq!(msync(pages.page(0), MsyncFlags::SYNC | MsyncFlags::INVALIDATE), Err(Errno::EBUSY));
        sys::munlock(pages.page(0), page::size())?;
        pages.unmap(1);
        assert_eq!(msync(pages.page(1), MsyncFlags::SYNC), Err(Errno::ENOMEM));
        Ok(())
    }

    fn madvise_dontneed_makes_zeros() -> Result {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own.
        unsafe {
            *pages.page(0) = 7;
            sys::madvise(pages.page(0), pages.len(), Advice::DONTNEED)?;
            assert_eq!(*pages.page(0), 0);
        }
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_REMOVE and does not apply it")]
    fn madvise_remove_makes_a_hole_in_the_file() -> Result {
        let (page, file) = (page::size(), fds::file(b"text"));
        sys::ftruncate(file.as_fd(), page as u64)?;
        // SAFETY: the map is the test's own, and nobody shortens the file.
        unsafe {
            let map = sys::mmap(NULL, page, READ_WRITE, MapFlags::SHARED, file.as_fd(), 0)?;
            sys::madvise(map, page, Advice::REMOVE)?;
            assert_eq!(sys::fstat(file.as_fd())?.blocks(), 0);
            assert_eq!(*map, 0);
            sys::munmap(map, page)
        }
    }

    fn madvise_for_a_part_of_a_page_is_einval() {
        let pages = Pages::new(1);
        assert_eq!(advise(pages.page(0).wrapping_add(1), Advice::NORMAL), Err(Errno::EINVAL));
    }

    #[skip(qemu_user, "QEMU accepts any advice for any range")]
    fn madvise_says_what_is_wrong() {
        let pages = Pages::new(2);
        assert_eq!(advise(pages.page(0), Advice(9999)), Err(Errno::EINVAL));
        pages.unmap(1);
        assert_eq!(advise(pages.page(1), Advice::WILLNEED), Err(Errno::ENOMEM));
    }

    #[skip(qemu_user, "QEMU accepts MADV_WIPEONFORK and does not apply it")]
    fn madvise_wipeonfork_gives_children_zeros() -> Result {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own.
        unsafe {
            *pages.page(0) = 7;
            sys::madvise(pages.page(0), pages.len(), Advice::WIPEONFORK)?;
        }
        // SAFETY: as above.
        child::check(|| assert_eq!(unsafe { *pages.page(0) }, 0));
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_DONTFORK and does not apply it")]
    fn madvise_dontfork_keeps_pages_from_children() -> Result {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own.
        unsafe { sys::madvise(pages.page(0), pages.len(), Advice::DONTFORK) }?;
        child::check(|| assert!(!is_mapped(pages.page(0))));
        Ok(())
    }

    #[skip(qemu_user, "QEMU accepts MADV_POPULATE_READ and reads nothing in")]
    #[since(5, 14, "MADV_POPULATE_READ and MADV_POPULATE_WRITE")]
    fn madvise_populate_finds_the_end_of_the_file() -> Result {
        let (page, file) = (page::size(), fds::file(b"text"));
        // SAFETY: the map is the test's own.
        unsafe {
            let map = sys::mmap(NULL, 2 * page, READ_WRITE, MapFlags::SHARED, file.as_fd(), 0)?;
            sys::madvise(map, page, Advice::POPULATE_READ)?;
            sys::madvise(map, page, Advice::POPULATE_WRITE)?;
            assert_eq!(sys::madvise(map, 2 * page, Advice::POPULATE_READ), Err(Errno::EFAULT));
            sys::munmap(map, 2 * page)
        }
    }

    fn mlock_reads_pages_in() -> Result {
        let pages = Pages::new(2);
        sys::mlock(pages.page(0), pages.len())?;
        assert!(pages.is_resident(0) && pages.is_resident(1));
        sys::munlock(pages.page(0), pages.len())
    }

    fn munlock_undoes_mlock() -> Result {
        let pages = Pages::new(1);
        // Only the contents of pages that are not locked may be declared stale.
        let stale = || sys::msync(pages.page(0), pages.len(), MsyncFlags::SYNC | MsyncFlags::INVALIDATE);
        sys::mlock(pages.page(0), pages.len())?;
        assert_eq!(stale(), Err(Errno::EBUSY));
        sys::munlock(pages.page(0), pages.len())?;
        stale()
    }

    #[skip(qemu_user, "QEMU has no mlock2")]
    fn mlock2_waits_for_the_first_touch() -> Result {
        let pages = Pages::new(2);
        sys::mlock2(pages.page(0), pages.len(), MlockFlags::ONFAULT)?;
        assert!(!pages.is_resident(0) && !pages.is_resident(1));
        sys::mlock2(pages.page(0), pages.len(), MlockFlags::empty())?;
        assert!(pages.is_resident(0) && pages.is_resident(1));
        let unknown = MlockFlags::from_bits_retain(1 << 31);
        assert_eq!(sys::mlock2(pages.page(0), 1, unknown), Err(Errno::EINVAL));
        Ok(())
    }

    fn mlock_and_munlock_say_what_is_wrong() {
        let pages = Pages::new(2);
        pages.unmap(1);
        assert_eq!(sys::mlock(pages.page(0), pages.len()), Err(Errno::ENOMEM));
        assert_eq!(sys::munlock(pages.page(0), pages.len()), Err(Errno::ENOMEM));
        assert_eq!(sys::munlock(pages.page(0), usize::MAX - page::size()), Err(Errno::EINVAL));
    }

    fn mlock_beyond_the_limit_is_enomem_or_eperm() {
        let pages = Pages::new(2);
        let mlock = |limit: usize| {
            child::check(|| {
                limits::set(RLIMIT_MEMLOCK, limit as u64)?;
                user::drop_privileges();
                let errno = if limit == 0 { Errno::EPERM } else { Errno::ENOMEM };
                assert_eq!(sys::mlock(pages.page(0), pages.len()), Err(errno));
                Result::Ok(())
            });
        };
        mlock(page::size());
        mlock(0);
    }

    fn mincore_knows_what_was_touched() {
        let pages = Pages::new(2);
        assert!(!pages.is_resident(0) && !pages.is_resident(1));
        // SAFETY: the page is the test's own.
        unsafe { pages.page(1).write_volatile(1) };
        assert!(!pages.is_resident(0) && pages.is_resident(1));
    }

    fn mincore_says_what_is_wrong() {
        let pages = Pages::new(1);
        let mut bytes = [0; 2];
        // SAFETY: at most two pages have one of two bytes.
        let mut mincore = |address, len| unsafe { sys::mincore(address, len, &mut bytes) };
        assert_eq!(mincore(pages.page(0).wrapping_add(1), 1), Err(Errno::EINVAL));
        pages.unmap(0);
        assert_eq!(mincore(pages.page(0), 1), Err(Errno::ENOMEM));
    }
}

/// The error of a map of a descriptor.
fn refused(len: usize, prot: ProtFlags, flags: MapFlags, fd: BorrowedFd<'_>, offset: u64) -> Errno {
    // SAFETY: it fails.
    unsafe { sys::mmap(NULL, len, prot, flags, fd, offset) }.unwrap_err()
}

/// Resizes a map of one page.
fn resize(address: *mut u8, len: usize, flags: MremapFlags) -> core::result::Result<*mut u8, Errno> {
    // SAFETY: only used where it fails.
    unsafe { sys::mremap(address, page::size(), len, flags, NULL) }
}

/// Gives advice for one page.
fn advise(address: *mut u8, advice: Advice) -> Result {
    // SAFETY: only used where it fails.
    unsafe { sys::madvise(address, page::size(), advice) }
}
