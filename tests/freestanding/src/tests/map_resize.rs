use crate::harness::tests;
use crate::support::{child, fds, limits, seccomp, small_tmpfs, user};
use baremap::map::{Advice, CopyOnWrite};
use baremap::sys::OFlags;
use baremap::{AnonMap, Errno, File, FileMap, MapOptions, Reason, Result, page};
use linux_raw_sys::general::{__NR_mremap, RLIMIT_AS};

tests! {
    fn anonymous_memory_of_any_length_becomes_of_any_other() -> Result<()> {
        let page = page::size();
        let lengths = [0, 1, page - 1, page, page + 1, 3 * page, 70 * page + 5];
        for old in lengths {
            for new in lengths {
                let mut map = AnonMap::new(old)?;
                map.fill(7);
                map.resize(new)?;
                assert_eq!(map.len(), new);
                let kept = old.min(new);
                assert!(map[..kept].iter().all(|&byte| byte == 7), "{old} to {new}");
                assert!(map[kept..].iter().all(|&byte| byte == 0), "{old} to {new}");
                // Shorter and longer again: what is new is zero.
                map.fill(8);
                map.resize(new / 2)?;
                map.resize(new)?;
                assert!(map[new / 2..].iter().all(|&byte| byte == 0), "{old} to {new}");
            }
        }
        Ok(())
    }

    fn a_map_that_cannot_grow_in_place_moves() -> Result<()> {
        let page = page::size();
        let mut front = AnonMap::new(2 * page)?;
        let mut back = front.split_off(page)?;
        front.fill(1);
        back.fill(2);
        front.resize(2 * page)?;
        assert_ne!(front.as_ptr().wrapping_add(page), back.as_ptr());
        assert!(front[..page].iter().all(|&byte| byte == 1) && front[page..].iter().all(|&byte| byte == 0));
        assert!(back.iter().all(|&byte| byte == 2));
        Ok(())
    }

    fn too_long_leaves_the_map() -> Result<()> {
        let mut map = AnonMap::new(10)?;
        map.fill(7);
        for len in [usize::MAX, isize::MAX as usize + 1, isize::MAX as usize, 1 << 60] {
            assert_eq!(map.resize(len).unwrap_err().errno(), Errno::ENOMEM);
        }
        assert_eq!(*map, [7; 10]);
        Ok(())
    }

    #[skip(qemu_user, "QEMU does not apply RLIMIT_AS")]
    fn no_address_space_leaves_the_map() {
        child::check(|| {
            limits::set(RLIMIT_AS, 64 << 20).expect("less is allowed");
            let mut map = AnonMap::new(10)?;
            map.fill(7);
            assert_eq!(map.resize(64 << 20).unwrap_err().errno(), Errno::ENOMEM);
            assert_eq!(*map, [7; 10]);
            Result::Ok(())
        });
    }

    #[skip(qemu_user, "QEMU passes no advice on that cuts a map in pieces")]
    fn a_map_in_pieces_says_so_and_stays() -> Result<()> {
        let page = page::size();
        let mut map = AnonMap::new(3 * page)?;
        map.fill(7);
        map.pages().range(page, page)?.advise(Advice::DontDump)?;
        assert_eq!(map.resize(4 * page).unwrap_err().errno(), Errno::EFAULT);
        assert!(map.len() == 3 * page && map.iter().all(|&byte| byte == 7));
        map.pages().advise(Advice::DoDump)?;
        map.resize(4 * page)?;
        Ok(())
    }

    fn a_map_follows_its_file() -> Result<()> {
        let page = page::size() as u64;
        let file = File::unnamed()?;
        let mut map = FileMap::write(&file)?;
        for len in [1, page, 3 * page + 7, 0, 2 * page, page - 1] {
            file.set_len(len)?;
            map.remap(&file)?;
            assert_eq!(map.len() as u64, len);
            if let Some(last) = map.len().checked_sub(1) {
                map.store(last, 7_u8)?;
                map.flush()?;
            }
        }
        Ok(())
    }

    #[skip(qemu_pages, "QEMU maps less than a page in pieces, and loses some when it moves them")]
    fn a_part_follows_the_end_of_its_file() -> Result<()> {
        let page = page::size();
        let file = fds::file(b"0123456789");
        for offset in [3, page as u64 + 3] {
            file.set_len(offset + 7)?;
            let mut map = MapOptions::new().offset(offset).map_mut(&file)?;
            map.write_at(0, b"abc")?;
            for len in [7, 5 * page, 0, 3, 2 * page, 1] {
                file.set_len(offset + len as u64)?;
                map.remap(&file)?;
                assert_eq!(map.len(), len);
                map.write_at(0, &b"xyz"[..len.min(3)])?;
                let mut bytes = [0; 1];
                if len != 0 {
                    file.read_exact_at(&mut bytes, offset)?;
                    assert_eq!(&bytes, b"x");
                }
            }
            // Before the map begins.
            file.set_len(1)?;
            map.remap(&file)?;
            assert!(map.is_empty());
        }
        Ok(())
    }

    fn a_private_map_keeps_its_stores() -> Result<()> {
        let page = page::size();
        let file = File::unnamed()?;
        file.set_len(page as u64)?;
        let mut map: FileMap<CopyOnWrite> = FileMap::copy(&file)?;
        map.write_at(0, b"mine")?;
        map.set_len(&file, 50 * page)?;
        file.write_all_at(b"theirs", 49 * page as u64)?;
        let (mut mine, mut theirs) = ([0; 4], [0; 6]);
        map.read_at(0, &mut mine)?;
        map.read_at(49 * page, &mut theirs)?;
        assert_eq!((&mine, &theirs), (b"mine", b"theirs"));
        Ok(())
    }

    fn file_and_map_change_together() -> Result<()> {
        let page = page::size();
        let file = fds::file(b"text");
        let mut map = MapOptions::new().offset(2).map_mut(&file)?;
        for len in [5 * page, 10, 0, page + 1] {
            map.set_len(&file, len)?;
            assert_eq!((map.len(), file.len()?), (len, 2 + len as u64));
        }
        Ok(())
    }

    fn another_file_is_refused() -> Result<()> {
        let (file, other) = (fds::file(b"text"), fds::file(b"another text"));
        let mut map = FileMap::write(&file)?;
        for error in [map.remap(&other).unwrap_err(), map.set_len(&other, 1).unwrap_err()] {
            assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::OtherFile));
        }
        assert_eq!((map.len(), other.len()?), (4, 12));
        assert_eq!(map.remap(fds::CLOSED).unwrap_err().errno(), Errno::EBADF);
        Ok(())
    }

    fn lengths_that_no_file_has_change_nothing() -> Result<()> {
        let file = fds::file(b"text");
        let mut map = MapOptions::new().offset(3).map_mut(&file)?;
        for len in [usize::MAX, isize::MAX as usize] {
            let errno = map.set_len(&file, len).unwrap_err().errno();
            assert!([Errno::ENOMEM, Errno::EFBIG, Errno::EINVAL].contains(&errno), "{errno:?}");
        }
        let read_only = fds::reopen(&file, OFlags::RDONLY);
        assert_eq!(map.set_len(&read_only, 1).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!((map.len(), file.len()?), (1, 4));
        Ok(())
    }

    #[skip(qemu_user, "QEMU passes no filter on")]
    fn a_remap_that_fails_leaves_the_map() {
        child::check(|| {
            let (page, file) = (page::size(), fds::file(b"text"));
            let mut map = FileMap::write(&file)?;
            seccomp::refuse(__NR_mremap as usize, 3, u32::MAX, Errno::ENOMEM);
            assert_eq!(map.set_len(&file, 10 * page).unwrap_err().errno(), Errno::ENOMEM);
            assert_eq!((map.len(), map.load::<u8>(0)?), (4, b't'));
            // Shorter it becomes all the same: what stays mapped is not lent.
            map.set_len(&file, 2)?;
            assert_eq!(map.len(), 2);
            Result::Ok(())
        });
    }

    // A lock on one of its pages makes two maps of a shared one to the kernel, which lengthens no two at once.
    fn a_shared_map_in_pieces_follows_its_file() -> Result<()> {
        let (page, file) = (page::size(), fds::file(b"text"));
        file.set_len(2 * page as u64)?;
        let mut map = FileMap::write(&file)?;
        map.pages().range(0, 1)?.lock()?;
        file.set_len(6 * page as u64)?;
        map.remap(&file)?;
        map.write_at(6 * page - 1, b"x")?;
        assert_eq!((map.len(), map.load::<u8>(0)?), (6 * page, b't'));
        let mut last = [0];
        file.read_exact_at(&mut last, 6 * page as u64 - 1)?;
        assert_eq!(&last, b"x");
        Ok(())
    }

    // Two file systems that number their files alike.
    #[skip(qemu_user, "it may run where nothing can be mounted")]
    fn the_file_of_another_device_is_another() {
        child::check(|| {
            if !user::is_root() {
                return Ok(());
            }
            let first = |directory| {
                small_tmpfs::mount_over(directory, 1 << 20).expect("root may");
                let file = File::create_new(c"/tmp/baremap-first")?;
                file.set_len(1)?;
                Ok::<_, baremap::Error>(file)
            };
            let (one, other) = (first(c"/tmp")?, first(c"/tmp")?);
            assert_eq!(one.stat()?.inode(), other.stat()?.inode());
            let mut map = FileMap::write(&one)?;
            assert_eq!(map.remap(&other).unwrap_err().reason(), Reason::OtherFile);
            assert_eq!(map.set_len(&other, 2).unwrap_err().reason(), Reason::OtherFile);
            map.set_len(&one, 2)
        });
    }
}
