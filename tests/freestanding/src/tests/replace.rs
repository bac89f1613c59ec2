use crate::harness::tests;
use crate::support::scratch::Scratch;
use crate::support::text::Text;
use crate::support::{child, fds, proc, raw, sandbox, seccomp, trace};
use baremap::fd::{AsFd, BorrowedFd, IntoRawFd};
use baremap::sys::{self, AtFlags, CWD, FdFlags, Mode, OFlags, Pid, Signal};
use baremap::{Errno, Error, File, FileMap, Operation, Reason, Result, replace_file};
use core::ffi::CStr;
use linux_raw_sys::general::{__NR_fsync, __NR_openat};

tests! {
    fn makes_a_new_file() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        replace_file(path.as_c_str(), |file| file.write_all(b"content"))?;
        assert_content(path.as_c_str(), b"content");
        assert_eq!(File::open(path.as_c_str())?.stat()?.mode(), Mode::RUSR | Mode::WUSR);
        assert_no_litter(scratch);
        Ok(())
    }

    fn replaces_an_old_file_and_keeps_its_mode() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let mode = Mode::RUSR | Mode::WUSR | Mode::XUSR | Mode::RGRP | Mode::ROTH;
        File::create(path.as_c_str())?.write_all(b"a longer old content")?;
        let old = File::open(path.as_c_str())?;
        sys::fchmod(old.as_fd(), mode).expect("it is ours");
        let map = FileMap::read(&old)?;

        replace_file(path.as_c_str(), |file| file.write_all(b"new"))?;
        assert_content(path.as_c_str(), b"new");
        assert_eq!(File::open(path.as_c_str())?.stat()?.mode(), mode);
        // Who has the old one keeps it.
        let mut bytes = [0; 20];
        map.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"a longer old content");
        assert_eq!(old.stat()?.links(), 0);
        assert_no_litter(scratch);
        Ok(())
    }

    fn a_fill_that_fails_leaves_the_old_file() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        File::create(path.as_c_str())?.write_all(b"old")?;
        let failed = replace_file(path.as_c_str(), |file| {
            file.write_all(b"half of")?;
            file.read_exact_at(&mut [0; 100], 0)
        });
        assert_eq!(failed.map_err(Error::reason), Err(Reason::UnexpectedEnd));
        assert_content(path.as_c_str(), b"old");
        assert_no_litter(scratch);
        Ok(())
    }

    fn a_relative_path_is_below_the_current_directory() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        child::check(|| {
            raw::chdir(scratch.directory()).expect("it is there");
            replace_file(c"a", |file| file.write_all(b"relative"))
        });
        assert_content(path.as_c_str(), b"relative");
        Ok(())
    }

    fn a_symbolic_link_is_replaced_itself() -> Result<()> {
        let scratch = Scratch::new();
        let (link, target) = (scratch.path("a"), scratch.path("b"));
        File::create(target.as_c_str())?.write_all(b"target")?;
        raw::symlink(c"b", link.as_c_str()).expect("the name is free");
        replace_file(link.as_c_str(), |file| file.write_all(b"new"))?;
        assert_content(link.as_c_str(), b"new");
        assert_content(target.as_c_str(), b"target");
        Ok(())
    }

    fn a_path_without_a_name_is_an_error() {
        for path in [c"", c"/", c".", c"..", c"/tmp/", c"/tmp/..", c"a/."] {
            let error = replace_file(path, |_| panic!("there is nothing to fill")).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::NoName), "{path:?}");
        }
    }

    fn what_is_in_the_way_is_an_error() -> Result<()> {
        let scratch = Scratch::new();
        File::create(scratch.path("a").as_c_str())?;
        sys::mkdir(scratch.path("b").as_c_str(), Mode::RUSR | Mode::WUSR | Mode::XUSR).expect("the name is free");
        for (name, errno) in [
            ("a/below", Errno::ENOTDIR),
            ("b", Errno::EISDIR),
            ("c/below", Errno::ENOENT),
        ] {
            let error = replace_file(scratch.path(name).as_c_str(), |_| panic!("nothing to fill")).unwrap_err();
            assert_eq!(error.errno(), errno, "{name}");
        }
        Ok(())
    }

    fn a_name_that_is_too_long_is_an_error() {
        let scratch = Scratch::new();
        let path = Text::of(format_args!("{}/{:a<256}", scratch.directory().to_str().unwrap(), ""));
        let error = replace_file(path.as_c_str(), |_| Ok(())).unwrap_err();
        assert_eq!(error.errno(), Errno::ENAMETOOLONG);
        assert_no_litter(scratch);

        // PATH_MAX is 4,096 bytes with the null.
        let mut long = [b'/'; 5000];
        long[4998..].copy_from_slice(b"a\0");
        let path = CStr::from_bytes_with_nul(&long).expect("one null, at the end");
        let error = replace_file(path, |_| Ok(())).unwrap_err();
        assert_eq!(error.reason(), Reason::LongName { len: 4998, most: 4095 });
    }

    fn a_directory_that_cannot_be_written_is_an_error() {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        child::check_as_nobody(|| {
            let error = replace_file(path.as_c_str(), |_| Ok(())).unwrap_err();
            assert_eq!(error.errno(), Errno::EACCES);
        });
        assert_no_litter(scratch);
    }

    #[skip(qemu_user, "it applies the filter to its own calls")]
    fn works_where_every_file_has_a_name() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        child::check(|| {
            let tmpfile = OFlags::TMPFILE.difference(OFlags::DIRECTORY).bits();
            seccomp::refuse(__NR_openat as usize, 2, tmpfile, Errno::EOPNOTSUPP);
            for content in [&b"old"[..], b"new"] {
                replace_file(path.as_c_str(), |file| {
                    assert_eq!(file.stat()?.links(), 1);
                    file.write_all(content)
                })?;
                assert_content(path.as_c_str(), content);
            }
            replace_file(path.as_c_str(), |file| file.set_len(u64::MAX)).unwrap_err();
            Result::Ok(())
        });
        assert_content(path.as_c_str(), b"new");
        assert_no_litter(scratch);
        Ok(())
    }

    #[skip(qemu_user, "it lacks ptrace")]
    fn killed_at_any_moment_leaves_the_old_file_or_the_new() -> Result<()> {
        const PIECE: [u8; 100] = [b'n'; 100];
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let (mut kept, mut replaced, mut littered) = (0, 0, 0);
        for moment in 0.. {
            File::create(path.as_c_str())?.write_all(b"old")?;
            let (process, status) = trace::kill_at(moment, || {
                replace_file(path.as_c_str(), |file| {
                    (0..3).try_for_each(|_| file.write_all(&PIECE))
                })
            });
            match File::open(path.as_c_str())?.len()? {
                3 => kept += 1,
                300 => replaced += 1,
                len => panic!("{len} bytes after moment {moment}"),
            }
            // Its name is known here, since a child's first name has its number and a zero.
            littered += u32::from(remove_litter(&scratch, process));
            if status.success() {
                break;
            }
            assert_eq!(status.signal(), Some(Signal::KILL));
        }
        // Opening, three writes, syncing, linking, each with a moment before and after it.
        assert!(kept >= 12 && replaced >= 3, "{kept} kept, {replaced} replaced");
        assert_eq!(littered, 2, "after the one call that gives the name, and before the one that takes it");
        assert_no_litter(scratch);
        Ok(())
    }

    fn the_next_replacement_is_not_kept_from_its_work_by_litter() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        File::create(path.as_c_str())?;
        let litter = [0, 1].map(|number| litter(&scratch, sys::getpid(), number));
        for name in &litter {
            File::create(name.as_c_str())?;
        }
        replace_file(path.as_c_str(), |file| file.write_all(b"new"))?;
        assert_content(path.as_c_str(), b"new");
        for name in &litter {
            sys::unlink(name.as_c_str()).expect("it is as it was");
        }
        assert_no_litter(scratch);
        Ok(())
    }

    // The file is synced before it takes the path.
    #[skip(qemu_user, "QEMU passes no filter on")]
    fn what_cannot_be_synced_takes_no_path() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        replace_file(path.as_c_str(), |file| file.write_all(b"old"))?;
        child::check(|| {
            sandbox::deny([__NR_fsync], Errno::EIO);
            let error = replace_file(path.as_c_str(), |file| file.write_all(b"new")).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Sync, Errno::EIO));
        });
        assert_content(path.as_c_str(), b"old");
        assert_no_litter(scratch);
        Ok(())
    }

    // The directory is opened before the file, and gets the lower number.
    #[skip(qemu_user, "QEMU passes no filter on")]
    fn the_directory_is_synced_too() -> Result<()> {
        const DIRECTORY: u32 = 63;
        let scratch = Scratch::new();
        let path = scratch.path("a");
        child::check(|| {
            let taken = fds::directory();
            while sys::fcntl_dupfd_cloexec(taken.as_fd(), 0)?.into_raw_fd() + 1 < DIRECTORY as i32 {}
            // The file's number is one higher, and has none of these bits.
            seccomp::refuse(__NR_fsync as usize, 0, DIRECTORY, Errno::EIO);
            let error = replace_file(path.as_c_str(), |file| file.write_all(b"new")).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::SyncDirectory, Errno::EIO));
            core::result::Result::<_, Errno>::Ok(())
        });
        assert_content(path.as_c_str(), b"new");
        assert_no_litter(scratch);
        Ok(())
    }

    // It may be another's by then: it must not run as its owner.
    fn permissions_are_kept_and_nothing_else() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let old = File::create(path.as_c_str())?;
        sys::fchmod(old.as_fd(), Mode::from_bits_retain(0o6751)).expect("one's own");
        replace_file(path.as_c_str(), |file| file.write_all(b"new"))?;
        assert_eq!(File::open(path.as_c_str())?.stat()?.mode().bits(), 0o751);
        assert_no_litter(scratch);
        Ok(())
    }

    #[skip(qemu_user, "it applies the filter to its own calls")]
    fn a_name_that_is_taken_stays_its_files() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        child::check(|| {
            let taken = litter(&scratch, sys::getpid(), 0);
            File::create(taken.as_c_str())?.write_all(b"another's")?;
            let tmpfile = OFlags::TMPFILE.difference(OFlags::DIRECTORY).bits();
            seccomp::refuse(__NR_openat as usize, 2, tmpfile, Errno::EOPNOTSUPP);
            replace_file(path.as_c_str(), |file| file.write_all(b"new"))?;
            assert_content(taken.as_c_str(), b"another's");
            sys::unlink(taken.as_c_str()).expect("it is as it was");
            Result::Ok(())
        });
        assert_content(path.as_c_str(), b"new");
        assert_no_litter(scratch);
        Ok(())
    }

    // A program that another thread starts meanwhile has neither the directory nor the file.
    fn what_it_opens_closes_on_exec() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        let are_open = || core::array::from_fn::<bool, 64, _>(|number| proc::is_open(number as i32));
        let before = are_open();
        replace_file(path.as_c_str(), |_| {
            let opened = (3..64).filter(|&number| are_open()[number] && !before[number]);
            let mut count = 0;
            for number in opened {
                // SAFETY: open as long as this closure runs.
                let fd = unsafe { BorrowedFd::borrow_raw(number as i32) };
                assert!(sys::fcntl_getfd(fd).expect("it is open").contains(FdFlags::CLOEXEC), "descriptor {number}");
                count += 1;
            }
            assert_eq!(count, 2);
            Ok(())
        })?;
        assert_no_litter(scratch);
        Ok(())
    }

    // A path that is free is taken in one step.
    #[skip(qemu_user, "it lacks ptrace")]
    fn killed_at_any_moment_a_new_file_leaves_no_other_name() -> Result<()> {
        let scratch = Scratch::new();
        let path = scratch.path("a");
        for moment in 0.. {
            let (process, status) =
                trace::kill_at(moment, || replace_file(path.as_c_str(), |file| file.write_all(b"new")));
            assert!(!remove_litter(&scratch, process), "after moment {moment}");
            if sys::unlink(path.as_c_str()).is_ok() && status.success() {
                break;
            }
        }
        assert_no_litter(scratch);
        Ok(())
    }
}

#[track_caller]
fn assert_content(path: &CStr, content: &[u8]) {
    let mut bytes = [0; 100];
    let count = File::open(path).and_then(|file| file.read(&mut bytes)).expect("the file is there");
    assert!(bytes[..count] == *content, "{}", bytes[..count].escape_ascii());
}

/// The name that a process gives a file before it takes its path.
fn litter(scratch: &Scratch, process: Pid, number: u32) -> Text {
    scratch.path(&Text::of(format_args!(".baremap-{process}-{number}")))
}

/// Removes what a process has left behind, and says whether there was something.
fn remove_litter(scratch: &Scratch, process: Pid) -> bool {
    sys::unlink(litter(scratch, process, 0).as_c_str()).is_ok()
}

/// Nothing but the file `a` may be in the directory: without it, it can be removed.
#[track_caller]
fn assert_no_litter(scratch: Scratch) {
    let _ = sys::unlink(scratch.path("a").as_c_str());
    assert_eq!(sys::unlinkat(CWD, scratch.directory(), AtFlags::REMOVEDIR), Ok(()));
}
