//! Several values in a row.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::map::{Access, Plain, SharedBytes, Writable, bounds};
use core::fmt;

use super::{Offset, Shared};

/// Where values lie in a row: an [`Offset`] and their number. Zeros are an empty slice.
///
/// It has 16 bytes and no atomic form: it goes into a [`PlainCell`](super::PlainCell) of a struct that is published when it is
/// finished.
#[repr(C)]
pub struct OffsetSlice<T> {
    start: Offset<T>,
    count: u64,
}

// SAFETY: two numbers of 8 bytes each.
unsafe impl<T> Plain for OffsetSlice<T> {}

impl<T> OffsetSlice<T> {
    /// No value.
    pub const EMPTY: Self = Self::new(Offset::NONE, 0);

    /// `count` values from `start`.
    #[inline]
    #[must_use]
    pub const fn new(start: Offset<T>, count: u64) -> Self {
        Self { start, count }
    }

    /// Where the first one lies.
    #[inline]
    #[must_use]
    pub const fn start(self) -> Offset<T> {
        self.start
    }

    /// How many there are, if another process has not stored nonsense.
    #[inline]
    #[must_use]
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The offset of the first byte, and how many there are.
    #[inline]
    fn range(self) -> Result<(usize, usize)> {
        // A product that overflows is out of bounds as well.
        let len = (self.count as usize).saturating_mul(size_of::<T>());
        // Offset 0 is none, whatever lies there: an arena's label, say.
        if self.start.is_none() && len > 0 {
            return Err(Error::because(Operation::Value, Errno::EINVAL, Reason::AtStart));
        }
        Ok((self.start.raw() as usize, len))
    }
}

impl<T: Shared> OffsetSlice<T> {
    /// Where values lie that are in this map.
    ///
    /// # Errors
    /// `EINVAL` (they are not in this map, or at its start, whose offset stands for none).
    #[inline]
    pub fn of<A: Writable>(values: &[T], map: &SharedBytes<A>) -> Result<Self> {
        if values.is_empty() {
            return Ok(Self::EMPTY);
        }
        Ok(Self::new(Offset::from_raw(map.offset_of(values)?), values.len() as u64))
    }

    /// The values.
    ///
    /// # Errors
    /// `EINVAL` (they are not within the map, or begin at none, or the address is not a multiple of their alignment).
    #[inline]
    pub fn get<A: Writable>(self, map: &SharedBytes<A>) -> Result<&[T]> {
        if self.count == 0 { Ok(&[]) } else { map.values(self.range()?.0, self.count as usize) }
    }
}

impl<T: Plain> OffsetSlice<T> {
    /// The bytes of the values, to be copied.
    ///
    /// # Errors
    /// `EINVAL` (they are not within the map, or begin at none).
    #[inline]
    pub fn bytes<A: Access>(self, map: &SharedBytes<A>) -> Result<&SharedBytes<A>> {
        let (start, len) = self.range()?;
        bounds::within(Operation::Value, start, len, map.len())?;
        map.range(start, len)
    }
}

impl<T> Clone for OffsetSlice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for OffsetSlice<T> {}

impl<T> Default for OffsetSlice<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<T> PartialEq for OffsetSlice<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.count) == (other.start, other.count)
    }
}

impl<T> Eq for OffsetSlice<T> {}

impl<T> fmt::Debug for OffsetSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OffsetSlice({} from {:?})", self.count, self.start)
    }
}
