//! Memory that a process shares with its children.

use crate::error::{Error, Operation, Result};
use crate::sys::{self, Advice};
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::mapping::Mapping;
use super::{
    Access, ChangeError, Changed, MapOptions, NoAccess, Pages, Protection, ReadOnly, ReadWrite, SharedBytes,
    Writable, bounds,
};

/// Shared anonymous memory: zeros at first, the same bytes in this process and in the children that it forks. It lends
/// [`SharedBytes`].
///
/// What a process makes of its own map's protection is not the others' business: one may read what another writes. The memory goes when
/// the last of them has unmapped it or ended.
///
/// ```
/// use baremap::{SharedMap, process};
/// use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// let map = SharedMap::new(4)?;
/// let counter: &AtomicU32 = map.atomic(0)?;
/// // SAFETY: the child uses nothing but the map.
/// let child = unsafe { process::spawn(|| counter.store(7, Relaxed)) }?;
/// assert!(child.wait()?.success());
/// assert_eq!(counter.load(Relaxed), 7);
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct SharedMap<P: Protection = ReadWrite> {
    mapping: Mapping,
    /// Bytes that were asked for; there are more where the pages are huge.
    len: usize,
    protection: PhantomData<P>,
}

impl SharedMap {
    /// Maps `len` bytes.
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, or too many maps).
    #[inline]
    pub fn new(len: usize) -> Result<SharedMap> {
        MapOptions::new().len(len).map_shared_anon()
    }

    /// Gives the memory of whole pages back, in all processes: they are zeros from now on (`MADV_REMOVE`).
    ///
    /// # Errors
    /// `EINVAL` (not within the map, not whole pages but for the last, or locked ones).
    pub fn punch_hole(&self, offset: usize, len: usize) -> Result<()> {
        bounds::within(Operation::PunchHole, offset, len, self.len)?;
        bounds::whole_pages(Operation::PunchHole, &self.mapping, offset, len, Some(self.len))?;
        let (first, len) = bounds::pages(&self.mapping, offset, len);
        if len == 0 {
            return Ok(());
        }
        // SAFETY: within the map; its bytes may change at any moment by what they are lent as.
        unsafe { sys::madvise(self.mapping.start().as_ptr().wrapping_add(first), len, Advice::REMOVE) }
            .map_err(|errno| Error::new(Operation::PunchHole, errno))
    }
}

impl<P: Protection> SharedMap<P> {
    #[inline(always)]
    pub(super) const fn from_mapping(mapping: Mapping, len: usize) -> Self {
        Self { mapping, len, protection: PhantomData }
    }

    /// The pages, for advice, locks and questions.
    #[inline]
    #[must_use]
    pub const fn pages(&self) -> Pages<'_, P> {
        Pages::new(&self.mapping, 0, self.len)
    }

    /// Allows this process loads and nothing else.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps).
    #[inline]
    pub fn make_read_only(self) -> Changed<SharedMap<ReadOnly>, Self> {
        self.change(Operation::MakeReadOnly)
    }

    /// Allows this process loads and stores.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps).
    #[inline]
    pub fn make_mut(self) -> Changed<SharedMap<ReadWrite>, Self> {
        self.change(Operation::MakeMut)
    }

    /// Allows this process nothing.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps).
    #[inline]
    pub fn make_none(self) -> Changed<SharedMap<NoAccess>, Self> {
        self.change(Operation::MakeNone)
    }

    fn change<Q: Protection>(mut self, operation: Operation) -> Changed<SharedMap<Q>, Self> {
        match self.mapping.protect(P::FLAGS, Q::FLAGS) {
            Ok(()) => Ok(SharedMap::from_mapping(self.mapping, self.len)),
            Err(errno) => Err(ChangeError::new(self, Error::new(operation, errno))),
        }
    }
}

impl<P: Access> Deref for SharedMap<P> {
    type Target = SharedBytes<P>;

    #[inline(always)]
    fn deref(&self) -> &SharedBytes<P> {
        // SAFETY: mapped as `P` says until self is dropped, and lent in no other way.
        unsafe { SharedBytes::new(self.mapping.start().as_ptr(), self.len) }
    }
}

impl<P: Writable> DerefMut for SharedMap<P> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut SharedBytes<P> {
        // SAFETY: as above, and exclusively borrowed as far as this process goes.
        unsafe { SharedBytes::new_mut(self.mapping.start().as_ptr(), self.len) }
    }
}

impl<P: Protection> fmt::Debug for SharedMap<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedMap({} bytes at {:p}, {:?})", self.len, self.mapping.start(), P::FLAGS)
    }
}
