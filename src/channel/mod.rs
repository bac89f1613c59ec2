//! Channels between two processes, or two threads: rings in shared memory, with one sender and one receiver each.
//!
//! | | sends | receives | what goes through |
//! |---|---|---|---|
//! | messages | [`Sender`] | [`Receiver`] | each message whole, of any length up to [a limit](Sender::most) |
//! | bytes    | [`Writer`] | [`Reader`]   | a stream, as through a pipe |
//!
//! Zeros are an empty ring. The two ends [attach](Sender::attach) to the same bytes, in any order, each in the thread that
//! uses it: after the fork, say.
//!
//! ```
//! use baremap::channel::{Receiver, Sender};
//! use baremap::{SharedMap, channel, process};
//!
//! let map = SharedMap::new(channel::size_for(1 << 16))?;
//! // SAFETY: the child uses nothing but the map.
//! let child = unsafe {
//!     process::spawn(|| {
//!         let mut sender = Sender::attach(&map)?;
//!         sender.send(b"hello")?;
//!         sender.send(b"and goodbye")
//!     })
//! }?;
//!
//! let mut receiver = Receiver::attach(&map)?;
//! let mut lengths = Vec::new();
//! while let Some(message) = receiver.receive()? {
//!     lengths.push(message.len());
//! }
//! assert_eq!(lengths, [5, 11]);
//! assert!(child.wait()?.success());
//! # Ok::<(), baremap::Error>(())
//! ```
//!
//! # Waiting
//! A function that has to wait spins for a moment, lets others run once (sched_yield(2)), and then sleeps (futex(2)), until the
//! other end has done something or has ended; what was of no use the last times is left out for a while. It sets a flag before it sleeps, so that the other end makes no system call where nobody sleeps. `try_` functions do
//! not wait (`EAGAIN`), `_until` functions wait until a deadline (`ETIMEDOUT`). An end waits also for another that has not
//! attached yet. [`wait_any`] waits for several rings at once.
//!
//! # The other end is gone
//! If it was dropped, what it has sent still arrives; then a receiver gets `None` and a reader 0 bytes. If its process, or its thread,
//! was killed, that is `EOWNERDEAD` in place of the end. What it had published arrives all the same, and nothing of a message that it
//! had not finished. A sender gets `EPIPE` or `EOWNERDEAD` once there is no room; what it sends before waits in the ring. Another
//! process may attach in the place of one that is gone, and go on.
//!
//! Who was killed before it attached was never there: wait with a deadline, and look whether the child still lives, as
//! `examples/workers.rs` does.
//!
//! # Fork and drop
//! An end belongs to the thread that attached it. A forked child that has a copy of it neither uses it nor ends it: to drop the
//! copy does nothing to the ring. Leaking an end (`mem::forget`) leaves it attached until its thread ends.
//!
//! # Other processes that are buggy or hostile
//! They can send nonsense, and stop the ring: an end that finds numbers that cannot be says `EBADMSG`. They cannot bring about
//! undefined behaviour, nor an access beyond the ring.
//!
//! # Where it lies
//! In a [`SharedMap`](crate::SharedMap), a [`FileMap`](crate::FileMap) of a file in memory, a [named object](crate::shm), or a
//! part of one. The ring is touched in place: where a file shrinks, that is SIGBUS, or `EFAULT` where
//! [`fault::install`](crate::fault::install) was called and it is a message's own bytes. Set the room aside first, by
//! [`File::allocate`](crate::File::allocate).

mod any;
mod awake;
mod bytes;
mod habit;
mod half;
mod layout;
mod messages;

pub use any::{Waits, wait_any};
pub use bytes::{Filled, Free, Reader, Writer};
pub use layout::size_for;
pub use messages::{Message, Receiver, Sender, Slot};
