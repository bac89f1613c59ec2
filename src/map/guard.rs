//! Pages that stop what runs over an end.

use crate::Errno;
use crate::caps::Caps;
use crate::error::{Error, Operation, Result};
use crate::page;
use crate::sys::{self, Advice, MapFlags};
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::slice;

use super::mapping::Mapping;
use super::{NoAccess, Pages, Protection, ReadWrite, bounds};

/// Private memory between two pages that may not be touched: a stack, say, which ends the process instead of running
/// into what is mapped beside it.
///
/// The end of the bytes is at the end of a page only if their number is a multiple of [`page::size`].
///
/// ```
/// use baremap::map::GuardedMap;
/// use baremap::page;
///
/// let mut stack = GuardedMap::new(16 * page::size())?;
/// stack[0] = 1;
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// A forked child has a copy between two such pages.
pub struct GuardedMap {
    mapping: Mapping,
    len: usize,
}

impl GuardedMap {
    /// Maps `len` bytes, all zeros, and the two pages.
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, or too many maps).
    pub fn new(len: usize) -> Result<GuardedMap> {
        let mapped_len = bounds::guarded(len)?;
        let failed = |errno| Error::new(Operation::Mmap, errno);
        let mut mapping =
            Mapping::new(mapped_len, ReadWrite::FLAGS, MapFlags::PRIVATE, None).map_err(failed)?;
        for page in [0, mapped_len - page::size()] {
            guard(&mut mapping, page).map_err(failed)?;
        }
        Ok(GuardedMap { mapping, len })
    }

    /// The pages between the two, for advice, locks and questions.
    #[inline]
    #[must_use]
    pub fn pages(&self) -> Pages<'_, ReadWrite> {
        Pages::new(&self.mapping, page::size(), self.len)
    }

    fn start(&self) -> *mut u8 {
        self.mapping.start().as_ptr().wrapping_add(page::size())
    }
}

/// Makes the page at `offset` one that may not be touched: by a mark in the page table where the kernel has that, which
/// costs no map of its own, else by a protection.
fn guard(mapping: &mut Mapping, offset: usize) -> core::result::Result<(), Errno> {
    if mark(mapping.start().as_ptr().wrapping_add(offset)) {
        return Ok(());
    }
    mapping.protect_range(offset, page::size(), ReadWrite::FLAGS, NoAccess::FLAGS)
}

/// Marks a page that this module has just mapped, and says whether that keeps anybody from touching it.
fn mark(page: *mut u8) -> bool {
    // QEMU's user mode says yes and marks nothing.
    if !Caps::GUARD_PAGES.work() {
        return false;
    }
    // SAFETY: nobody has seen the page yet.
    unsafe { sys::madvise(page, page::size(), Advice::GUARD_INSTALL) }.is_ok()
}

impl Deref for GuardedMap {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: mapped until self is dropped, zero at first, and nobody else's.
        unsafe { slice::from_raw_parts(self.start(), self.len) }
    }
}

impl DerefMut for GuardedMap {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and exclusively borrowed.
        unsafe { slice::from_raw_parts_mut(self.start(), self.len) }
    }
}

impl fmt::Debug for GuardedMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuardedMap({} bytes at {:p})", self.len, self.start())
    }
}
