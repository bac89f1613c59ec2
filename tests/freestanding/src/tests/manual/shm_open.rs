use crate::harness::tests;
use crate::support::name::Name;
use crate::support::{child, limits};
use baremap::arch::syscall::syscall1;
use baremap::fd::{AsFd, AsRawFd};
use baremap::process;
use baremap::sys::{self, FdFlags, OFlags, SeekFrom};
use baremap::{Errno, FileMap, Result, SharedMap, shm};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use linux_raw_sys::general::{__NR_umask, RLIMIT_NOFILE};

tests! {
    fn a_descriptor_is_the_lowest_and_for_both_and_closes_on_exec() -> Result<()> {
        let name = Name::new();
        let free = shm::create_new(name.bytes())?.as_fd().as_raw_fd();
        let object = shm::open(name.bytes())?;
        assert_eq!(object.as_fd().as_raw_fd(), free);
        assert_eq!(sys::fcntl_getfd(object.as_fd()), Ok(FdFlags::CLOEXEC));
        let flags = sys::fcntl_getfl(object.as_fd()).expect("it is open");
        assert_eq!(flags & OFlags::ACCMODE, OFlags::RDWR);
        Ok(())
    }

    fn a_descriptor_has_a_position_of_its_own() -> Result<()> {
        let name = Name::new();
        let one = shm::create_new(name.bytes())?;
        one.write_all(b"text")?;
        let two = shm::open(name.bytes())?;
        let position = |fd| sys::lseek(fd, SeekFrom::Current(0));
        assert_eq!((position(one.as_fd()), position(two.as_fd())), (Ok(4), Ok(0)));
        two.write_all(b"T")?;
        let mut bytes = [0; 9];
        assert_eq!(one.read_at(&mut bytes, 0)?, 4);
        assert_eq!(&bytes[..4], b"Text");
        Ok(())
    }

    fn what_is_added_to_an_object_is_zeros() -> Result<()> {
        let name = Name::new();
        let object = shm::create_new(name.bytes())?;
        object.set_len(10)?;
        assert_eq!(FileMap::read(&object)?.load::<u64>(2)?, 0);
        Ok(())
    }

    fn of_many_that_make_an_object_one_does() -> Result<()> {
        const MANY: usize = 8;
        let name = Name::new();
        let map = SharedMap::new(8)?;
        let [go, made]: &[AtomicU32; 2] = map.atomics(0, 2)?.try_into().expect("two");
        let race = || {
            while go.load(Relaxed) == 0 {
                core::hint::spin_loop();
            }
            match shm::create_new(name.bytes()) {
                Ok(_) => Ok(made.fetch_add(1, Relaxed)),
                Err(error) if error.errno() == Errno::EEXIST => Ok(0),
                Err(error) => Err(error),
            }.map(drop)
        };
        let mut children = [const { None }; MANY];
        for child in &mut children {
            // SAFETY: the child uses the map and its own descriptors.
            *child = Some(unsafe { process::spawn(race) }?);
        }
        go.store(1, Relaxed);
        for child in children.into_iter().flatten() {
            assert!(child.wait()?.success());
        }
        assert_eq!(made.load(Relaxed), 1);
        Ok(())
    }

    fn an_object_outlives_who_made_it() -> Result<()> {
        let name = Name::new();
        child::check(|| shm::create_new(name.bytes())?.write_all(b"text"));
        let mut bytes = [0; 4];
        shm::open(name.bytes())?.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"text");
        Ok(())
    }

    fn a_map_stays_without_descriptor_and_name() -> Result<()> {
        let name = Name::new();
        let object = shm::create_new(name.bytes())?;
        object.write_all(b"text")?;
        let map = FileMap::write(&object)?;
        drop(object);
        shm::unlink(name.bytes())?;
        map.store(0, b'T')?;
        assert_eq!(map.load::<u32>(0)?, u32::from_ne_bytes(*b"Text"));
        Ok(())
    }

    fn without_its_name_it_is_found_no_more_and_another_may_have_it() -> Result<()> {
        let name = Name::new();
        let first = shm::create_new(name.bytes())?;
        first.write_all(b"text")?;
        shm::unlink(name.bytes())?;
        assert_eq!(shm::open(name.bytes()).unwrap_err().errno(), Errno::ENOENT);
        let second = shm::create_new(name.bytes())?;
        assert_ne!(first.stat()?.inode(), second.stat()?.inode());
        assert_eq!((first.len()?, second.len()?), (4, 0));
        Ok(())
    }

    fn the_mask_takes_permissions_away() -> Result<()> {
        for (mask, mode) in [(0, 0o600), (0o277, 0o400), (0o777, 0)] {
            let name = Name::new();
            // SAFETY: names no memory; the test makes no other files.
            unsafe { syscall1::<{ __NR_umask as usize }>(mask) };
            assert_eq!(shm::create_new(name.bytes())?.stat()?.mode().bits(), mode);
        }
        Ok(())
    }

    fn too_many_descriptors_are_emfile() {
        child::check(|| {
            let name = Name::new();
            shm::create_new(name.bytes())?;
            limits::set(RLIMIT_NOFILE, 3).expect("less is allowed");
            assert_eq!(shm::open(name.bytes()).unwrap_err().errno(), Errno::EMFILE);
            Result::Ok(())
        });
    }
}
