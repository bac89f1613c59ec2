use crate::harness::tests;
use crate::support::fds;
use crate::support::name::Name;
use crate::support::scratch::Scratch;
use baremap::fd::AsFd;
use baremap::sys::{self, FdFlags, FileKind, Message, MsgFlags, SocketKind, UnixAddress};
use baremap::{Errno, File};

type Result = core::result::Result<(), Errno>;

tests! {
    fn a_pair_is_connected_both_ways_and_closed_on_exec() -> Result {
        for kind in [SocketKind::Stream, SocketKind::Datagram, SocketKind::SeqPacket] {
            let (one, other) = sys::socketpair(kind)?;
            for (from, to) in [(&one, &other), (&other, &one)] {
                assert_eq!(sys::fcntl_getfd(from.as_fd())?, FdFlags::CLOEXEC);
                assert_eq!(sys::fstat(from.as_fd())?.kind(), FileKind::Socket);
                assert_eq!(sys::write(from.as_fd(), b"text")?, 4);
                let mut bytes = [0; 10];
                assert_eq!(sys::read(to.as_fd(), &mut bytes)?, 4);
                assert_eq!(&bytes[..4], b"text");
            }
        }
        Ok(())
    }

    fn a_stream_runs_on_and_messages_stay_apart() -> Result {
        for (kind, first) in [(SocketKind::Stream, 3), (SocketKind::SeqPacket, 2), (SocketKind::Datagram, 2)] {
            let (one, other) = sys::socketpair(kind)?;
            // SAFETY: no descriptor is named.
            unsafe {
                sys::sendmsg(one.as_fd(), b"ab", &[], MsgFlags::empty())?;
                sys::sendmsg(one.as_fd(), b"c", &[], MsgFlags::empty())?;
            }
            let received = sys::recvmsg(other.as_fd(), &mut [0; 10], &mut [], MsgFlags::empty())?;
            assert_eq!(received, Message { len: first, control_len: 0, flags: MsgFlags::empty() });
        }
        Ok(())
    }

    fn what_has_no_room_is_cut_off() -> Result {
        let (one, other) = sys::socketpair(SocketKind::SeqPacket)?;
        sys::write(one.as_fd(), b"0123456789")?;
        let mut bytes = [0; 4];
        let received = sys::recvmsg(other.as_fd(), &mut bytes, &mut [], MsgFlags::PEEK)?;
        assert_eq!((received.len, received.flags, &bytes), (4, MsgFlags::TRUNC, b"0123"));
        // It was only looked at.
        let received = sys::recvmsg(other.as_fd(), &mut [0; 10], &mut [], MsgFlags::empty())?;
        assert_eq!((received.len, received.flags), (10, MsgFlags::empty()));
        Ok(())
    }

    fn nothing_there_is_eagain_for_who_does_not_wait() -> Result {
        let (one, _other) = sys::socketpair(SocketKind::Stream)?;
        let received = sys::recvmsg(one.as_fd(), &mut [0; 4], &mut [], MsgFlags::DONTWAIT);
        assert_eq!(received, Err(Errno::EAGAIN));
        Ok(())
    }

    fn a_socket_in_the_file_system_is_found_by_its_path() -> Result {
        let scratch = Scratch::in_memory();
        let path = scratch.path("a");
        let address = UnixAddress::new(path.as_bytes())?;
        let connect = || {
            let socket = sys::socket(SocketKind::Stream)?;
            sys::connect(socket.as_fd(), &address).map(|()| socket)
        };
        assert_eq!(connect().unwrap_err(), Errno::ENOENT);
        let listener = sys::socket(SocketKind::Stream)?;
        sys::bind(listener.as_fd(), &address)?;
        assert_eq!(connect().unwrap_err(), Errno::ECONNREFUSED);
        sys::listen(listener.as_fd(), u32::MAX)?;
        let ours = connect()?;
        let theirs = sys::accept(listener.as_fd())?;
        assert_eq!(sys::fcntl_getfd(theirs.as_fd())?, FdFlags::CLOEXEC);
        sys::write(theirs.as_fd(), b"hello")?;
        assert_eq!(sys::read(ours.as_fd(), &mut [0; 10])?, 5);

        let another = sys::socket(SocketKind::Stream)?;
        assert_eq!(sys::bind(another.as_fd(), &address), Err(Errno::EADDRINUSE));
        assert_eq!(sys::accept(another.as_fd()).unwrap_err(), Errno::EINVAL);
        drop(listener);
        assert_eq!(connect().unwrap_err(), Errno::ECONNREFUSED);
        Ok(())
    }

    fn an_abstract_name_goes_with_its_socket() -> Result {
        let name = Name::new();
        let address = UnixAddress::new_abstract(name.bytes())?;
        let bind = || {
            let socket = sys::socket(SocketKind::Stream)?;
            sys::bind(socket.as_fd(), &address).map(|()| socket)
        };
        let first = bind()?;
        assert_eq!(bind().unwrap_err(), Errno::EADDRINUSE);
        drop(first);
        bind().map(drop)
    }

    fn addresses_are_checked() {
        const MAX: usize = UnixAddress::MAX;
        assert_eq!(UnixAddress::new(b"").unwrap_err(), Errno::ENOENT);
        assert_eq!(UnixAddress::new(b"a\0b").unwrap_err(), Errno::EINVAL);
        assert_eq!(UnixAddress::new(&[b'x'; MAX + 1]).unwrap_err(), Errno::ENAMETOOLONG);
        assert_eq!(UnixAddress::new_abstract(&[b'x'; MAX + 1]).unwrap_err(), Errno::ENAMETOOLONG);
        // unix(7): 108 bytes, a null among them.
        assert_eq!(MAX, 107);
        for address in [UnixAddress::new(&[b'x'; MAX]), UnixAddress::new_abstract(&[b'x'; MAX])] {
            let socket = sys::socket(SocketKind::Stream).expect("a socket");
            let connected = sys::connect(socket.as_fd(), &address.expect("it is short enough"));
            assert!(matches!(connected, Err(Errno::ENOENT | Errno::ECONNREFUSED)), "{connected:?}");
        }
    }

    fn what_is_no_socket_is_enotsock() {
        let file = File::unnamed().expect("a file");
        let address = UnixAddress::new(b"a").expect("it is short");
        assert_eq!(sys::bind(file.as_fd(), &address), Err(Errno::ENOTSOCK));
        assert_eq!(sys::connect(file.as_fd(), &address), Err(Errno::ENOTSOCK));
        assert_eq!(sys::listen(file.as_fd(), 1), Err(Errno::ENOTSOCK));
        assert_eq!(sys::accept(file.as_fd()).unwrap_err(), Errno::ENOTSOCK);
        assert_eq!(sys::listen(fds::CLOSED, 1), Err(Errno::EBADF));
    }
}
