//! What the kernel has: pipes, pairs of sockets, and counters.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write, pipe};
use std::os::fd::FromRawFd as _;
use std::os::unix::net::UnixStream;

use crate::SHORT;
use crate::pair::{Pair, Progress};

pub(crate) fn pipe_trips(pair: Pair) -> f64 {
    let ((there, sender), (back, echo)) = (pipe().expect("pipes"), pipe().expect("pipes"));
    trips(pair, (back, sender), (there, echo))
}

pub(crate) fn socket_trips(pair: Pair) -> f64 {
    let (here, there) = UnixStream::pair().expect("sockets");
    trips(pair, (&here, &here), (&there, &there))
}

pub(crate) fn eventfd_trips(pair: Pair) -> f64 {
    let (there, back) = (counter(), counter());
    trips(pair, (&back, &there), (&there, &back))
}

/// What is written is added, what is read is the sum.
fn counter() -> File {
    // SAFETY: no memory is named, and the descriptor is new.
    unsafe {
        let fd = libc::eventfd(0, libc::EFD_CLOEXEC);
        assert_ne!(fd, -1, "one more descriptor");
        File::from_raw_fd(fd)
    }
}

/// The parent's ends and the child's: where each reads, and where it writes.
fn trips(pair: Pair, here: (impl Read, impl Write), there: (impl Read, impl Write)) -> f64 {
    let (mut receiver, mut sender) = here;
    let echo = || {
        let (mut receiver, mut sender) = there;
        let mut bytes = [0; SHORT];
        for _ in 0..=pair.count {
            receiver.read_exact(&mut bytes).expect("the parent lives");
            sender.write_all(&bytes).expect("the parent lives");
        }
        Ok(())
    };
    let step = || {
        let mut bytes = 1_u64.to_ne_bytes();
        sender.write_all(&bytes).expect("the child lives");
        receiver.read_exact(&mut bytes).expect("the child lives");
    };
    pair.time_steps(echo, step)
}

pub(crate) fn pipe_messages(size: usize, pair: Pair) -> f64 {
    let (receiver, sender) = pipe().expect("a pipe");
    messages(size, pair, sender, receiver)
}

pub(crate) fn socket_messages(size: usize, pair: Pair) -> f64 {
    let (receiver, sender) = UnixStream::pair().expect("sockets");
    messages(size, pair, sender, receiver)
}

/// A stream of bytes, of which every `size` are a message.
fn messages(size: usize, pair: Pair, mut sender: impl Write, mut receiver: impl Read) -> f64 {
    let progress = Progress::new();
    let drain = || {
        let mut buffer = vec![0; size];
        progress.reach(Progress::READY);
        for _ in 0..pair.count {
            receiver.read_exact(&mut buffer).expect("the parent lives");
            black_box(&buffer);
        }
        progress.reach(Progress::DONE);
        Ok(())
    };
    let message = vec![7; size];
    pair.time(
        drain,
        || progress.wait_for(Progress::READY),
        |()| {
            for _ in 0..pair.count {
                sender.write_all(black_box(&message)).expect("the child lives");
            }
            progress.wait_for(Progress::DONE);
        },
    )
}
