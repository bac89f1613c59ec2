//! Files by name, against rustix.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use baremap::sys::{self, AtFlags, FallocateFlags, FileKind, MemfdFlags, Mode, OFlags, RenameFlags};
use rustix::fs;
use tempfile::TempDir;

use crate::{Outcome, ours, theirs};

/// A folder for each implementation, so that both begin with the same.
struct Folders {
    ours: TempDir,
    theirs: TempDir,
}

impl Folders {
    fn new() -> Folders {
        Folders { ours: tempfile::tempdir().unwrap(), theirs: tempfile::tempdir().unwrap() }
    }

    /// Makes a file in both.
    fn write(&self, name: &str, content: &str) {
        for folder in [&self.ours, &self.theirs] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
    }

    /// What the two implementations make of the same name.
    #[track_caller]
    fn agree<T: std::fmt::Debug + PartialEq>(
        &self,
        name: &str,
        our: impl FnOnce(&CString) -> Outcome<T>,
        their: impl FnOnce(&CString) -> Outcome<T>,
    ) -> Outcome<T> {
        let result = our(&path(&self.ours.path().join(name)));
        assert_eq!(result, their(&path(&self.theirs.path().join(name))), "{name}");
        result
    }

    /// Names, kinds, lengths and modes in both folders are the same.
    #[track_caller]
    fn are_alike(&self) {
        assert_eq!(listing(self.ours.path()), listing(self.theirs.path()));
    }
}

fn path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

fn listing(folder: &Path) -> Vec<String> {
    let mut lines: Vec<String> = folder
        .read_dir()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            format!("{:?} {} {:?}", entry.file_name(), metadata.len(), metadata.permissions())
        })
        .collect();
    lines.sort();
    lines
}

/// An open file as what can be said of it.
fn opened(fd: OwnedFd) -> (fs::OFlags, u64) {
    (fs::fcntl_getfl(&fd).unwrap(), fs::fstat(&fd).unwrap().st_size as u64)
}

fn closed() -> BorrowedFd<'static> {
    // SAFETY: no process of this machine has so many descriptors; nothing is done but to be refused.
    unsafe { BorrowedFd::borrow_raw(i32::MAX) }
}

#[test]
fn open() {
    let folders = Folders::new();
    folders.write("file", "0123456789");
    let create = OFlags::CREATE | OFlags::RDWR;
    for (name, flags) in [
        ("file", OFlags::RDONLY),
        ("file", OFlags::RDWR | OFlags::APPEND | OFlags::NONBLOCK),
        ("file", OFlags::WRONLY | OFlags::CLOEXEC | OFlags::SYNC),
        ("file", OFlags::DIRECTORY),
        ("file", create | OFlags::EXCL),
        ("file", create | OFlags::TRUNC),
        ("file/below", OFlags::RDONLY),
        ("missing", OFlags::RDWR),
        ("missing/below", create),
        ("new", create),
        ("", OFlags::RDWR),
        ("", OFlags::RDONLY | OFlags::DIRECTORY),
        ("", OFlags::TMPFILE | OFlags::RDWR),
    ] {
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP;
        let _ = folders.agree(
            name,
            |path| ours(sys::open(path, flags, mode)).map(opened),
            |path| {
                let flags = fs::OFlags::from_bits_retain(flags.bits());
                theirs(fs::open(path, flags, fs::Mode::from_bits_retain(mode.bits()))).map(opened)
            },
        );
        folders.are_alike();
    }
    let long = "x".repeat(300);
    let result = folders.agree(
        &long,
        |path| ours(sys::open(path, create, Mode::RUSR)).map(opened),
        |path| theirs(fs::open(path, fs::OFlags::CREATE, fs::Mode::RUSR)).map(opened),
    );
    assert_eq!(result, Err(libc::ENAMETOOLONG));
}

#[test]
fn unlink_mkdir_rename() {
    let folders = Folders::new();
    folders.write("file", "content");
    folders.write("other", "");

    for name in ["directory", "directory", "directory/below", "missing/below", "file/below"] {
        let mode = Mode::RUSR | Mode::WUSR | Mode::XUSR;
        let _ = folders.agree(
            name,
            |path| ours(sys::mkdir(path, mode)),
            |path| theirs(fs::mkdir(path, fs::Mode::RWXU)),
        );
        folders.are_alike();
    }

    for name in ["missing", "directory", "file/below"] {
        let result = folders.agree(name, |path| ours(sys::unlink(path)), |path| theirs(fs::unlink(path)));
        assert!(result.is_err());
    }
    for name in ["file", "directory", "directory/below", "directory"] {
        let _ = folders.agree(
            name,
            |path| ours(sys::unlinkat(sys::CWD, path, AtFlags::REMOVEDIR)),
            |path| theirs(fs::rmdir(path)),
        );
        folders.are_alike();
    }

    let renames = [
        ("missing", "new", RenameFlags::empty()),
        ("file", "other", RenameFlags::NOREPLACE),
        ("file", "other", RenameFlags::EXCHANGE),
        ("file", "missing", RenameFlags::EXCHANGE),
        ("file", "missing/below", RenameFlags::empty()),
        ("file", "new", RenameFlags::all()),
        ("file", "other", RenameFlags::empty()),
    ];
    for (old, new, flags) in renames {
        let _ = folders.agree(
            old,
            |path_of_old| {
                let new = path(&folders.ours.path().join(new));
                ours(sys::renameat2(sys::CWD, path_of_old, sys::CWD, &new, flags))
            },
            |path_of_old| {
                let new = folders.theirs.path().join(new);
                let flags = fs::RenameFlags::from_bits_retain(flags.bits());
                theirs(fs::renameat_with(fs::CWD, path_of_old, fs::CWD, new, flags))
            },
        );
        folders.are_alike();
    }
}

#[test]
fn linkat() {
    let folders = Folders::new();
    folders.write("file", "content");
    for (old, new) in [("file", "link"), ("file", "link"), ("missing", "new"), ("", "new")] {
        let _ = folders.agree(
            old,
            |path_of_old| {
                let new = path(&folders.ours.path().join(new));
                ours(sys::linkat(sys::CWD, path_of_old, sys::CWD, &new, AtFlags::empty()))
            },
            |path_of_old| {
                let new = folders.theirs.path().join(new);
                theirs(fs::linkat(fs::CWD, path_of_old, fs::CWD, new, fs::AtFlags::empty()))
            },
        );
        folders.are_alike();
    }
    let links =
        sys::statx(sys::CWD, &path(&folders.ours.path().join("link")), AtFlags::empty()).unwrap().links();
    assert_eq!(links, 2);
}

#[test]
fn statx() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "0123456789").unwrap();
    std::os::unix::fs::symlink("file", folder.path().join("link")).unwrap();
    fs::mkfifoat(fs::CWD, folder.path().join("pipe"), fs::Mode::RUSR).unwrap();

    for name in ["file", "link", "pipe", "", "missing", "file/below", "/dev/null", "/proc/self/exe"] {
        for (flags, their_flags) in [
            (AtFlags::empty(), fs::AtFlags::empty()),
            (AtFlags::SYMLINK_NOFOLLOW, fs::AtFlags::SYMLINK_NOFOLLOW),
        ] {
            let path = path(&folder.path().join(name));
            let ours = ours(sys::statx(sys::CWD, &path, flags)).map(|stat| {
                (stat.size(), stat.mode().bits(), stat.kind(), stat.inode(), stat.links(), stat.blocks())
            });
            let theirs = theirs(fs::statat(fs::CWD, &path, their_flags)).map(|stat| {
                let kind = match fs::FileType::from_raw_mode(stat.st_mode) {
                    fs::FileType::RegularFile => FileKind::Regular,
                    fs::FileType::Directory => FileKind::Directory,
                    fs::FileType::Symlink => FileKind::Symlink,
                    fs::FileType::Fifo => FileKind::Fifo,
                    fs::FileType::Socket => FileKind::Socket,
                    fs::FileType::CharacterDevice => FileKind::CharacterDevice,
                    fs::FileType::BlockDevice => FileKind::BlockDevice,
                    fs::FileType::Unknown => FileKind::Unknown,
                };
                let mode = fs::Mode::from_raw_mode(stat.st_mode).bits();
                let (size, blocks) = (stat.st_size as u64, stat.st_blocks as u64);
                (size, mode, kind, stat.st_ino, stat.st_nlink as u32, blocks)
            });
            assert_eq!(ours, theirs, "{name}");
        }
    }
    assert_eq!(ours(sys::fstat(closed())).map(drop), Err(libc::EBADF));
}

#[test]
fn lengths() {
    let ours_file = sys::memfd_create(c"ours", MemfdFlags::CLOEXEC).unwrap();
    let their_file = fs::memfd_create(c"theirs", fs::MemfdFlags::CLOEXEC).unwrap();
    let same = || {
        let [ours, theirs] = [&ours_file, &their_file].map(|fd| fs::fstat(fd).unwrap());
        assert_eq!((ours.st_size, ours.st_blocks), (theirs.st_size, theirs.st_blocks));
    };
    for len in [0, 1, 100_000, 10, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        assert_eq!(ours(sys::ftruncate(ours_file.as_fd(), len)), theirs(fs::ftruncate(&their_file, len)));
        same();
    }
    let huge = i64::MAX as u64;
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let none = FallocateFlags::empty();
    sys::ftruncate(ours_file.as_fd(), 0).unwrap();
    fs::ftruncate(&their_file, 0).unwrap();
    for (flags, offset, len) in [
        (none, 0, 100_000),
        (none, 5, 200_000),
        (none, 0, 0),
        (none, huge, huge),
        (none, u64::MAX, 1),
        (FallocateFlags::KEEP_SIZE, 0, 400_000),
        (hole, 0, 100_000),
        (FallocateFlags::PUNCH_HOLE, 0, 1),
        (FallocateFlags::COLLAPSE_RANGE, 0, 65536),
    ] {
        let their_flags = fs::FallocateFlags::from_bits_retain(flags.bits());
        assert_eq!(
            ours(sys::fallocate(ours_file.as_fd(), flags, offset, len)),
            theirs(fs::fallocate(&their_file, their_flags, offset, len)),
            "{flags:?} {offset} {len}"
        );
        same();
    }
    for fd in [closed(), rustix::pipe::pipe().unwrap().0.as_fd()] {
        assert_eq!(ours(sys::ftruncate(fd, 1)), theirs(fs::ftruncate(fd, 1)));
        assert_eq!(
            ours(sys::fallocate(fd, none, 0, 1)),
            theirs(fs::fallocate(fd, fs::FallocateFlags::empty(), 0, 1))
        );
    }
}
