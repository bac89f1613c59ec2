use super::{Operation, operation};
use crate::support::fds;
use baremap::File;
use baremap::fd::{self, AsFd, AsRawFd};
use baremap::sys::{OFlags, SocketKind, getpid, socketpair};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("fd::send", |calls| {
        let (ours, theirs) = socketpair(SocketKind::Stream).expect("a pair");
        let file = File::unnamed()?;
        calls.fail(|| fd::send(&ours, &[file.as_fd()]))?;
        fd::receive::<1>(&theirs).map(drop)
    }),
    operation("fd::receive", |calls| {
        let (ours, theirs) = socketpair(SocketKind::Stream).expect("a pair");
        let file = File::unnamed()?;
        fd::send(&ours, &[file.as_fd(), file.as_fd()])?;
        calls.fail(|| fd::receive::<2>(&theirs)).map(drop)
    }),
    operation("fd::take_from", |calls| {
        let file = fds::file(b"text");
        let number = file.as_fd().as_raw_fd();
        calls.fail(|| fd::take_from(getpid(), number)).map(drop)
    }),
    operation("File::open_of", |calls| {
        let file = fds::file(b"text");
        let number = file.as_fd().as_raw_fd();
        calls.fail(|| File::open_of(getpid(), number, OFlags::RDWR)).map(drop)
    }),
];
