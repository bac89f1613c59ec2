//! Memory of this process alone.

use crate::error::Result;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::slice;

use super::MapOptions;
use super::mapping::Mapping;

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
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct AnonMap(Mapping);

impl AnonMap {
    /// Maps `len` bytes.
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, or too many maps).
    #[inline]
    pub fn new(len: usize) -> Result<AnonMap> {
        MapOptions::new().len(len).map_anon()
    }

    #[inline(always)]
    pub(super) fn from_mapping(mapping: Mapping) -> Self {
        Self(mapping)
    }
}

impl Deref for AnonMap {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // SAFETY: mapped until self is dropped, initialised with zeros, and nobody else's.
        unsafe { slice::from_raw_parts(self.0.start().as_ptr(), self.0.len()) }
    }
}

impl DerefMut for AnonMap {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and exclusively borrowed.
        unsafe { slice::from_raw_parts_mut(self.0.start().as_ptr(), self.0.len()) }
    }
}

impl AsRef<[u8]> for AnonMap {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for AnonMap {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for AnonMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnonMap({} bytes at {:p})", self.len(), self.as_ptr())
    }
}
