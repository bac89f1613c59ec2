//! Pages that stay in memory, and maps that stay as they are.

use crate::error::{Error, Operation, Result};
use crate::sys::{self, MlockFlags};
use core::slice;

use super::mapping::Mapping;
use super::{Access, AnonMap, ChangeError, Changed, FileMap, Pages, Protection, SharedBytes, Writable};

impl<P: Protection> Pages<'_, P> {
    /// Keeps the pages in memory, all of them read in now (mlock(2)). Locks do not nest: one [`Pages::unlock`] undoes all.
    ///
    /// # Errors
    /// `ENOMEM`, `EPERM` or `EAGAIN` (more than `RLIMIT_MEMLOCK` allows, or too many maps; `ENOMEM` also for pages that
    /// cannot be touched).
    #[inline]
    pub fn lock(&self) -> Result<()> {
        self.call(Operation::Lock, |start, len| sys::mlock(start, len))
    }

    /// Keeps each page in memory from its first touch on (mlock2(2)).
    ///
    /// # Errors
    /// As [`Pages::lock`]; `ENOSYS` (before Linux 4.4, and in QEMU's user mode).
    #[inline]
    pub fn lock_on_fault(&self) -> Result<()> {
        self.call(Operation::Lock, |start, len| sys::mlock2(start, len, MlockFlags::ONFAULT))
    }

    /// Undoes [`Pages::lock`] and [`Pages::lock_on_fault`].
    ///
    /// # Errors
    /// `ENOMEM` (it would cut the map in pieces and there are too many maps).
    #[inline]
    pub fn unlock(&self) -> Result<()> {
        self.call(Operation::Unlock, |start, len| sys::munlock(start, len))
    }
}

impl<P: Access> AnonMap<P> {
    /// Makes the map one that nothing can change any more until the process ends: not unmap, move, resize or protect in
    /// another way (mseal(2)).
    ///
    /// # Errors
    /// `ENOSYS` (before Linux 6.10, and in QEMU's user mode), `ENOMEM` (too many maps).
    pub fn seal(self) -> Changed<&'static [u8], Self> {
        let len = self.len;
        match seal(&self.mapping) {
            // SAFETY: mapped readable for good, and nobody else's.
            Ok(()) => Ok(unsafe { slice::from_raw_parts(self.mapping.leak().as_ptr(), len) }),
            Err(error) => Err(ChangeError::new(self, error)),
        }
    }
}

impl<P: Writable> AnonMap<P> {
    /// [`AnonMap::seal`], but its bytes can still be written.
    ///
    /// # Errors
    /// As [`AnonMap::seal`].
    pub fn seal_mut(self) -> Changed<&'static mut [u8], Self> {
        let len = self.len;
        match seal(&self.mapping) {
            // SAFETY: mapped readable and writable for good, and nobody else's.
            Ok(()) => Ok(unsafe { slice::from_raw_parts_mut(self.mapping.leak().as_ptr(), len) }),
            Err(error) => Err(ChangeError::new(self, error)),
        }
    }
}

impl<P: Access> FileMap<P> {
    /// Makes the map one that nothing can change any more until the process ends: not unmap, move, resize or protect in
    /// another way (mseal(2)). The file can change as before, and shrink.
    ///
    /// # Errors
    /// `ENOSYS` (before Linux 6.10, and in QEMU's user mode), `ENOMEM` (too many maps).
    pub fn seal(self) -> Changed<&'static SharedBytes<P>, Self> {
        if let Err(error) = seal(&self.mapping) {
            return Err(ChangeError::new(self, error));
        }
        let FileMap { mapping, lead, len, .. } = self;
        let start = mapping.leak().as_ptr().wrapping_add(lead);
        // SAFETY: mapped as `P` says for good, and lent in no other way.
        Ok(unsafe { SharedBytes::new(start, len) })
    }
}

/// Where this fails half-way, with too many maps, the part that is sealed stays mapped when the map is dropped.
fn seal(mapping: &Mapping) -> Result<()> {
    if mapping.len() == 0 {
        return Ok(());
    }
    // SAFETY: the mapping is leaked after this.
    unsafe { sys::mseal(mapping.start().as_ptr(), mapping.len()) }
        .map_err(|errno| Error::new(Operation::SealMap, errno))
}
