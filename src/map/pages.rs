//! The pages of a map, apart from what its bytes are.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fault;
use crate::page;
use crate::sys::{self, Advice};
use core::fmt;
use core::marker::PhantomData;

use super::mapping::Mapping;
use super::{Access, Protection, Writable, bounds};

/// The pages of a map that hold a range of its bytes: to be read in, locked, asked about, and given advice on.
///
/// ```
/// use baremap::map::Advice;
/// use baremap::{File, FileMap, page};
///
/// let file = File::unnamed()?;
/// file.set_len(10 * page::size() as u64)?;
/// let map = FileMap::write(&file)?;
/// map.pages().advise(Advice::Random)?;
///
/// let first = map.pages().range(0, 100)?;
/// first.prefault_write()?;
/// assert!(first.is_resident()?);
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct Pages<'map, P: Protection> {
    mapping: &'map Mapping,
    /// Where the bytes begin in the mapping.
    offset: usize,
    len: usize,
    /// Where the bytes of the whole map end in the mapping.
    end: usize,
    protection: PhantomData<P>,
}

impl<'map, P: Protection> Pages<'map, P> {
    #[inline(always)]
    pub(super) const fn new(mapping: &'map Mapping, offset: usize, len: usize) -> Self {
        Self { mapping, offset, len, end: offset + len, protection: PhantomData }
    }

    /// Those that hold the `len` bytes from `offset`.
    ///
    /// # Errors
    /// `EINVAL` (they are not within these bytes).
    #[inline]
    pub fn range(&self, offset: usize, len: usize) -> Result<Pages<'map, P>> {
        bounds::within(Operation::Range, offset, len, self.len)?;
        Ok(Self { offset: self.offset + offset, len, ..*self })
    }

    /// How many there are, each of [`page::size`] bytes, also where they are huge.
    #[inline]
    #[must_use]
    pub fn count(&self) -> usize {
        let (_, len) = self.span();
        len.div_ceil(page::size())
    }

    /// Whether they are huge ones out of the reserved pool.
    pub(crate) const fn are_huge(&self) -> bool {
        self.mapping.huge().is_some()
    }

    /// Which pages are in memory, in the order of their addresses (mincore(2)). Since Linux 5.0 all pages of a file seem to
    /// be, unless one owns it or may write to it.
    ///
    /// # Errors
    /// `EINVAL` with [`Reason::WrongLength`] (not as many as [`Pages::count`] says), `EAGAIN`.
    pub fn residency(&self, resident: &mut [bool]) -> Result<()> {
        let (len, expected) = (resident.len(), self.count());
        if len != expected {
            let reason = Reason::WrongLength { len, expected };
            return Err(Error::because(Operation::Residency, Errno::EINVAL, reason));
        }
        let (mut start, _) = self.span();
        for resident in resident.chunks_mut(AT_ONCE) {
            are_resident(start, resident)?;
            start = start.wrapping_add(resident.len() * page::size());
        }
        Ok(())
    }

    /// Whether all of them are in memory; see [`Pages::residency`].
    ///
    /// # Errors
    /// `EAGAIN`.
    pub fn is_resident(&self) -> Result<bool> {
        let (mut start, _) = self.span();
        let mut left = self.count();
        while left > 0 {
            let mut resident = [false; AT_ONCE];
            let resident = &mut resident[..left.min(AT_ONCE)];
            are_resident(start, resident)?;
            if resident.contains(&false) {
                return Ok(false);
            }
            left -= resident.len();
            start = start.wrapping_add(resident.len() * page::size());
        }
        Ok(true)
    }

    /// The first page's address, and bytes from there.
    #[inline(always)]
    pub(super) fn span(&self) -> (*mut u8, usize) {
        if self.len == 0 {
            return (self.mapping.start().as_ptr(), 0);
        }
        let (first, len) = bounds::pages(self.mapping, self.offset, self.len);
        (self.mapping.start().as_ptr().wrapping_add(first), len)
    }

    /// Checks that these are whole pages, the last one up to the end of the map.
    pub(super) fn whole(&self, operation: Operation) -> Result<()> {
        bounds::whole_pages(operation, self.mapping, self.offset, self.len, Some(self.end))
    }

    /// Calls the kernel for the pages, if there are any.
    #[inline(always)]
    pub(super) fn call(
        &self,
        operation: Operation,
        call: impl FnOnce(*mut u8, usize) -> core::result::Result<(), Errno>,
    ) -> Result<()> {
        match self.span() {
            (_, 0) => Ok(()),
            (start, len) => call(start, len).map_err(|errno| Error::new(operation, errno)),
        }
    }
}

impl<P: Access> Pages<'_, P> {
    /// Reads the pages in, all of them or an error (`MADV_POPULATE_READ`, and before Linux 5.14 a load from each).
    ///
    /// # Errors
    /// `EFAULT` (a page is not there: the file has shrunk), `EHWPOISON`, `EIO`, `ENOMEM`.
    pub fn prefault_read(&self) -> Result<()> {
        // SAFETY: no byte changes.
        let populate = |start, len| unsafe { sys::madvise(start, len, Advice::POPULATE_READ) };
        let (start, len) = self.span();
        let touch = |offset| {
            // SAFETY: within the mapping, which is readable as far as it is there.
            unsafe { fault::load::<u8>(Operation::Prefault, start.wrapping_add(offset)) }.map(drop)
        };
        match self.call(Operation::Prefault, populate) {
            // QEMU reads nothing in and says that all is well. The last page is there only if those before it are.
            Ok(()) if len != 0 => touch(len - 1),
            Err(error) if error.errno() == Errno::EINVAL => {
                (0..len).step_by(page::size()).try_for_each(touch)
            }
            result => result,
        }
    }
}

impl<P: Writable> Pages<'_, P> {
    /// Makes the pages ready for stores, all of them or an error (`MADV_POPULATE_WRITE`): where a file has holes its disk
    /// sets room aside, where the map is private the pages are copied. No byte changes.
    ///
    /// # Errors
    /// `EFAULT` (a page is not there: the file has shrunk, or its disk is full), `EINVAL` (before Linux 5.14),
    /// `EHWPOISON`, `EIO`, `ENOMEM`.
    pub fn prefault_write(&self) -> Result<()> {
        // SAFETY: no byte changes.
        self.call(Operation::Prefault, |start, len| unsafe {
            sys::madvise(start, len, Advice::POPULATE_WRITE)
        })?;
        match self.span() {
            (_, 0) => Ok(()),
            // For QEMU, as above.
            // SAFETY: as above.
            (start, len) => unsafe {
                fault::load::<u8>(Operation::Prefault, start.wrapping_add(len - 1)).map(drop)
            },
        }
    }
}

impl<P: Protection> Clone for Pages<'_, P> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protection> Copy for Pages<'_, P> {}

impl<P: Protection> fmt::Debug for Pages<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, len) = self.span();
        write!(f, "Pages({len} bytes at {start:p}, {:?})", P::FLAGS)
    }
}

/// Pages that mincore(2) is asked about at once.
const AT_ONCE: usize = 64;

/// Asks about the pages from `start`, at most [`AT_ONCE`], which are mapped.
fn are_resident(start: *const u8, resident: &mut [bool]) -> Result<()> {
    /// Pages of the machine, at the most, in one that QEMU gives its programs: 64 KiB in 4.
    const LARGEST: usize = 16;
    /// Not what the kernel writes.
    const UNWRITTEN: u8 = u8::MAX;

    // A byte for each page of the machine, and none of those that QEMU gives its programs.
    let mut bytes = [UNWRITTEN; AT_ONCE * LARGEST];
    // SAFETY: as many bytes as that takes at the most.
    unsafe { sys::mincore(start, resident.len() * page::size(), &mut bytes) }
        .map_err(|errno| Error::new(Operation::Residency, errno))?;
    let written = bytes.iter().take_while(|&&byte| byte != UNWRITTEN).count();
    let each = (written / resident.len()).max(1);
    for (resident, bytes) in resident.iter_mut().zip(bytes.chunks(each)) {
        *resident = bytes.iter().all(|byte| byte & 1 != 0);
    }
    Ok(())
}
