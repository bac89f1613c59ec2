//! Messages, each of which arrives whole.
//!
//! A message lies in one piece: its length in 8 bytes, and its bytes, rounded up to a multiple of 8. Where it would not fit before
//! the end of the ring, [`SKIP`] stands there, and it lies at the start.

use core::fmt;
use core::mem;
use core::ops::Deref;
use core::sync::atomic::Ordering::Relaxed;

use super::half::{self, Found, Half, Patience};
use super::layout::{Kind, UNIT};
use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::map::SharedBytes;
use crate::share::SharedMemory;
use crate::sync::Deadline;

/// Stands for a length: the rest of the ring is left out.
const SKIP: u64 = u64::MAX;

/// The end of a message ring that sends; see [`channel`](crate::channel).
///
/// ```
/// use baremap::channel::{Receiver, Sender};
/// use baremap::{SharedMap, channel};
///
/// let map = SharedMap::new(channel::size_for(1 << 12))?;
/// let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
/// // In place:
/// let slot = sender.reserve(8)?;
/// slot.write_at(0, &7_u64.to_ne_bytes())?;
/// slot.commit();
///
/// let mut bytes = [0; 8];
/// let message = receiver.receive()?.expect("the sender has not closed");
/// message.read_at(0, &mut bytes)?;
/// assert_eq!(u64::from_ne_bytes(bytes), 7);
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct Sender<M: SharedMemory>(Half<M, true>);

/// The end of a message ring that receives; see [`Sender`].
pub struct Receiver<M: SharedMemory>(pub(super) Half<M, false>);

/// Room for a message, to be written in place. Dropped without [`Slot::commit`], it is no message.
pub struct Slot<'ring, M: SharedMemory> {
    half: &'ring mut Half<M, true>,
    /// Bytes up to the end of the ring that are left out.
    skipped: usize,
    len: usize,
}

/// A message, read in place; dropped, it makes room.
pub struct Message<'ring, M: SharedMemory> {
    half: &'ring mut Half<M, false>,
    len: usize,
}

/// The bytes that a message takes.
#[inline(always)]
const fn room_of(len: usize) -> usize {
    UNIT + len.next_multiple_of(UNIT)
}

impl<M: SharedMemory> Sender<M> {
    /// Takes the sending end for this thread. Zeros become a ring of all of these bytes.
    ///
    /// # Errors
    /// `EBUSY` (the end has somebody), `EINVAL` (something else is there, or a ring of another kind, version or length; too few
    /// bytes, or not at a multiple of 8), `EBADMSG` (the ring is damaged).
    pub fn attach(map: M) -> Result<Self> {
        attach(map).map(Self)
    }

    /// Bytes of the longest message: somewhat less than half of what the ring has room for.
    #[must_use]
    pub const fn most(&self) -> usize {
        (self.0.capacity() / 2 - UNIT) / UNIT * UNIT
    }

    /// Sends a message.
    ///
    /// # Errors
    /// `EMSGSIZE` (it is longer than [`Sender::most`]), where there is no room, `EPIPE` (the receiver was dropped) and
    /// `EOWNERDEAD` (it was killed); `EBADMSG` (the ring is damaged), `EFAULT` (the memory is gone).
    #[inline]
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.send_with(bytes, Patience::Endless)
    }

    /// [`Sender::send`] without waiting.
    ///
    /// # Errors
    /// As [`Sender::send`]; `EAGAIN` (there is no room now).
    #[inline]
    pub fn try_send(&mut self, bytes: &[u8]) -> Result<()> {
        self.send_with(bytes, Patience::None)
    }

    /// [`Sender::send`] up to a deadline.
    ///
    /// # Errors
    /// As [`Sender::send`]; `ETIMEDOUT`.
    #[inline]
    pub fn send_until(&mut self, bytes: &[u8], deadline: Deadline) -> Result<()> {
        self.send_with(bytes, Patience::Until(deadline))
    }

    /// Sends a message together with the next ones, see [`Slot::commit_later`].
    ///
    /// # Errors
    /// As [`Sender::send`].
    #[inline]
    pub fn send_later(&mut self, bytes: &[u8]) -> Result<()> {
        let slot = self.reserve(bytes.len())?;
        slot.half.put(slot.start(), bytes)?;
        slot.commit_later();
        Ok(())
    }

    #[inline]
    fn send_with(&mut self, bytes: &[u8], patience: Patience) -> Result<()> {
        let slot = self.reserve_with(bytes.len(), patience)?;
        slot.half.put(slot.start(), bytes)?;
        slot.commit();
        Ok(())
    }

    /// Lends room for a message of `len` bytes, to be written in place.
    ///
    /// # Errors
    /// As [`Sender::send`].
    #[inline]
    pub fn reserve(&mut self, len: usize) -> Result<Slot<'_, M>> {
        self.reserve_with(len, Patience::Endless)
    }

    /// [`Sender::reserve`] without waiting.
    ///
    /// # Errors
    /// As [`Sender::reserve`]; `EAGAIN` (there is no room now).
    #[inline]
    pub fn try_reserve(&mut self, len: usize) -> Result<Slot<'_, M>> {
        self.reserve_with(len, Patience::None)
    }

    #[inline]
    fn reserve_with(&mut self, len: usize, patience: Patience) -> Result<Slot<'_, M>> {
        let most = self.most();
        if len > most {
            return Err(too_long(len, most));
        }
        let half = &mut self.0;
        let (room, to_end) = (room_of(len), half.to_end());
        let skipped = if room > to_end { to_end } else { 0 };
        match half.wait_for(skipped + room, patience)? {
            Found::Enough => Ok(Slot { half, skipped, len }),
            Found::Closed => Err(Error::new(Operation::Send, Errno::EPIPE)),
        }
    }

    /// Publishes what [`Slot::commit_later`] has put off.
    #[inline]
    pub fn flush(&mut self) {
        self.0.publish();
    }
}

impl<M: SharedMemory> Slot<'_, M> {
    /// Sends the message.
    #[inline]
    pub fn commit(mut self) {
        self.finish().publish();
    }

    /// Sends the message together with the next ones: at the next [`Slot::commit`] or [`Sender::flush`], or when the sender has to
    /// wait or is dropped. Many short messages go faster that way.
    #[inline]
    pub fn commit_later(mut self) {
        self.finish();
    }

    #[inline]
    fn finish(&mut self) -> &mut Half<M, true> {
        if self.skipped > 0 {
            self.half.number(self.half.at()).store(SKIP, Relaxed);
            self.half.advance(self.skipped);
        }
        self.half.number(self.half.at()).store(self.len as u64, Relaxed);
        self.half.advance(room_of(self.len));
        self.half
    }

    /// Where the message's bytes lie.
    #[inline(always)]
    const fn start(&self) -> usize {
        UNIT + if self.skipped > 0 { 0 } else { self.half.at() }
    }
}

impl<M: SharedMemory> Receiver<M> {
    /// Takes the receiving end for this thread. Zeros become a ring of all of these bytes.
    ///
    /// # Errors
    /// As [`Sender::attach`].
    pub fn attach(map: M) -> Result<Self> {
        attach(map).map(Self)
    }

    /// The next message; `None` after the last, once the sender was dropped.
    ///
    /// # Errors
    /// `EOWNERDEAD` (the sender was killed, and all that it had sent has been received), `EBADMSG` (the ring is damaged).
    #[inline]
    pub fn receive(&mut self) -> Result<Option<Message<'_, M>>> {
        self.receive_with(Patience::Endless)
    }

    /// [`Receiver::receive`] without waiting.
    ///
    /// # Errors
    /// As [`Receiver::receive`]; `EAGAIN` (there is no message now).
    #[inline]
    pub fn try_receive(&mut self) -> Result<Option<Message<'_, M>>> {
        self.receive_with(Patience::None)
    }

    /// [`Receiver::receive`] up to a deadline.
    ///
    /// # Errors
    /// As [`Receiver::receive`]; `ETIMEDOUT`.
    #[inline]
    pub fn receive_until(&mut self, deadline: Deadline) -> Result<Option<Message<'_, M>>> {
        self.receive_with(Patience::Until(deadline))
    }

    #[inline]
    fn receive_with(&mut self, patience: Patience) -> Result<Option<Message<'_, M>>> {
        let half = &mut self.0;
        if half.wait_for(UNIT, patience)? == Found::Closed {
            return Ok(None);
        }
        let mut len = half.number(half.at()).load(Relaxed);
        if len == SKIP {
            let rest = half.to_end();
            // The message behind it was sent with it.
            if half.available() < rest + UNIT {
                return Err(half::broken(false));
            }
            half.advance(rest);
            len = half.number(half.at()).load(Relaxed);
        }
        // Both ends of the ring bound it: what has been sent, and where the ring ends.
        let most = half.available().min(half.to_end()) - UNIT;
        match usize::try_from(len) {
            Ok(len) if len <= most && room_of(len) <= most + UNIT => Ok(Some(Message { half, len })),
            _ => Err(half::broken(false)),
        }
    }

    /// Receives all messages that are there, without waiting, and makes room once, at the end: how many. Many short messages go
    /// faster that way.
    ///
    /// # Errors
    /// As [`Receiver::try_receive`], but for `EAGAIN`: that is 0.
    pub fn receive_all(&mut self, mut each: impl FnMut(&Message<'_, M>)) -> Result<usize> {
        let mut count = 0;
        let result = loop {
            match self.receive_with(Patience::None) {
                Ok(Some(message)) => {
                    each(&message);
                    message.consume_later();
                    count += 1;
                }
                Ok(None) => break Ok(count),
                Err(error) if error.errno() == Errno::EAGAIN => break Ok(count),
                Err(error) if count == 0 => break Err(error),
                // The next call says so.
                Err(_) => break Ok(count),
            }
        };
        self.0.publish_rest();
        result
    }
}

impl<M: SharedMemory> Message<'_, M> {
    /// Copies the message to the start of a buffer, and makes room: its bytes.
    ///
    /// # Errors
    /// As [`Message::copy_to_slice`]; the message stays the next one.
    #[inline]
    pub fn take(self, buffer: &mut [u8]) -> Result<usize> {
        let copied = self.copy_to_slice(buffer);
        if copied.is_err() {
            mem::forget(self);
        }
        copied
    }

    /// Copies the message to the start of a buffer: its bytes.
    ///
    /// # Errors
    /// `EMSGSIZE` (the buffer is too short), `EFAULT` (the memory is gone).
    #[inline]
    pub fn copy_to_slice(&self, buffer: &mut [u8]) -> Result<usize> {
        let (len, most) = (self.len, buffer.len());
        match buffer.get_mut(..len) {
            None => Err(Error::because(Operation::Receive, Errno::EMSGSIZE, Reason::TooLarge { len, most })),
            Some(buffer) => self.half.get(self.half.at() + UNIT, buffer).map(|()| len),
        }
    }

    /// Makes room, and tells the sender later.
    #[inline(always)]
    fn consume_later(self) {
        let mut message = mem::ManuallyDrop::new(self);
        let room = room_of(message.len);
        message.half.advance(room);
    }
}

impl<M: SharedMemory> Drop for Message<'_, M> {
    #[inline]
    fn drop(&mut self) {
        self.half.advance(room_of(self.len));
        self.half.publish();
    }
}

/// An end of a message ring, whose messages begin at multiples of 8.
fn attach<M: SharedMemory, const SENDS: bool>(map: M) -> Result<Half<M, SENDS>> {
    let half = Half::attach(map, Kind::Messages)?;
    if half.at().is_multiple_of(UNIT) { Ok(half) } else { Err(half::broken(SENDS)) }
}

#[cold]
const fn too_long(len: usize, most: usize) -> Error {
    Error::because(Operation::Send, Errno::EMSGSIZE, Reason::TooLarge { len, most })
}

impl<M: SharedMemory> Deref for Slot<'_, M> {
    type Target = SharedBytes;

    #[inline]
    fn deref(&self) -> &SharedBytes {
        self.half.lend(self.start(), self.len)
    }
}

impl<M: SharedMemory> Deref for Message<'_, M> {
    type Target = SharedBytes;

    #[inline]
    fn deref(&self) -> &SharedBytes {
        self.half.lend(self.half.at() + UNIT, self.len)
    }
}

impl<M: SharedMemory> fmt::Debug for Slot<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({} bytes)", self.len)
    }
}

impl<M: SharedMemory> fmt::Debug for Message<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} bytes)", self.len)
    }
}

impl<M: SharedMemory> fmt::Debug for Sender<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({} bytes)", self.0.capacity())
    }
}

impl<M: SharedMemory> fmt::Debug for Receiver<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receiver({} bytes)", self.0.capacity())
    }
}
