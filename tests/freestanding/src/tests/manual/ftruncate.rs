use crate::harness::tests;
use crate::support::fds;
use crate::support::scratch::Scratch;
use crate::support::timestamps::Timestamps;
use baremap::fd::AsFd;
use baremap::sys::{self, OFlags, SealFlags, SeekFrom};
use baremap::{Errno, File, FileMap, page};

type Result = core::result::Result<(), Errno>;

tests! {
    fn what_was_cut_off_does_not_come_back() -> Result {
        let file = fds::file(b"some text");
        sys::ftruncate(file.as_fd(), 4)?;
        assert_eq!(file.len()?, 4);
        sys::ftruncate(file.as_fd(), 9)?;
        let mut bytes = [0xff; 9];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"some\0\0\0\0\0");
        Ok(())
    }

    fn the_position_stays() -> Result {
        let file = fds::file(b"some text");
        sys::lseek(file.as_fd(), SeekFrom::Start(5))?;
        for len in [2, 9, 0] {
            sys::ftruncate(file.as_fd(), len)?;
            assert_eq!(sys::lseek(file.as_fd(), SeekFrom::Current(0))?, 5);
        }
        // What is written behind the end leaves a gap.
        assert_eq!(file.write(b"x")?, 1);
        assert_eq!(file.len()?, 6);
        Ok(())
    }

    fn another_length_is_another_time() -> Result {
        let scratch = Scratch::new();
        let file = File::create(scratch.path("a").as_c_str())?;
        for len in [100, 10, 1000] {
            let before = Timestamps::of_long_ago(&file)?;
            sys::ftruncate(file.as_fd(), len)?;
            let after = Timestamps::of(&file)?;
            assert!(after.differ_from(before), "{before:?}, {after:?}");
        }
        Ok(())
    }

    fn what_fails_changes_nothing() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::GROW | SealFlags::SHRINK)?;
        let read_only = fds::reopen(&file, OFlags::RDONLY);
        for (file, len) in [(&file, 0), (&file, 100), (&file, 1 << 63), (&read_only, 2)] {
            sys::ftruncate(file.as_fd(), len).unwrap_err();
        }
        let mut bytes = [0; 9];
        assert_eq!(file.read_at(&mut bytes, 0)?, 4);
        assert_eq!(&bytes[..4], b"text");
        Ok(())
    }

    fn a_map_sees_the_new_end() -> Result {
        let page = page::size();
        let file = fds::file(b"");
        file.set_len(2 * page as u64)?;
        let map = FileMap::write(&file)?;
        map.store(page - 1, 7_u8)?;
        map.store(page, 8_u8)?;
        sys::ftruncate(file.as_fd(), page as u64 - 1)?;
        // The rest of the last page becomes zeros, and the next page is gone.
        assert_eq!(map.load::<u8>(page - 1)?, 0);
        assert_eq!(map.load::<u8>(page).unwrap_err().errno(), Errno::EFAULT);
        sys::ftruncate(file.as_fd(), 2 * page as u64)?;
        assert_eq!((map.load::<u8>(page - 1)?, map.load::<u8>(page)?), (0, 0));
        Ok(())
    }
}
