use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::limits;
use crate::support::scratch::Scratch;
use crate::support::{child, proc};
use baremap::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use baremap::sys::{self, FdFlags, FileKind, Mode, OFlags, SealFlags, Sigaction, Signal};
use baremap::{Errno, File, Operation, Reason, Result, write_all};
use core::mem;
use linux_raw_sys::general::RLIMIT_FSIZE;

tests! {
    fn descriptors_close_when_they_are_dropped() {
        let fd = fds::directory();
        let number = fd.as_raw_fd();
        assert!(proc::is_open(number));
        assert_eq!(fd.as_fd().as_raw_fd(), number);
        drop(fd);
        assert!(!proc::is_open(number));
    }

    fn descriptors_can_be_given_away_and_taken_over() {
        let number = fds::directory().into_raw_fd();
        assert!(proc::is_open(number));
        // SAFETY: it is nobody's.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
        assert!(!proc::is_open(number));
    }

    fn descriptors_are_as_small_as_their_numbers() {
        assert_eq!((size_of::<OwnedFd>(), size_of::<BorrowedFd<'_>>()), (4, 4));
    }

    fn files_become_descriptors_and_come_back() -> Result<()> {
        let file = fds::file(b"text");
        let number = file.as_fd().as_raw_fd();
        let fd = OwnedFd::from(file);
        assert_eq!(fd.as_raw_fd(), number);
        assert_eq!(File::from(fd).len()?, 4);
        Ok(())
    }

    fn create_makes_a_file_for_its_owner() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let file = File::create(path.as_c_str())?;
        file.write_all(b"text")?;
        assert_eq!(file.stat()?.mode(), Mode::RUSR | Mode::WUSR);
        assert_eq!(sys::fcntl_getfd(file.as_fd()), Ok(FdFlags::CLOEXEC));
        assert_eq!(File::create(path.as_c_str())?.len()?, 0);
        assert_eq!(file.len()?, 0);
        Ok(())
    }

    fn create_new_makes_no_file_twice() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        File::create_new(path.as_c_str())?.write_all(b"text")?;
        let error = File::create_new(path.as_c_str()).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Open, Errno::EEXIST));
        assert_eq!(File::open(path.as_c_str())?.len()?, 4);
        Ok(())
    }

    fn open_is_for_reading_and_open_rw_for_both() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        File::create(path.as_c_str())?;
        assert_eq!(File::open(path.as_c_str())?.write(b"x").unwrap_err().errno(), Errno::EBADF);
        File::open_rw(path.as_c_str())?.write_all(b"text")?;
        let appending = File::open_with(path.as_c_str(), OFlags::WRONLY | OFlags::APPEND, Mode::empty())?;
        appending.write_all(b" more")?;
        let mut bytes = [0; 9];
        File::open(path.as_c_str())?.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"text more");
        Ok(())
    }

    fn unnamed_is_empty_private_and_takes_seals() -> Result<()> {
        let file = File::unnamed()?;
        assert!(file.is_empty()?);
        assert_eq!(file.kind()?, FileKind::Regular);
        assert_eq!(sys::fcntl_getfd(file.as_fd()), Ok(FdFlags::CLOEXEC));
        assert_eq!(sys::fcntl_add_seals(file.as_fd(), SealFlags::GROW), Ok(()));
        assert_eq!(file.set_len(1).unwrap_err().errno(), Errno::EPERM);
        Ok(())
    }

    fn set_len_and_allocate_differ_in_what_they_take() -> Result<()> {
        let (long, allocated) = (File::unnamed()?, File::unnamed()?);
        long.set_len(1 << 20)?;
        allocated.allocate(1 << 19, 1 << 19)?;
        assert_eq!((long.len()?, allocated.len()?), (1 << 20, 1 << 20));
        assert_eq!(long.stat()?.blocks(), 0);
        assert!(allocated.stat()?.blocks() * 512 >= 1 << 19);
        allocated.allocate(0, 0)?;
        assert_eq!(long.set_len(u64::MAX).unwrap_err().errno(), Errno::EINVAL);
        let error = allocated.allocate(u64::MAX, 1).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Allocate, Errno::EINVAL));
        Ok(())
    }

    fn read_and_write_follow_the_position() -> Result<()> {
        let file = File::unnamed()?;
        assert_eq!(file.write(b"some ")?, 5);
        file.write_all(b"text")?;
        let mut bytes = [0; 16];
        assert_eq!(file.read(&mut bytes)?, 0);
        assert_eq!(file.read_at(&mut bytes, 5)?, 4);
        assert_eq!(&bytes[..4], b"text");
        assert_eq!(file.write_at(b"next", 5)?, 4);
        file.read_exact_at(&mut bytes[..9], 0)?;
        assert_eq!(&bytes[..9], b"some next");
        Ok(())
    }

    fn read_exact_at_wants_all_of_it() -> Result<()> {
        let file = fds::file(b"text");
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes[..0], 100)?;
        let error = file.read_exact_at(&mut bytes, 1).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::ENODATA, Reason::UnexpectedEnd));
        assert_eq!(file.read_exact_at(&mut bytes, u64::MAX).unwrap_err().errno(), Errno::EINVAL);
        Ok(())
    }

    // A pipe takes what it has room for at a time.
    fn write_all_writes_all() -> Result<()> {
        const LEN: usize = 1 << 20;
        let (reading, writing) = fds::pipe();
        // SAFETY: the child uses its copies of the descriptors.
        let child = unsafe {
            baremap::process::spawn(|| {
                let piece = [7; 1 << 16];
                (0..LEN / piece.len()).try_for_each(|_| write_all(&writing, &piece))
            })
        }?;
        drop(writing);
        let (mut sum, mut buffer) = (0, [0; 3000]);
        let file = File::from(reading);
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                len => sum += len,
            }
        }
        assert_eq!(sum, LEN);
        assert!(child.wait()?.success());
        Ok(())
    }

    fn write_all_tells_of_a_full_disk() -> Result<()> {
        let file = File::unnamed()?;
        // SAFETY: no handler runs.
        unsafe { sys::rt_sigaction(Signal::XFSZ, Some(&Sigaction::IGNORE)) }.expect("it may be ignored");
        child::check(|| {
            limits::set(RLIMIT_FSIZE, 3).expect("a lower limit");
            // What there is room for is written.
            assert_eq!(file.write_all_at(b"text", 0).unwrap_err().errno(), Errno::EFBIG);
        });
        assert_eq!(file.len()?, 3);
        let full = File::open_with(c"/dev/full", OFlags::WRONLY, Mode::empty())?;
        let error = full.write_all(b"text").unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Write, Errno::ENOSPC));
        Ok(())
    }

    fn sync_takes_files_and_no_pipes() -> Result<()> {
        let file = fds::file(b"text");
        file.sync()?;
        file.sync_data()?;
        let pipe = File::from(fds::pipe().0);
        assert_eq!(pipe.sync().unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(pipe.sync_data().unwrap_err().operation(), Operation::Sync);
        Ok(())
    }

    fn a_clone_shares_the_position() -> Result<()> {
        let file = fds::file(b"text");
        let clone = file.try_clone()?;
        assert_eq!(file.read(&mut [0; 2])?, 2);
        let mut bytes = [0; 4];
        assert_eq!(clone.read(&mut bytes)?, 2);
        assert_eq!(&bytes[..2], b"xt");
        assert_eq!(sys::fcntl_getfd(clone.as_fd()), Ok(FdFlags::CLOEXEC));
        Ok(())
    }

    fn every_call_says_that_a_descriptor_is_closed() {
        let number = CLOSED.as_raw_fd();
        // SAFETY: not dropped, so that nobody's descriptor is closed.
        let file = mem::ManuallyDrop::new(File::from(unsafe { OwnedFd::from_raw_fd(number) }));
        let errors = [
            file.len().unwrap_err(),
            file.is_empty().unwrap_err(),
            file.kind().unwrap_err(),
            file.set_len(0).unwrap_err(),
            file.allocate(0, 1).unwrap_err(),
            file.read(&mut [0; 1]).unwrap_err(),
            file.read_at(&mut [0; 1], 0).unwrap_err(),
            file.write(b"x").unwrap_err(),
            file.write_all(b"x").unwrap_err(),
            file.write_at(b"x", 0).unwrap_err(),
            file.sync().unwrap_err(),
            file.sync_data().unwrap_err(),
            file.try_clone().unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.errno() == Errno::EBADF), "{errors:?}");
    }
}
