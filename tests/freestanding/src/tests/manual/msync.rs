use crate::harness::tests;
use crate::support::memory::Pages;
use crate::support::scratch::Scratch;
use crate::support::timestamps::Timestamps;
use crate::support::{child, fds};
use baremap::fd::AsFd;
use baremap::sys::{self, MapFlags, MsyncFlags, ProtFlags};
use baremap::{Errno, File, FileMap, page};
use core::ptr;

type Result = core::result::Result<(), Errno>;

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

tests! {
    fn neither_now_nor_later_is_allowed() -> Result {
        let pages = Pages::new(1);
        sys::msync(pages.page(0), pages.len(), MsyncFlags::empty())?;
        sys::msync(pages.page(0), pages.len(), MsyncFlags::INVALIDATE)
    }

    fn other_maps_show_what_was_written_back() -> Result {
        let file = fds::file(b"text");
        let (ours, other) = (FileMap::write(&file)?, FileMap::read(&file)?);
        for byte in [b'T', b'N'] {
            child::check(|| {
                let theirs = FileMap::write(&file)?;
                theirs.store(0, byte)?;
                theirs.flush_invalidate()
            });
            assert_eq!((ours.load::<u8>(0)?, other.load::<u8>(0)?), (byte, byte));
        }
        Ok(())
    }

    fn a_range_with_a_gap_is_enomem() {
        let pages = Pages::new(3);
        pages.unmap(1);
        for flags in [MsyncFlags::SYNC, MsyncFlags::ASYNC] {
            assert_eq!(sys::msync(pages.page(0), pages.len(), flags), Err(Errno::ENOMEM));
            assert_eq!(sys::msync(pages.page(0), page::size(), flags), Ok(()));
        }
    }

    fn a_range_beyond_all_addresses_is_enomem() {
        let pages = Pages::new(1);
        assert_eq!(sys::msync(pages.page(0), usize::MAX - page::size(), MsyncFlags::SYNC), Err(Errno::ENOMEM));
    }

    fn a_private_map_is_not_written_back() -> Result {
        let file = fds::file(b"text");
        // SAFETY: the map is the test's own, and nobody shortens the file.
        unsafe {
            let map = sys::mmap(ptr::null_mut(), 4, READ_WRITE, MapFlags::PRIVATE, file.as_fd(), 0)?;
            *map = b'T';
            sys::msync(map, 4, MsyncFlags::SYNC | MsyncFlags::INVALIDATE)?;
            assert_eq!(*map, b'T');
            sys::munmap(map, 4)?;
        }
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"text");
        Ok(())
    }

    fn what_was_not_stored_to_keeps_its_time() -> Result {
        let scratch = Scratch::new();
        let file = File::create(scratch.path("a").as_c_str())?;
        file.set_len(1)?;
        let map = FileMap::write(&file)?;
        let before = Timestamps::of_long_ago(&file)?;
        map.flush()?;
        assert_eq!(Timestamps::of(&file)?, before);
        // And what was, does not. In a tmpfs, only the first touch of a page counts.
        map.store(0, 7_u8)?;
        map.flush_async()?;
        assert_ne!(Timestamps::of(&file)?, before);
        Ok(())
    }
}
