//! Memory of this process alone.

use crate::arch;
use crate::error::{Error, Operation, Result};
use crate::sys::{self, Advice};
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::slice;

use super::mapping::Mapping;
use super::{
    Access, ChangeError, Changed, Executable, MapOptions, NoAccess, Pages, Protection, ReadOnly, ReadWrite,
    Writable, bounds,
};

/// Private anonymous memory: zeros at first, this process's alone, and so a slice of bytes.
///
/// A forked child has a copy.
///
/// ```
/// use baremap::AnonMap;
///
/// let mut map = AnonMap::new(1 << 20)?;
/// assert!(map.iter().all(|&byte| byte == 0));
/// map[..4].copy_from_slice(b"data");
///
/// let map = map.make_read_only()?;
/// assert_eq!(&map[..4], b"data");
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct AnonMap<P: Protection = ReadWrite> {
    pub(super) mapping: Mapping,
    /// Bytes that were asked for; there are more where the pages are huge.
    pub(super) len: usize,
    protection: PhantomData<P>,
}

impl AnonMap {
    /// Maps `len` bytes.
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, or too many maps).
    #[inline]
    pub fn new(len: usize) -> Result<AnonMap> {
        MapOptions::new().len(len).map_anon()
    }
}

impl<P: Protection> AnonMap<P> {
    #[inline(always)]
    pub(super) const fn from_mapping(mapping: Mapping, len: usize) -> Self {
        Self { mapping, len, protection: PhantomData }
    }

    /// Bytes.
    #[inline(always)]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no byte.
    #[inline(always)]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The address of the first byte.
    #[inline(always)]
    #[must_use]
    pub const fn as_ptr(&self) -> *const u8 {
        self.mapping.start().as_ptr()
    }

    /// The pages, for advice, locks and questions.
    #[inline]
    #[must_use]
    pub const fn pages(&self) -> Pages<'_, P> {
        Pages::new(&self.mapping, 0, self.len)
    }

    /// Allows loads and nothing else.
    ///
    /// # Errors
    /// `ENOMEM` (no memory, or too many maps).
    #[inline]
    pub fn make_read_only(self) -> Changed<AnonMap<ReadOnly>, Self> {
        self.change(Operation::MakeReadOnly)
    }

    /// Allows loads and stores, and no more execution.
    ///
    /// # Errors
    /// `ENOMEM` (no memory, or too many maps).
    #[inline]
    pub fn make_mut(self) -> Changed<AnonMap<ReadWrite>, Self> {
        self.change(Operation::MakeMut)
    }

    /// Allows loads and execution, and no more stores: what was stored is the code that runs, on processors too that
    /// have a cache for instructions apart.
    ///
    /// # Errors
    /// `ENOMEM` (no memory, or too many maps), `EACCES` (a policy forbids to execute what was written).
    pub fn make_exec(self) -> Changed<AnonMap<Executable>, Self> {
        let map = self.change(Operation::MakeExec)?;
        // SAFETY: mapped and readable.
        unsafe { arch::cache::publish(map.as_ptr(), map.len) };
        Ok(map)
    }

    /// Allows nothing, but keeps the bytes.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps).
    #[inline]
    pub fn make_none(self) -> Changed<AnonMap<NoAccess>, Self> {
        self.change(Operation::MakeNone)
    }

    pub(super) fn change<Q: Protection>(mut self, operation: Operation) -> Changed<AnonMap<Q>, Self> {
        match self.mapping.protect(P::FLAGS, Q::FLAGS) {
            Ok(()) => Ok(AnonMap::from_mapping(self.mapping, self.len)),
            Err(errno) => Err(ChangeError::new(self, Error::new(operation, errno))),
        }
    }
}

impl<P: Writable> AnonMap<P> {
    /// Gives the memory of whole pages back: they are zeros from now on, and take no memory until they are touched
    /// again (`MADV_DONTNEED`).
    ///
    /// # Errors
    /// `EINVAL` (not within the map, not whole pages but for the last, locked pages, or before Linux 5.18 huge ones). Pages
    /// before the first locked one are zeros then.
    pub fn discard(&mut self, offset: usize, len: usize) -> Result<()> {
        bounds::within(Operation::Discard, offset, len, self.len)?;
        bounds::whole_pages(Operation::Discard, &self.mapping, offset, len, Some(self.len))?;
        let (first, len) = bounds::pages(&self.mapping, offset, len);
        if len == 0 {
            return Ok(());
        }
        let start = self.mapping.start().as_ptr().wrapping_add(first);
        // SAFETY: within the map, which is exclusively borrowed, and zeros are bytes.
        let advise = |advice| unsafe { sys::madvise(start, len, advice) };
        let result = match self.mapping.huge() {
            None => advise(Advice::DONTNEED),
            // Before Linux 6.9 they go back to the pool, and a store that finds it empty is SIGBUS: so they are taken again
            // at once, or missed here.
            Some(_) => advise(Advice::DONTNEED).and_then(|()| advise(Advice::POPULATE_WRITE)),
        };
        result.map_err(|errno| Error::new(Operation::Discard, errno))
    }
}

impl<P: Access> Deref for AnonMap<P> {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // SAFETY: mapped readable until self is dropped, initialised with zeros, and nobody else's.
        unsafe { slice::from_raw_parts(self.mapping.start().as_ptr(), self.len) }
    }
}

impl<P: Writable> DerefMut for AnonMap<P> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, writable, and exclusively borrowed.
        unsafe { slice::from_raw_parts_mut(self.mapping.start().as_ptr(), self.len) }
    }
}

impl<P: Access> AsRef<[u8]> for AnonMap<P> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<P: Writable> AsMut<[u8]> for AnonMap<P> {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl<P: Protection> fmt::Debug for AnonMap<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnonMap({} bytes at {:p}, {:?})", self.len, self.as_ptr(), P::FLAGS)
    }
}
