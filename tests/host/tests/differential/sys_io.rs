//! Open descriptors, against rustix.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use baremap::sys::{self, FdFlags, GetRandomFlags, LockKind, OFlags, SealFlags, SeekFrom};
use rustix::{fs, io, pipe};

use crate::{ours, theirs};

const CONTENT: &[u8] = b"0123456789";

fn file() -> OwnedFd {
    let file = fs::memfd_create(c"file", fs::MemfdFlags::CLOEXEC | fs::MemfdFlags::ALLOW_SEALING).unwrap();
    io::pwrite(&file, CONTENT, 0).unwrap();
    file
}

fn closed() -> BorrowedFd<'static> {
    // SAFETY: no process of this machine has so many descriptors; nothing is done but to be refused.
    unsafe { BorrowedFd::borrow_raw(i32::MAX) }
}

#[test]
fn pread_and_pwrite() {
    let (file, read_only) = (file(), std::fs::File::open("/proc/self/exe").unwrap());
    let (reader, writer) = pipe::pipe().unwrap();
    for fd in [file.as_fd(), read_only.as_fd(), reader.as_fd(), writer.as_fd(), closed()] {
        for offset in [0, 5, 10, 1 << 40, i64::MAX as u64, u64::MAX] {
            let (mut our_bytes, mut their_bytes) = ([0; 7], [0; 7]);
            let result = ours(sys::pread(fd, &mut our_bytes, offset));
            assert_eq!(result, theirs(io::pread(fd, &mut their_bytes, offset)), "pread at {offset}");
            assert_eq!(our_bytes, their_bytes);

            let result = ours(sys::pwrite(fd, b"abc", offset));
            assert_eq!(result, theirs(io::pwrite(fd, b"abc", offset)), "pwrite at {offset}");
        }
        fs::ftruncate(&file, 10).unwrap();
    }
    assert_eq!(ours(sys::pread(file.as_fd(), &mut [], 0)), Ok(0));
}

#[test]
fn read_and_write() {
    let (our_reader, our_writer) = sys::pipe2(OFlags::CLOEXEC | OFlags::NONBLOCK).unwrap();
    let (their_reader, their_writer) =
        pipe::pipe_with(pipe::PipeFlags::CLOEXEC | pipe::PipeFlags::NONBLOCK).unwrap();
    let read = || {
        let (mut our_bytes, mut their_bytes) = ([0; 4], [0; 4]);
        let result = ours(sys::read(our_reader.as_fd(), &mut our_bytes));
        assert_eq!(result, theirs(io::read(&their_reader, &mut their_bytes)));
        assert_eq!(our_bytes, their_bytes);
        result
    };
    assert_eq!(read(), Err(libc::EAGAIN));
    for bytes in [CONTENT, &[], &[7; 1 << 20], &[]] {
        assert_eq!(ours(sys::write(our_writer.as_fd(), bytes)), theirs(io::write(&their_writer, bytes)));
    }
    assert_eq!(read(), Ok(4));
    for (fd, theirs_fd) in [(our_reader.as_fd(), their_reader.as_fd()), (closed(), closed())] {
        assert_eq!(ours(sys::write(fd, b"x")), theirs(io::write(theirs_fd, b"x")));
    }
}

#[test]
fn a_write_from_nowhere() {
    let nowhere = std::ptr::without_provenance(8);
    // SAFETY: the kernel refuses the address.
    assert_eq!(ours(unsafe { sys::write_raw(file().as_fd(), nowhere, 1) }), Err(libc::EFAULT));
}

#[test]
fn lseek() {
    let [our_file, their_file] = [file(), file()];
    for (to, same) in [
        (SeekFrom::Start(4), fs::SeekFrom::Start(4)),
        (SeekFrom::Current(3), fs::SeekFrom::Current(3)),
        (SeekFrom::Current(-20), fs::SeekFrom::Current(-20)),
        (SeekFrom::End(-1), fs::SeekFrom::End(-1)),
        (SeekFrom::End(100), fs::SeekFrom::End(100)),
        (SeekFrom::Current(0), fs::SeekFrom::Current(0)),
        (SeekFrom::Data(0), fs::SeekFrom::Data(0)),
        (SeekFrom::Data(10), fs::SeekFrom::Data(10)),
        (SeekFrom::Hole(0), fs::SeekFrom::Hole(0)),
        (SeekFrom::Hole(11), fs::SeekFrom::Hole(11)),
        (SeekFrom::Start(i64::MAX as u64), fs::SeekFrom::Start(i64::MAX as u64)),
        (SeekFrom::Current(1), fs::SeekFrom::Current(1)),
        (SeekFrom::Start(u64::MAX), fs::SeekFrom::Start(u64::MAX)),
    ] {
        assert_eq!(ours(sys::lseek(our_file.as_fd(), to)), theirs(fs::seek(&their_file, same)), "{to:?}");
    }
    let (reader, _writer) = pipe::pipe().unwrap();
    for fd in [reader.as_fd(), closed()] {
        let result = ours(sys::lseek(fd, SeekFrom::Start(0)));
        assert_eq!(result, theirs(fs::seek(fd, fs::SeekFrom::Start(0))));
    }
}

#[test]
fn sync() {
    let (file, (reader, _writer)) = (file(), pipe::pipe().unwrap());
    for fd in [file.as_fd(), reader.as_fd(), closed()] {
        assert_eq!(ours(sys::fsync(fd)), theirs(fs::fsync(fd)));
        assert_eq!(ours(sys::fdatasync(fd)), theirs(fs::fdatasync(fd)));
    }
}

#[test]
fn descriptor_flags() {
    let file = file();
    for flags in [FdFlags::empty(), FdFlags::CLOEXEC] {
        sys::fcntl_setfd(file.as_fd(), flags).unwrap();
        assert_eq!(io::fcntl_getfd(&file).unwrap().bits(), flags.bits());
        assert_eq!(sys::fcntl_getfd(file.as_fd()), Ok(flags));
    }
    assert_eq!(ours(sys::fcntl_getfd(closed())).map(drop), theirs(io::fcntl_getfd(closed())).map(drop));

    for flags in [OFlags::APPEND, OFlags::NONBLOCK, OFlags::empty()] {
        sys::fcntl_setfl(file.as_fd(), flags).unwrap();
        let result = ours(sys::fcntl_getfl(file.as_fd())).map(|flags| flags.bits());
        assert_eq!(result, theirs(fs::fcntl_getfl(&file)).map(|flags| flags.bits()));
        assert!(OFlags::from_bits_retain(result.unwrap()).contains(flags | OFlags::RDWR));
    }

    let copy = sys::fcntl_dupfd_cloexec(file.as_fd(), 0).unwrap();
    assert_eq!(io::fcntl_getfd(&copy), Ok(io::FdFlags::CLOEXEC));
    assert_eq!(fs::fstat(&copy).unwrap().st_ino, fs::fstat(&file).unwrap().st_ino);
    assert_eq!(ours(sys::fcntl_dupfd_cloexec(closed(), 0)).map(drop), Err(libc::EBADF));
}

#[test]
fn seals() {
    let [our_file, their_file] = [file(), file()];
    let (reader, _writer) = pipe::pipe().unwrap();
    for seals in [SealFlags::GROW, SealFlags::SHRINK | SealFlags::WRITE, SealFlags::SEAL, SealFlags::GROW] {
        let same = fs::SealFlags::from_bits_retain(seals.bits());
        let added = ours(sys::fcntl_add_seals(our_file.as_fd(), seals));
        assert_eq!(added, theirs(fs::fcntl_add_seals(&their_file, same)));
        let got = ours(sys::fcntl_get_seals(our_file.as_fd())).map(|seals| seals.bits());
        assert_eq!(got, theirs(fs::fcntl_get_seals(&their_file)).map(|seals| seals.bits()));
    }
    for fd in [reader.as_fd(), closed()] {
        let got = ours(sys::fcntl_get_seals(fd)).map(drop);
        assert_eq!(got, theirs(fs::fcntl_get_seals(fd)).map(drop));
    }
}

/// Locks of the kind that belong to an open file, which rustix lacks: the libc asks who holds them.
#[test]
fn locks() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let other = file.reopen().unwrap();
    let holder = |start, len| {
        let mut lock = libc::flock {
            l_type: libc::F_WRLCK as i16,
            l_whence: libc::SEEK_SET as i16,
            l_start: start,
            l_len: len,
            l_pid: 0,
        };
        use std::os::fd::AsRawFd;
        // SAFETY: the structure is read and written.
        let result = unsafe { libc::fcntl(other.as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) };
        assert_eq!(result, 0);
        (i32::from(lock.l_type), lock.l_start, lock.l_len)
    };
    let fd = file.as_fd();
    sys::fcntl_ofd_setlk(fd, LockKind::Write, 10, 20).unwrap();
    assert_eq!(holder(0, 0), (libc::F_WRLCK, 10, 20));
    assert_eq!(holder(30, 0).0, libc::F_UNLCK);
    assert_eq!(ours(sys::fcntl_ofd_setlk(other.as_fd(), LockKind::Read, 29, 1)), Err(libc::EAGAIN));
    sys::fcntl_ofd_setlkw(fd, LockKind::Read, 10, 5).unwrap();
    assert_eq!(holder(0, 0), (libc::F_RDLCK, 10, 5));
    sys::fcntl_ofd_setlk(fd, LockKind::Unlock, 0, 0).unwrap();
    assert_eq!(holder(0, 0).0, libc::F_UNLCK);
    assert_eq!(ours(sys::fcntl_ofd_setlk(closed(), LockKind::Read, 0, 0)), Err(libc::EBADF));
}

#[test]
fn getrandom() {
    let (mut first, mut second) = ([0; 32], [0; 32]);
    assert_eq!(sys::getrandom(&mut first, GetRandomFlags::empty()), Ok(32));
    assert_eq!(sys::getrandom(&mut second, GetRandomFlags::NONBLOCK), Ok(32));
    assert_ne!(first, second);
    // SAFETY: the buffer is written.
    let refused = unsafe { libc::getrandom(first.as_mut_ptr().cast(), 32, u32::MAX) };
    assert_eq!((refused, std::io::Error::last_os_error().raw_os_error()), (-1, Some(libc::EINVAL)));
    assert_eq!(ours(sys::getrandom(&mut first, GetRandomFlags::all())), Err(libc::EINVAL));
}
