//! A stream of bytes.

use core::fmt;
use core::ops::Deref;

use super::half::{Found, Half, Patience};
use super::layout::Kind;
use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::map::SharedBytes;
use crate::share::SharedMemory;
use crate::sync::Deadline;

/// The end of a byte ring that writes; see [`channel`](crate::channel).
///
/// ```
/// use baremap::channel::{Reader, Writer};
/// use baremap::SharedMap;
///
/// let map = SharedMap::new(1 << 12)?;
/// let (mut writer, mut reader) = (Writer::attach(&map)?, Reader::attach(&map)?);
/// assert_eq!(writer.write(b"as through a pipe")?, 17);
///
/// let mut bytes = [0; 10];
/// assert_eq!(reader.read(&mut bytes)?, 10);
/// assert_eq!(&bytes, b"as through");
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct Writer<M: SharedMemory>(Half<M, true>);

/// The end of a byte ring that reads; see [`Writer`].
pub struct Reader<M: SharedMemory>(pub(super) Half<M, false>);

/// Free bytes of a ring, to be written in place; see [`Writer::reserve`].
pub struct Free<'ring, M: SharedMemory> {
    half: &'ring mut Half<M, true>,
    len: usize,
}

/// Bytes that have arrived, to be read in place; see [`Reader::peek`].
pub struct Filled<'ring, M: SharedMemory> {
    half: &'ring mut Half<M, false>,
    len: usize,
}

impl<M: SharedMemory> Writer<M> {
    /// Takes the writing end for this thread. Zeros become a ring of all of these bytes.
    ///
    /// # Errors
    /// `EBUSY` (the end has somebody), `EINVAL` (something else is there, or a ring of another kind, version or length; too few
    /// bytes, or not at a multiple of 8), `EBADMSG` (the ring is damaged).
    pub fn attach(map: M) -> Result<Self> {
        Half::attach(map, Kind::Bytes).map(Self)
    }

    /// Bytes that the ring has room for.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Writes bytes: how many, at least one if there is one to write.
    ///
    /// # Errors
    /// where there is no room, `EPIPE` (the reader was dropped) and `EOWNERDEAD` (it was killed); `EBADMSG` (the ring is damaged), `EFAULT` (the memory is
    /// gone).
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.write_with(bytes, Patience::Endless)
    }

    /// [`Writer::write`] without waiting.
    ///
    /// # Errors
    /// As [`Writer::write`]; `EAGAIN` (the ring is full).
    #[inline]
    pub fn try_write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.write_with(bytes, Patience::None)
    }

    /// [`Writer::write`] up to a deadline.
    ///
    /// # Errors
    /// As [`Writer::write`]; `ETIMEDOUT`.
    #[inline]
    pub fn write_until(&mut self, bytes: &[u8], deadline: Deadline) -> Result<usize> {
        self.write_with(bytes, Patience::Until(deadline))
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// As [`Writer::write`]. Some bytes may be written by then.
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let written = self.write(bytes)?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn write_with(&mut self, bytes: &[u8], patience: Patience) -> Result<usize> {
        let half = &mut self.0;
        room(half, bytes.len(), patience)?;
        let len = bytes.len().min(half.available());
        let (first, second) = bytes[..len].split_at(len.min(half.to_end()));
        half.put(half.at(), first)?;
        half.put(0, second)?;
        half.advance(len);
        half.publish();
        Ok(len)
    }

    /// Lends free bytes, at least one, to be written in place: those up to the end of the ring or to the reader.
    ///
    /// # Errors
    /// As [`Writer::write`].
    pub fn reserve(&mut self) -> Result<Free<'_, M>> {
        let half = &mut self.0;
        room(half, half.capacity(), Patience::Endless)?;
        let len = half.available().min(half.to_end());
        Ok(Free { half, len })
    }
}

/// Waits for room for one byte, if there is one to write, and looks for as many.
#[inline(always)]
fn room<M: SharedMemory>(half: &mut Half<M, true>, len: usize, patience: Patience) -> Result<()> {
    match half.wait_for_some(len, patience)? {
        Found::Enough => Ok(()),
        Found::Closed => Err(Error::new(Operation::Send, Errno::EPIPE)),
    }
}

impl<M: SharedMemory> Reader<M> {
    /// Takes the reading end for this thread. Zeros become a ring of all of these bytes.
    ///
    /// # Errors
    /// As [`Writer::attach`].
    pub fn attach(map: M) -> Result<Self> {
        Half::attach(map, Kind::Bytes).map(Self)
    }

    /// Bytes that the ring has room for.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Reads bytes: how many, at least one if there is room for it; 0 after the last, once the writer was dropped.
    ///
    /// # Errors
    /// `EOWNERDEAD` (the writer was killed, and all that it had written is read), `EBADMSG` (the ring is damaged), `EFAULT` (the
    /// memory is gone).
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.read_with(buffer, Patience::Endless)
    }

    /// [`Reader::read`] without waiting.
    ///
    /// # Errors
    /// As [`Reader::read`]; `EAGAIN` (the ring is empty).
    #[inline]
    pub fn try_read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.read_with(buffer, Patience::None)
    }

    /// [`Reader::read`] up to a deadline.
    ///
    /// # Errors
    /// As [`Reader::read`]; `ETIMEDOUT`.
    #[inline]
    pub fn read_until(&mut self, buffer: &mut [u8], deadline: Deadline) -> Result<usize> {
        self.read_with(buffer, Patience::Until(deadline))
    }

    fn read_with(&mut self, buffer: &mut [u8], patience: Patience) -> Result<usize> {
        let half = &mut self.0;
        if half.wait_for_some(buffer.len(), patience)? == Found::Closed {
            return Ok(0);
        }
        let len = buffer.len().min(half.available());
        let (first, second) = buffer[..len].split_at_mut(len.min(half.to_end()));
        half.get(half.at(), first)?;
        half.get(0, second)?;
        half.advance(len);
        half.publish();
        Ok(len)
    }

    /// Lends bytes that have arrived, at least one, to be read in place: those up to the end of the ring or to the writer.
    /// `None` after the last, once the writer was dropped.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn peek(&mut self) -> Result<Option<Filled<'_, M>>> {
        let half = &mut self.0;
        if half.wait_for_some(half.capacity(), Patience::Endless)? == Found::Closed {
            return Ok(None);
        }
        let len = half.available().min(half.to_end());
        Ok(Some(Filled { half, len }))
    }
}

impl<M: SharedMemory> Free<'_, M> {
    /// Sends the first `len` of these bytes.
    ///
    /// # Errors
    /// `EINVAL` (there are not so many; none is sent).
    pub fn commit(self, len: usize) -> Result<()> {
        finish(self.half, len, self.len)
    }
}

impl<M: SharedMemory> Filled<'_, M> {
    /// Takes the first `len` of these bytes out of the ring.
    ///
    /// # Errors
    /// `EINVAL` (there are not so many; none is taken).
    pub fn consume(self, len: usize) -> Result<()> {
        finish(self.half, len, self.len)
    }
}

/// Goes on by `len` bytes of those that were lent.
fn finish<M: SharedMemory, const SENDS: bool>(
    half: &mut Half<M, SENDS>,
    len: usize,
    most: usize,
) -> Result<()> {
    if len > most {
        let operation = if SENDS { Operation::Send } else { Operation::Receive };
        return Err(Error::because(operation, Errno::EINVAL, Reason::TooLarge { len, most }));
    }
    half.advance(len);
    half.publish();
    Ok(())
}

impl<M: SharedMemory> Deref for Free<'_, M> {
    type Target = SharedBytes;

    #[inline]
    fn deref(&self) -> &SharedBytes {
        self.half.lend(self.half.at(), self.len)
    }
}

impl<M: SharedMemory> Deref for Filled<'_, M> {
    type Target = SharedBytes;

    #[inline]
    fn deref(&self) -> &SharedBytes {
        self.half.lend(self.half.at(), self.len)
    }
}

impl<M: SharedMemory> fmt::Debug for Free<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Free({} bytes)", self.len)
    }
}

impl<M: SharedMemory> fmt::Debug for Filled<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filled({} bytes)", self.len)
    }
}

impl<M: SharedMemory> fmt::Debug for Writer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({} bytes)", self.0.capacity())
    }
}

impl<M: SharedMemory> fmt::Debug for Reader<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({} bytes)", self.0.capacity())
    }
}
