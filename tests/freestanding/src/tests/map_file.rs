use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::memory::is_mapped;
use crate::support::child;
use baremap::fd::AsFd;
use baremap::sys::{OFlags, SealFlags};
use baremap::{Errno, Error, File, FileMap, MapOptions, Operation, Reason, Result, page, sys};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

tests! {
    fn an_empty_file_is_an_empty_map() -> Result<()> {
        let file = File::unnamed()?;
        let map = FileMap::write(&file)?;
        assert!(map.is_empty());
        assert_eq!(map.len(), 0);
        map.read_at(0, &mut [])?;
        map.write_at(0, &[])?;
        map.flush()?;
        map.flush_async()?;
        assert_eq!(map.read_at(0, &mut [0; 1]).unwrap_err().errno(), Errno::EINVAL);
        // SAFETY: nobody changes no bytes.
        assert_eq!(unsafe { map.as_slice() }, b"");
        let (reading, writing) = fds::pipe();
        assert_eq!(FileMap::copy(&file)?.write_to(&writing)?, 0);
        drop((reading, FileMap::read(&file)?));
        Ok(())
    }

    fn a_map_shows_the_whole_file() -> Result<()> {
        let file = fds::file(b"some text");
        let map = FileMap::read(&file)?;
        assert_eq!(map.len(), 9);
        assert_eq!(&text(&map, 0)?, b"some text");
        Ok(())
    }

    fn a_map_outlives_its_descriptor() -> Result<()> {
        let map = FileMap::read(fds::file(b"some text"))?;
        assert_eq!(&text(&map, 0)?, b"some text");
        Ok(())
    }

    fn any_offset_and_length_work() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.set_len(3 * page as u64 + 100)?;
        for offset in [0, 1, 100, page - 1, page, page + 1, 2 * page + 3, 3 * page, 3 * page + 99] {
            file.write_all_at(b"x", offset as u64)?;
            for len in [1, 2, 99, page, page + 1] {
                if offset + len > 3 * page + 100 {
                    continue;
                }
                let map = MapOptions::new().offset(offset as u64).len(len).map(&file)?;
                let mut bytes = [0; 1];
                map.read_at(0, &mut bytes)?;
                assert_eq!((map.len(), &bytes), (len, b"x"), "{len} bytes from {offset}");
            }
            let rest = MapOptions::new().offset(offset as u64).map(&file)?;
            assert_eq!(rest.len(), 3 * page + 100 - offset);
            file.write_all_at(b"\0", offset as u64)?;
        }
        Ok(())
    }

    fn a_part_without_bytes_is_an_empty_map_anywhere() -> Result<()> {
        let file = fds::file(b"text");
        for offset in [0, 1, 4] {
            let map = MapOptions::new().offset(offset).len(0).map_mut(&file)?;
            assert!(map.is_empty());
            map.flush_range(0, 0)?;
        }
        assert!(MapOptions::new().offset(4).map(&file)?.is_empty());
        Ok(())
    }

    fn a_part_that_ends_after_the_file_is_einval() {
        let file = fds::file(b"0123456789");
        for (offset, len) in
            [(0, 11), (10, 1), (11, 0), (5, usize::MAX), (u64::MAX, 1), (u64::MAX, usize::MAX), (1 << 63, 1)]
        {
            let error = MapOptions::new().offset(offset).len(len).map(&file).unwrap_err();
            let reason = Reason::PastEnd { offset, len: len as u64, size: 10 };
            assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, reason));
        }
        let error = MapOptions::new().offset(11).map(&file).unwrap_err();
        assert_eq!(error.reason(), Reason::PastEnd { offset: 11, len: 0, size: 10 });
    }

    fn a_file_that_no_process_can_map_is_enomem() -> Result<()> {
        let file = File::unnamed()?;
        file.set_len(i64::MAX as u64)?;
        let error = FileMap::read(&file).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Mmap, Errno::ENOMEM));
        // With the bytes of its first page before it, this one is longer than an object may be.
        let error = MapOptions::new().offset(1).len(i64::MAX as usize).map(&file).unwrap_err();
        assert_eq!(error.errno(), Errno::EINVAL);
        Ok(())
    }

    fn only_regular_files_can_be_mapped() {
        let (reading, writing) = fds::pipe();
        let directory = fds::directory();
        for fd in [reading.as_fd(), writing.as_fd(), directory.as_fd()] {
            assert_eq!(errors(fd).map(Error::errno), [Errno::ENODEV; 4]);
        }
        assert_eq!(errors(CLOSED).map(Error::errno), [Errno::EBADF; 4]);
    }

    fn a_descriptor_for_writing_only_maps_nothing() {
        let file = fds::reopen(&fds::file(b"text"), OFlags::WRONLY);
        for error in errors(file.as_fd()) {
            assert_eq!((error.errno(), error.reason()), (Errno::EACCES, Reason::NotReadable));
        }
    }

    fn a_descriptor_for_reading_only_gives_no_shared_writes() -> Result<()> {
        let file = fds::reopen(&fds::file(b"text"), OFlags::RDONLY);
        let error = FileMap::write(&file).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EACCES, Reason::NotWritable));
        let copy = FileMap::copy(&file)?;
        copy.write_at(0, b"T")?;
        assert_eq!(&text(&copy, 0)?, b"Text");
        Ok(())
    }

    fn a_sealed_file_gives_no_shared_writes() -> Result<()> {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE).expect("it is a memfd");
        assert_eq!(FileMap::write(&file).unwrap_err().errno(), Errno::EPERM);
        FileMap::copy(&file)?.write_at(0, b"T")?;
        assert_eq!(&text(&FileMap::read(&file)?, 0)?, b"text");
        Ok(())
    }

    fn shared_stores_reach_the_file() -> Result<()> {
        let file = fds::file(b"some text");
        let map = FileMap::write(&file)?;
        map.write_at(5, b"hits")?;
        map.flush()?;
        let mut bytes = [0; 9];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"some hits");
        file.write_all_at(b"come", 0)?;
        assert_eq!(&text(&map, 0)?, b"come hits");
        Ok(())
    }

    fn private_stores_do_not_reach_the_file() -> Result<()> {
        let file = fds::file(b"some text");
        let (map, other) = (FileMap::copy(&file)?, FileMap::read(&file)?);
        map.write_at(5, b"hits")?;
        assert_eq!(&text(&map, 0)?, b"some hits");
        assert_eq!(&text(&other, 0)?, b"some text");
        let mut bytes = [0; 9];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"some text");
        Ok(())
    }

    fn a_private_map_shows_what_others_write_to_pages_of_theirs() -> Result<()> {
        let file = fds::file(b"some text");
        let map = MapOptions::new().map_copy_read_only(&file)?;
        file.write_all_at(b"next", 5)?;
        assert_eq!(&text(&map, 0)?, b"some next");
        Ok(())
    }

    fn any_range_can_be_flushed() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.set_len(3 * page as u64)?;
        for start in [0, 100] {
            let map = MapOptions::new().offset(start).map_mut(&file)?;
            for offset in [0, 1, page - 1, page, page + 1, 2 * page] {
                map.write_at(offset, b"x")?;
                for len in [0, 1, page / 2] {
                    map.flush_range(offset, len)?;
                    map.flush_async_range(offset, len)?;
                }
                let mut byte = [0];
                file.read_exact_at(&mut byte, start + offset as u64)?;
                assert_eq!(&byte, b"x");
            }
            map.flush()?;
            map.flush_async()?;
        }
        Ok(())
    }

    fn a_range_outside_of_the_map_is_not_flushed() -> Result<()> {
        let map = FileMap::write(fds::file(b"text"))?;
        for (offset, len) in [(0, 5), (4, 1), (5, 0), (1, usize::MAX), (usize::MAX, 1)] {
            for error in [
                map.flush_range(offset, len).unwrap_err(),
                map.flush_async_range(offset, len).unwrap_err(),
            ] {
                assert_eq!((error.operation(), error.errno()), (Operation::Flush, Errno::EINVAL));
                assert_eq!(error.reason(), Reason::OutOfBounds { offset, len, size: 4 });
            }
        }
        Ok(())
    }

    fn a_map_is_unmapped_when_it_is_dropped() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.set_len(4 * page as u64)?;
        for options in [
            MapOptions::new(),
            MapOptions::new().offset(page as u64 + 100),
            MapOptions::new().offset(100).len(3 * page),
        ] {
            let map = options.map(&file)?;
            let (first, last) = (map.as_ptr(), map.as_ptr().wrapping_add(map.len() - 1));
            assert!(is_mapped(first) && is_mapped(last));
            drop(map);
            assert!(!is_mapped(first) && !is_mapped(last));
        }
        Ok(())
    }

    fn populate_changes_nothing_but_the_time() -> Result<()> {
        let file = fds::file(b"some text");
        let map = MapOptions::new().offset(5).populate().map_mut(&file)?;
        map.write_at(0, b"n")?;
        assert_eq!(&text(&map, 0)?, b"next");
        Ok(())
    }

    fn a_child_has_its_parents_maps() -> Result<()> {
        let file = fds::file(b"shared..private.");
        let (shared, private) = (FileMap::write(&file)?, FileMap::copy(&file)?);
        child::check(|| {
            shared.write_at(0, b"SHARED")?;
            private.write_at(8, b"PRIVATE")?;
            shared.flush()
        });
        assert_eq!(&text(&shared, 0)?, b"SHARED..private.");
        assert_eq!(&text(&private, 8)?, b"private.");
        Ok(())
    }

    fn a_child_that_drops_a_map_takes_nothing_from_its_parent() -> Result<()> {
        let mut map = Some(FileMap::read(fds::file(b"some text"))?);
        child::check(|| drop(map.take()));
        assert_eq!(&text(map.as_ref().expect("its copy was taken"), 0)?, b"some text");
        Ok(())
    }

    fn the_rest_of_the_last_page_is_zeros_and_stays_out_of_the_file() -> Result<()> {
        let file = fds::file(b"text");
        let map = FileMap::write(&file)?;
        // SAFETY: the page is mapped to its end, and nobody else uses it.
        unsafe {
            let after = map.as_mut_ptr().add(4);
            assert_eq!(after.read_volatile(), 0);
            after.write_volatile(b'x');
        }
        map.flush()?;
        assert_eq!(file.len()?, 4);
        Ok(())
    }

    #[signal(SIGBUS)]
    fn what_a_shrunk_file_took_away_raises_sigbus_in_slices() {
        let file = fds::file(b"some text");
        let map = FileMap::read(&file).expect("a map");
        file.set_len(0).expect("it may be shortened");
        // SAFETY: it is not: the contract is broken, to see what happens.
        core::hint::black_box(unsafe { map.as_slice() }[0]);
    }

    #[signal(SIGBUS)]
    fn what_a_shrunk_file_took_away_raises_sigbus_in_private_maps_too() {
        let file = fds::file(b"some text");
        let map = FileMap::copy(&file).expect("a map");
        file.set_len(0).expect("it may be shortened");
        // SAFETY: it is not: the contract is broken, to see what happens.
        core::hint::black_box(unsafe { map.as_slice() }[0]);
    }

    fn what_a_shrunk_file_took_away_is_efault_to_write_to() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.set_len(2 * page as u64)?;
        let map = FileMap::read(&file)?;
        file.set_len(page as u64)?;
        let (_reading, writing) = fds::pipe();
        assert_eq!(map.range(page - 10, 10)?.write_to(&writing)?, 10);
        let error = map.range(page, 1)?.write_to(&writing).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Write, Errno::EFAULT));
        Ok(())
    }

    fn a_file_that_grows_again_shows_zeros() -> Result<()> {
        let file = fds::file(b"some text");
        let map = FileMap::read(&file)?;
        file.set_len(0)?;
        file.set_len(9)?;
        assert_eq!(&text(&map, 0)?, &[0; 9]);
        Ok(())
    }

    fn two_maps_share_atomics() -> Result<()> {
        let file = fds::file(&[0; 8]);
        let (one, two) = (FileMap::write(&file)?, FileMap::write(&file)?);
        one.atomic::<AtomicU32>(4)?.store(7, Relaxed);
        assert_eq!(two.atomic::<AtomicU32>(4)?.load(Relaxed), 7);
        Ok(())
    }
}

/// The bytes of a map from an offset.
fn text<A: baremap::map::Access, const LEN: usize>(map: &FileMap<A>, offset: usize) -> Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    map.read_at(offset, &mut bytes)?;
    Ok(bytes)
}

/// What each kind of map says to a descriptor that gives none.
fn errors(fd: baremap::fd::BorrowedFd<'_>) -> [Error; 4] {
    let options = MapOptions::new();
    [
        options.map(fd).unwrap_err(),
        options.map_mut(fd).unwrap_err(),
        options.map_copy(fd).unwrap_err(),
        options.map_copy_read_only(fd).unwrap_err(),
    ]
}
