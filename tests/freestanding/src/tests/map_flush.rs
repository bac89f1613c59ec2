use crate::harness::tests;
use crate::support::{child, fds, seccomp};
use baremap::sys::MsyncFlags;
use baremap::{AnonMap, Errno, FileMap, MapOptions, Reason, Result, page};
use linux_raw_sys::general::__NR_msync;

tests! {
    fn every_flush_reaches_the_file() -> Result<()> {
        let file = fds::file(&[0; 10]);
        for offset in [0, 3] {
            let map = MapOptions::new().offset(offset).map_mut(&file)?;
            map.write_at(0, b"1")?;
            map.flush()?;
            map.flush_range(1, 2)?;
            map.flush_invalidate()?;
            map.flush_invalidate_range(2, 1)?;
            map.flush_async()?;
            map.flush_async_range(0, 0)?;
        }
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(bytes, [b'1', 0, 0, b'1']);
        Ok(())
    }

    fn ranges_need_not_be_aligned() -> Result<()> {
        let page = page::size();
        let file = fds::file(b"");
        file.set_len(3 * page as u64 + 100)?;
        let map = MapOptions::new().offset(50).map_mut(&file)?;
        for (offset, len) in [(0, 1), (page - 51, 2), (page - 50, page), (2 * page, page + 50), (3 * page + 50, 0)] {
            map.flush_range(offset, len)?;
        }
        for (offset, len) in [(0, 3 * page + 51), (3 * page + 50, 1), (3 * page + 51, 0), (1, usize::MAX)] {
            assert_eq!(map.flush_range(offset, len).unwrap_err().errno(), Errno::EINVAL);
            assert_eq!(map.flush_async_range(offset, len).unwrap_err().errno(), Errno::EINVAL);
            assert_eq!(map.flush_invalidate_range(offset, len).unwrap_err().errno(), Errno::EINVAL);
        }
        Ok(())
    }

    fn a_private_map_has_nothing_to_flush() -> Result<()> {
        let file = fds::file(b"text");
        let map = FileMap::copy(&file)?;
        let error = map.flush().unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::PrivateMap));
        assert!(MapOptions::new().map_copy_read_only(&file)?.flush_async().is_err());
        Ok(())
    }

    fn locked_pages_are_busy_and_that_is_no_loss() -> Result<()> {
        let file = fds::file(b"text");
        let map = FileMap::write(&file)?;
        map.pages().lock()?;
        assert_eq!(map.flush_invalidate().unwrap_err().errno(), Errno::EBUSY);
        map.pages().unlock()?;
        map.flush_invalidate()
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_flush_that_failed_fails_for_ever() {
        child::check(|| {
            let file = fds::file(&[0; 4]);
            let map = FileMap::write(&file)?;
            map.flush_range(0, 1)?;
            // As a disk does that fails once: two bytes are lost, and one byte would be written.
            seccomp::refuse(__NR_msync as usize, 1, 2, Errno::EIO);
            let error = map.flush_range(0, 2).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EIO, Reason::Kernel));
            let error = map.flush_range(0, 1).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EIO, Reason::EarlierFlush));
            // It stays with the map through its changes.
            let mut map = map.make_read_only()?.make_mut()?;
            map.set_len(&file, 100)?;
            assert_eq!(map.flush_async().unwrap_err().reason(), Reason::EarlierFlush);
            // A new map begins anew.
            FileMap::write(&file)?.flush_range(0, 1)
        });
    }

    fn memory_beside_a_map_is_not_flushed() -> Result<()> {
        // An empty map has no page that msync could be called for.
        FileMap::write(fds::file(b""))?.flush()?;
        drop(AnonMap::new(1)?);
        Ok(())
    }

    // All of a flush but of the one that does not wait is refused where the kernel is not to wait (MS_SYNC).
    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_flush_waits_for_the_disk() {
        child::check(|| {
            let file = fds::file(b"some text");
            let map = || FileMap::write(&file);
            let maps = [map()?, map()?, map()?, map()?, map()?];
            seccomp::refuse(__NR_msync as usize, 2, MsyncFlags::SYNC.bits(), Errno::EIO);
            assert_eq!(maps[0].flush().unwrap_err().errno(), Errno::EIO);
            assert_eq!(maps[1].flush_range(0, 4).unwrap_err().errno(), Errno::EIO);
            assert_eq!(maps[2].flush_invalidate().unwrap_err().errno(), Errno::EIO);
            assert_eq!(maps[3].flush_invalidate_range(0, 4).unwrap_err().errno(), Errno::EIO);
            maps[4].flush_async()?;
            maps[4].flush_async_range(0, 4)
        });
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_flush_that_invalidates_says_so_to_the_kernel() {
        child::check(|| {
            let file = fds::file(b"some text");
            let maps = [FileMap::write(&file)?, FileMap::write(&file)?, FileMap::write(&file)?];
            seccomp::refuse(__NR_msync as usize, 2, MsyncFlags::INVALIDATE.bits(), Errno::EIO);
            assert_eq!(maps[0].flush_invalidate().unwrap_err().errno(), Errno::EIO);
            assert_eq!(maps[1].flush_invalidate_range(0, 4).unwrap_err().errno(), Errno::EIO);
            maps[2].flush()
        });
    }

    // The map begins in the middle of a page and ends at the end of the next one.
    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_flush_reaches_the_last_byte() {
        child::check(|| {
            let half = page::size() / 2;
            let file = fds::file(b"");
            file.set_len(4 * half as u64)?;
            let options = MapOptions::new().offset(half as u64);
            let (whole, part) = (options.map_mut(&file)?, options.map_mut(&file)?);
            // The bytes from the start of the first page on are two pages, or one and a half, and never less.
            seccomp::refuse(__NR_msync as usize, 1, 4 * half as u32, Errno::EIO);
            assert_eq!(whole.flush().unwrap_err().errno(), Errno::EIO);
            part.flush_range(0, 2 * half)?;
            seccomp::refuse(__NR_msync as usize, 1, half as u32, Errno::EIO);
            assert_eq!(part.flush_range(0, 2 * half).unwrap_err().errno(), Errno::EIO);
            Ok::<_, baremap::Error>(())
        });
    }
}
