use crate::harness::tests;
use crate::support::text::Text;
use crate::support::{child, fds};
use baremap::fd::{AsFd, AsRawFd};
use baremap::map::regions;
use baremap::sys::{self, FdFlags, MemfdFlags, Mode, OFlags, SealFlags};
use baremap::{Errno, File, FileMap, SealedMap};

type Result = core::result::Result<(), Errno>;

tests! {
    fn it_is_read_written_cut_and_mapped() -> Result {
        let file = File::from(sys::memfd_create(c"name", MemfdFlags::CLOEXEC)?);
        file.write_all(b"some text")?;
        file.set_len(4)?;
        let map = FileMap::write(&file)?;
        map.store(0, b'S')?;
        let mut bytes = [0; 9];
        assert_eq!(file.read_at(&mut bytes, 0)?, 4);
        assert_eq!(&bytes[..4], b"Some");
        Ok(())
    }

    fn its_name_says_what_it_is() -> Result {
        let file = File::from(sys::memfd_create(c"a name", MemfdFlags::CLOEXEC)?);
        file.set_len(1)?;
        let map = FileMap::read(&file)?;
        let mut regions = regions()?;
        while let Some(region) = regions.next()? {
            if region.range().contains(&map.as_ptr().addr()) {
                assert_eq!(region.path(), b"/memfd:a name (deleted)");
                return Ok(());
            }
        }
        panic!("the map is not listed");
    }

    fn files_of_one_name_are_several() -> Result {
        let [one, two] = [c"name"; 2].map(|name| sys::memfd_create(name, MemfdFlags::CLOEXEC).map(File::from));
        let (one, two) = (one?, two?);
        one.write_all(b"text")?;
        assert_eq!((one.len()?, two.len()?), (4, 0));
        assert_ne!(one.stat()?.inode(), two.stat()?.inode());
        // A name need not even be one.
        sys::memfd_create(c"", MemfdFlags::CLOEXEC).map(drop)
    }

    fn a_descriptor_is_for_both_and_stays_over_exec_unless_told_otherwise() -> Result {
        let file = sys::memfd_create(c"name", MemfdFlags::empty())?;
        assert_eq!(sys::fcntl_getfd(file.as_fd())?, FdFlags::empty());
        assert_eq!(sys::fcntl_getfl(file.as_fd())? & OFlags::ACCMODE, OFlags::RDWR);
        Ok(())
    }

    fn without_the_flag_it_takes_no_seals() -> Result {
        let file = sys::memfd_create(c"name", MemfdFlags::CLOEXEC)?;
        assert_eq!(sys::fcntl_get_seals(file.as_fd())?, SealFlags::SEAL);
        for seal in [SealFlags::WRITE, SealFlags::SHRINK, SealFlags::GROW, SealFlags::SEAL] {
            assert_eq!(sys::fcntl_add_seals(file.as_fd(), seal), Err(Errno::EPERM));
        }
        Ok(())
    }

    fn a_child_has_the_same_file() -> Result {
        let file = File::unnamed()?;
        child::check(|| file.write_all_at(b"text", 0));
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"text");
        Ok(())
    }

    fn another_process_opens_it_by_its_number() -> Result {
        let file = fds::file(b"text");
        sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE | SealFlags::SHRINK)?;
        let path = Text::of(format_args!("/proc/{}/fd/{}", sys::getpid(), file.as_fd().as_raw_fd()));
        child::check(|| {
            // SAFETY: the child uses it no more.
            unsafe { sys::close_raw(file.as_fd().as_raw_fd()) }?;
            let theirs = File::open_with(path.as_c_str(), OFlags::RDWR, Mode::empty())?;
            // What it relies on, it can ask for, and add to.
            assert_eq!(sys::fcntl_get_seals(theirs.as_fd())?, SealFlags::WRITE | SealFlags::SHRINK);
            sys::fcntl_add_seals(theirs.as_fd(), SealFlags::GROW)?;
            assert_eq!(&*SealedMap::open(&theirs)?, b"text");
            Result::Ok(())
        });
        assert!(sys::fcntl_get_seals(file.as_fd())?.contains(SealFlags::GROW));
        Ok(())
    }

    fn a_seal_against_future_writes_leaves_the_maps_that_there_are() -> Result {
        let file = fds::file(b"text");
        let map = FileMap::write(&file)?;
        sys::fcntl_add_seals(file.as_fd(), SealFlags::FUTURE_WRITE)?;
        map.store(0, b'T')?;
        assert_eq!(map.load::<u8>(0)?, b'T');
        assert_eq!(sys::pwrite(file.as_fd(), b"x", 0), Err(Errno::EPERM));
        assert_eq!(FileMap::write(&file).unwrap_err().errno(), Errno::EPERM);
        Ok(())
    }
}
