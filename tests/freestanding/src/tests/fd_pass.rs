use crate::harness::tests;
use crate::support::name::Name;
use crate::support::{child, limits, proc};
use baremap::fd::{self, AsFd, AsRawFd, BorrowedFd, OwnedFd};
use baremap::process;
use baremap::sys::{self, FdFlags, MsgFlags, OFlags, Pid, SocketKind, UnixAddress};
use baremap::{Errno, Error, File, FileMap, Operation, Reason, Result, SealedMap};
use core::time::Duration;
use linux_raw_sys::general::RLIMIT_NOFILE;
use linux_raw_sys::net::{SCM_RIGHTS, SOL_SOCKET};

const KINDS: [SocketKind; 3] = [SocketKind::Stream, SocketKind::Datagram, SocketKind::SeqPacket];

tests! {
    fn a_file_in_memory_goes_to_another_process() -> Result<()> {
        for kind in KINDS {
            let (ours, theirs) = sys::socketpair(kind).expect("a pair");
            // SAFETY: the child uses its own descriptors.
            let child = unsafe {
                process::spawn(|| -> Result<()> {
                    let memory = File::unnamed()?;
                    memory.write_all(b"text")?;
                    fd::send(&theirs, &[memory.as_fd()])
                })
            }?;
            let [memory] = fd::receive(&ours)?;
            assert!(child.wait()?.success());
            assert_eq!(sys::fcntl_getfd(memory.as_fd()), Ok(FdFlags::CLOEXEC));
            let map = FileMap::write(&memory)?;
            assert_eq!(map.load::<u32>(0)?, u32::from_ne_bytes(*b"text"));
        }
        Ok(())
    }

    fn a_child_has_the_files_of_its_parent() -> Result<()> {
        let memory = File::unnamed()?;
        child::check(|| memory.write_all_at(b"text", 0));
        let mut bytes = [0; 4];
        memory.read_exact_at(&mut bytes, 0)?;
        assert_eq!(&bytes, b"text");
        Ok(())
    }

    fn a_sealed_file_is_a_slice_to_who_receives_it() -> Result<()> {
        let (ours, theirs) = pair();
        child::check(|| fd::send(&theirs, &[SealedMap::new(b"sealed")?.as_fd()]));
        let [file] = fd::receive(&ours)?;
        assert_eq!(&SealedMap::open(&file)?[..], b"sealed");
        Ok(())
    }

    fn unrelated_processes_meet_at_an_address() -> Result<()> {
        let name = Name::new();
        let address = UnixAddress::new_abstract(name.bytes()).expect("it is short");
        let listener = sys::socket(SocketKind::Stream).expect("a socket");
        sys::bind(listener.as_fd(), &address).expect("the name is free");
        sys::listen(listener.as_fd(), 1).expect("it has an address");
        // SAFETY: the child uses its own descriptors.
        let child = unsafe {
            process::spawn(|| -> Result<()> {
                let socket = sys::socket(SocketKind::Stream).expect("a socket");
                sys::connect(socket.as_fd(), &address).expect("somebody listens");
                let memory = File::unnamed()?;
                memory.write_all(b"hello")?;
                fd::send(&socket, &[memory.as_fd()])
            })
        }?;
        let socket = sys::accept(listener.as_fd()).expect("a connection");
        let [memory] = fd::receive(&socket)?;
        assert_eq!(File::from(memory).len()?, 5);
        assert!(child.wait()?.success());
        Ok(())
    }

    fn as_many_come_as_were_sent_in_their_order() -> Result<()> {
        const MOST: usize = fd::MAX_PASSED;
        let (ours, theirs) = pair();
        let files: [File; 3] = [1, 2, 3].map(|len| {
            let file = File::unnamed().expect("a file");
            file.set_len(len).expect("there is room");
            file
        });
        fd::send(&ours, &[files[0].as_fd(), files[1].as_fd(), files[2].as_fd()])?;
        fd::send(&ours, &[files[2].as_fd(), files[1].as_fd()])?;
        fd::send(&ours, &[])?;
        // Each message is apart, even in a stream.
        let lens = fd::receive::<3>(&theirs)?.map(|fd| File::from(fd).len());
        assert_eq!(lens, [Ok(1), Ok(2), Ok(3)]);
        let lens = fd::receive::<2>(&theirs)?.map(|fd| File::from(fd).len());
        assert_eq!(lens, [Ok(3), Ok(2)]);
        let [] = fd::receive(&theirs)?;

        fd::send(&ours, &[files[0].as_fd(); MOST])?;
        let all: [OwnedFd; MOST] = fd::receive(&theirs)?;
        let inode = files[0].stat()?.inode();
        assert!(all.iter().all(|fd| sys::fstat(fd.as_fd()).expect("it is open").inode() == inode));
        Ok(())
    }

    fn too_many_are_not_sent() -> Result<()> {
        let (ours, _theirs) = pair();
        let file = File::unnamed()?;
        for count in [254, 255, 1000] {
            let error = fd::send(&ours, &[file.as_fd(); 1000][..count]).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Send, Errno::EINVAL));
            assert_eq!(error.reason(), Reason::Descriptors { found: count, expected: fd::MAX_PASSED });
        }
        Ok(())
    }

    fn another_number_than_was_wanted_is_an_error_and_leaks_none() -> Result<()> {
        let (ours, theirs) = pair();
        let file = File::unnamed()?;
        let before = proc::descriptors();
        for count in [0, 1, 3, 200] {
            fd::send(&ours, &[file.as_fd(); 200][..count])?;
            let error = fd::receive::<2>(&theirs).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Receive, Errno::EBADMSG));
            assert_eq!(error.reason(), Reason::Descriptors { found: count, expected: 2 });
            assert_eq!(proc::descriptors(), before);
        }
        // The connection is as it was.
        fd::send(&ours, &[file.as_fd(); 2])?;
        fd::receive::<2>(&theirs).map(drop)
    }

    fn bytes_without_descriptors_are_an_error() -> Result<()> {
        let (ours, theirs) = pair();
        File::from(ours).write_all(b"x")?;
        let error = fd::receive::<1>(&theirs).unwrap_err();
        assert_eq!(error.reason(), Reason::Descriptors { found: 0, expected: 1 });
        Ok(())
    }

    // The control data are cut off then.
    fn more_than_this_process_may_have_are_emfile_and_leak_none() {
        child::check(|| {
            let (ours, theirs) = pair();
            let file = File::unnamed()?;
            fd::send(&ours, &[file.as_fd(); 20])?;
            let before = proc::descriptors();
            let next = file.try_clone()?.as_fd().as_raw_fd() as u64;
            limits::set(RLIMIT_NOFILE, next + 5).expect("less is allowed");
            let error = fd::receive::<20>(&theirs).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Receive, Errno::EMFILE));
            assert_eq!(proc::descriptors(), before);
            Result::Ok(())
        });
    }

    fn a_closed_end_is_an_error_on_both_sides() -> Result<()> {
        for kind in [SocketKind::Stream, SocketKind::SeqPacket] {
            let (ours, theirs) = sys::socketpair(kind).expect("a pair");
            let file = File::unnamed()?;
            fd::send(&ours, &[file.as_fd()])?;
            drop(ours);
            // What was sent still comes.
            fd::receive::<1>(&theirs)?;
            let error = fd::receive::<1>(&theirs).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::ECONNRESET, Reason::Closed));
            // Without the signal SIGPIPE, which would end the test.
            let error = fd::send(&theirs, &[file.as_fd()]).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Send, Errno::EPIPE));
        }
        Ok(())
    }

    fn what_is_no_socket_is_enotsock() -> Result<()> {
        let file = File::unnamed()?;
        assert_eq!(fd::send(&file, &[file.as_fd()]).map_err(Error::errno), Err(Errno::ENOTSOCK));
        assert_eq!(fd::receive::<1>(&file).map_err(Error::errno).map(drop), Err(Errno::ENOTSOCK));
        Ok(())
    }

    fn several_pieces_of_control_data_are_all_taken() -> Result<()> {
        let (ours, theirs) = pair();
        let (one, two) = (File::unnamed()?, File::unnamed()?);
        two.set_len(2)?;
        let piece = |fd: BorrowedFd<'_>| [20, rights(), fd.as_raw_fd() as u64];
        let [first, second] = [one.as_fd(), two.as_fd()].map(piece);
        let control = [first, second];
        // SAFETY: the descriptors are open, and this test's own.
        let sent = unsafe { sys::sendmsg(ours.as_fd(), b"x", control.as_flattened(), MsgFlags::empty()) };
        assert_eq!(sent, Ok(1));
        let lens = fd::receive::<2>(&theirs)?.map(|fd| File::from(fd).len());
        assert_eq!(lens, [Ok(0), Ok(2)]);
        Ok(())
    }

    fn a_file_is_opened_by_process_and_number() -> Result<()> {
        let (ours, theirs) = pair();
        // SAFETY: the child uses its own descriptors.
        let child = unsafe {
            process::spawn(|| -> Result<()> {
                let memory = File::unnamed()?;
                memory.write_all(b"text")?;
                File::from(theirs).write_all(&memory.as_fd().as_raw_fd().to_ne_bytes())?;
                process::sleep(Duration::MAX);
                Ok(())
            })
        }?;
        let mut number = [0; 4];
        let socket = File::from(ours);
        assert_eq!(socket.read(&mut number)?, 4);
        let number = i32::from_ne_bytes(number);

        let memory = File::open_of(child.pid(), number, OFlags::RDWR)?;
        // A position of its own.
        let mut bytes = [0; 4];
        assert_eq!((memory.read(&mut bytes)?, &bytes), (4, b"text"));
        assert_eq!(sys::fcntl_getfd(memory.as_fd()), Ok(FdFlags::CLOEXEC));
        let to_read = File::open_of(child.pid(), number, OFlags::RDONLY)?;
        assert_eq!(to_read.write(b"x").map_err(Error::errno), Err(Errno::EBADF));

        assert_eq!(File::open_of(child.pid(), 999, OFlags::RDWR).map_err(Error::errno).map(drop), Err(Errno::ENOENT));
        child.kill(sys::Signal::KILL)?;
        let pid = child.pid();
        child.wait()?;
        assert_eq!(File::open_of(pid, number, OFlags::RDWR).map_err(Error::errno).map(drop), Err(Errno::ENOENT));
        Ok(())
    }

    fn an_open_file_is_taken_from_a_process() -> Result<()> {
        let file = File::unnamed()?;
        file.write_all(b"text")?;
        let (own, number) = (sys::getpid(), file.as_fd().as_raw_fd());
        let same = File::from(fd::take_from(own, number)?);
        // The same position: at the end.
        assert_eq!(same.read(&mut [0; 4])?, 0);
        let error = fd::take_from(own, 999).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::TakeFrom, Errno::EBADF));
        let nobody = Pid::from_raw(i32::MAX).expect("a number");
        assert_eq!(fd::take_from(nobody, 1).map_err(Error::errno).map(drop), Err(Errno::ESRCH));
        Ok(())
    }
}

fn pair() -> (OwnedFd, OwnedFd) {
    sys::socketpair(SocketKind::Stream).expect("a pair")
}

/// Level and type of descriptors, as the header of control data has them.
fn rights() -> u64 {
    u64::from(SOL_SOCKET) | u64::from(SCM_RIGHTS) << 32
}
