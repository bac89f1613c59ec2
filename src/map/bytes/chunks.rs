//! A map from its start to its end, in pieces.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::map::AnonMap;

use super::{Access, SharedBytes};

/// The bytes of a map, copied a piece at a time; see [`SharedBytes::chunks`].
#[derive(Debug)]
pub struct Chunks<'map, 'buffer, A: Access> {
    bytes: &'map SharedBytes<A>,
    buffer: &'buffer mut [u8],
    /// Where the next piece begins.
    offset: usize,
    /// Why there is no next piece after the last, if that is so before the end.
    failed: Option<Error>,
}

impl<A: Access> SharedBytes<A> {
    /// All bytes from the start, a buffer's length at a time.
    ///
    /// If the file shrinks meanwhile, what is still there comes first, and then the error, whose `copied` is the number
    /// of bytes that there were in all.
    ///
    /// ```
    /// use baremap::{File, FileMap};
    ///
    /// let file = File::unnamed()?;
    /// file.write_all_at(b"in pieces of four", 0)?;
    /// let (map, mut buffer, mut sum) = (FileMap::read(&file)?, [0; 4], 0);
    /// let mut chunks = map.chunks(&mut buffer);
    /// while let Some(bytes) = chunks.next()? {
    ///     sum += bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    /// }
    /// assert_eq!((sum, chunks.offset()), (1601, 17));
    /// # Ok::<(), baremap::Error>(())
    /// ```
    #[inline]
    pub fn chunks<'map, 'buffer>(&'map self, buffer: &'buffer mut [u8]) -> Chunks<'map, 'buffer, A> {
        Chunks { bytes: self, buffer, offset: 0, failed: None }
    }

    /// [`SharedBytes::chunks`] with a buffer of `size` bytes that is mapped for the purpose: hands every piece to a
    /// closure, and returns how many bytes there were.
    ///
    /// # Errors
    /// As [`Chunks::next`]; those of [`AnonMap::new`].
    pub fn for_each_chunk(&self, size: usize, mut each: impl FnMut(&[u8])) -> Result<usize> {
        let mut buffer = AnonMap::new(size.min(self.len()))?;
        let mut chunks = self.chunks(&mut buffer);
        while let Some(bytes) = chunks.next()? {
            each(bytes);
        }
        Ok(chunks.offset())
    }
}

impl<A: Access> Chunks<'_, '_, A> {
    /// The next piece, or `None` after the last.
    ///
    /// # Errors
    /// `EFAULT` with [`Reason::Fault`] (the file has shrunk to `copied` bytes of the map), `EINVAL` (the buffer is empty).
    #[expect(clippy::should_implement_trait, reason = "a piece is lent, which Iterator cannot say")]
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let wanted = self.buffer.len().min(self.bytes.len() - self.offset);
        if wanted == 0 {
            return if self.offset == self.bytes.len() { Ok(None) } else { Err(no_buffer()) };
        }
        let start = self.offset;
        let found = match self.bytes.read_at(start, &mut self.buffer[..wanted]) {
            Ok(()) => wanted,
            Err(error) => {
                let (found, error) = in_all(error, start);
                self.failed = Some(error);
                if found == 0 {
                    return Err(error);
                }
                found
            }
        };
        self.offset += found;
        Ok(Some(&self.buffer[..found]))
    }

    /// How many bytes have been handed out: where the next piece begins, or where the file ended.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// How many bytes of a piece there were, and the error with the bytes before it counted in.
fn in_all(error: Error, start: usize) -> (usize, Error) {
    match error.reason() {
        Reason::Fault { copied } => {
            let reason = Reason::Fault { copied: start + copied };
            (copied, Error::because(Operation::ReadAt, error.errno(), reason))
        }
        _ => (0, error),
    }
}

#[cold]
fn no_buffer() -> Error {
    Error::because(Operation::ReadAt, Errno::EINVAL, Reason::NoBuffer)
}
