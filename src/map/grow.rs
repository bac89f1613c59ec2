//! Memory that grows where it is.

use crate::error::{Error, Operation, Result};
use crate::page;
use crate::sys::MapFlags;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::slice;

use super::mapping::Mapping;
use super::{NoAccess, Pages, Protection, ReadWrite, bounds};

/// Private memory that becomes longer and shorter and never moves: addresses for all that it may become are reserved at
/// once, and as much of them as it is long is committed.
///
/// No page before and behind what is committed may be touched, so that what runs over an end is stopped.
///
/// ```
/// use baremap::map::GrowMap;
///
/// let mut map = GrowMap::new(1 << 40)?;
/// map.grow_to(5)?;
/// map.copy_from_slice(b"stays");
/// let address = map.as_ptr();
/// map.grow_to(1 << 20)?;
/// assert_eq!((map.as_ptr(), &map[..5]), (address, &b"stays"[..]));
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// A forked child has a copy, which grows by itself.
pub struct GrowMap {
    mapping: Mapping,
    len: usize,
    capacity: usize,
}

impl GrowMap {
    /// Reserves addresses for `capacity` bytes, of which none is there yet.
    ///
    /// # Errors
    /// `ENOMEM` (too long, or too many maps).
    pub fn new(capacity: usize) -> Result<GrowMap> {
        let len = bounds::guarded(capacity)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let mapping = Mapping::new(len, NoAccess::FLAGS, flags, None);
        let mapping = mapping.map_err(|errno| Error::new(Operation::Mmap, errno))?;
        Ok(GrowMap { mapping, len: 0, capacity })
    }

    /// The most bytes that it may have.
    #[inline]
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes it at least `len` bytes; what is new is zero.
    ///
    /// # Errors
    /// `EINVAL` (more than [`GrowMap::capacity`]), `ENOMEM` (no memory, or too many maps).
    pub fn grow_to(&mut self, len: usize) -> Result<()> {
        bounds::within(Operation::Grow, 0, len, self.capacity)?;
        if len > self.len {
            let (old, new) = (self.end_of(self.len), self.end_of(len));
            self.mapping
                .protect_range(old, new - old, NoAccess::FLAGS, ReadWrite::FLAGS)
                .map_err(|errno| Error::new(Operation::Grow, errno))?;
            self.len = len;
        }
        Ok(())
    }

    /// Makes it at most `len` bytes, and gives the memory of the others back.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps): it stays as long as it was.
    pub fn shrink_to(&mut self, len: usize) -> Result<()> {
        if len >= self.len {
            return Ok(());
        }
        let (old, new) = (self.end_of(self.len), self.end_of(len));
        self.mapping
            .decommit(new, old - new, ReadWrite::FLAGS)
            .map_err(|errno| Error::new(Operation::Decommit, errno))?;
        // What stays of the last page is zero should it be new once more.
        let stale = (new - page::size()).min(self.len) - len;
        let end = self.as_mut_ptr().wrapping_add(len);
        // SAFETY: committed, and exclusively borrowed.
        unsafe { end.write_bytes(0, stale) };
        self.len = len;
        Ok(())
    }

    /// The pages that are committed, for advice, locks and questions.
    #[inline]
    #[must_use]
    pub fn pages(&self) -> Pages<'_, ReadWrite> {
        Pages::new(&self.mapping, page::size(), self.len)
    }

    /// Where the pages of so many bytes end in the mapping, behind the page before them.
    fn end_of(&self, len: usize) -> usize {
        page::size() + len.next_multiple_of(page::size())
    }

    /// Where the bytes begin, committed or not.
    pub(crate) fn start(&self) -> *mut u8 {
        self.mapping.start().as_ptr().wrapping_add(page::size())
    }
}

impl Deref for GrowMap {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: committed until self is dropped or exclusively borrowed, zero at first, and nobody else's.
        unsafe { slice::from_raw_parts(self.start(), self.len) }
    }
}

impl DerefMut for GrowMap {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and exclusively borrowed.
        unsafe { slice::from_raw_parts_mut(self.start(), self.len) }
    }
}

impl fmt::Debug for GrowMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrowMap({} of {} bytes at {:p})", self.len, self.capacity, self.start())
    }
}
