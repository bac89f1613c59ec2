//! Memory that a process shares with its children.

use crate::error::Result;
use core::fmt;
use core::ops::{Deref, DerefMut};

use super::mapping::Mapping;
use super::{MapOptions, ReadWrite, SharedBytes};

/// Shared anonymous memory: zeros at first, the same bytes in this process and in the children that it forks. It lends
/// [`SharedBytes`].
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
pub struct SharedMap(Mapping);

impl SharedMap {
    /// Maps `len` bytes.
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, or too many maps).
    #[inline]
    pub fn new(len: usize) -> Result<SharedMap> {
        MapOptions::new().len(len).map_shared_anon()
    }

    #[inline(always)]
    pub(super) fn from_mapping(mapping: Mapping) -> Self {
        Self(mapping)
    }
}

impl Deref for SharedMap {
    type Target = SharedBytes<ReadWrite>;

    #[inline(always)]
    fn deref(&self) -> &SharedBytes<ReadWrite> {
        // SAFETY: mapped readable and writable until self is dropped, and lent in no other way.
        unsafe { SharedBytes::new(self.0.start().as_ptr(), self.0.len()) }
    }
}

impl DerefMut for SharedMap {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut SharedBytes<ReadWrite> {
        // SAFETY: as above, and exclusively borrowed as far as this process goes.
        unsafe { SharedBytes::new_mut(self.0.start().as_ptr(), self.0.len()) }
    }
}

impl fmt::Debug for SharedMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedMap({} bytes at {:p})", self.len(), self.as_ptr())
    }
}
