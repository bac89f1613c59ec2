//! Maps that become longer or shorter.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, BorrowedFd};
use crate::file::{File, again};
use crate::sys::{self, MapFlags};
use core::mem;
use core::num::NonZero;

use super::bounds::{self, FileSpan};
use super::mapping::Mapping;
use super::options::{explain, huge_pages};
use super::{AnonMap, FileMap, Protection, ReadWrite};

impl AnonMap {
    /// Makes the map `len` bytes, by mremap(2): in place if there is room behind it, elsewhere if not, without copying.
    /// What is new is zero. On failure it stays as it was. Where it must not move, [`GrowMap`](super::GrowMap) is for it.
    ///
    /// ```
    /// use baremap::AnonMap;
    ///
    /// let mut map = AnonMap::new(5)?;
    /// map.copy_from_slice(b"kept!");
    /// map.resize(1 << 20)?;
    /// assert_eq!(&map[..8], b"kept!\0\0\0");
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ENOMEM` (too long, no memory, or too many maps), `EAGAIN` (locked memory beyond the limit), `EFAULT` (advice, a
    /// lock on a part or a join has left the map in pieces), `EINVAL` (huge pages out of the pool cannot be added).
    pub fn resize(&mut self, len: usize) -> Result<()> {
        let huge = self.mapping.huge();
        let failed = |errno| refused(errno, len, huge);
        let mapped_len = bounds::huge_length(bounds::length(len as u64, 0)?, huge)?;
        match (self.mapping.len(), mapped_len) {
            (old, new) if old == new => {}
            (_, 0) => self.mapping = Mapping::empty().of_huge_pages(huge),
            (0, _) if huge.is_some() => return Err(failed(Errno::EINVAL)),
            (0, new) => {
                let made = Mapping::new(new, ReadWrite::FLAGS, MapFlags::PRIVATE, None);
                self.mapping = made.map_err(failed)?;
            }
            (_, new) => self.mapping.resize(new).map_err(failed)?,
        }
        let old = mem::replace(&mut self.len, len);
        self.clear_tail(old);
        Ok(())
    }

    /// Clears what is left of the last page after the map has become shorter: should it become longer again, that is
    /// new, and zero.
    fn clear_tail(&mut self, old: usize) {
        let mapped = self.mapping.len().next_multiple_of(self.mapping.page_size());
        let end = old.min(mapped);
        if let Some(stale) = end.checked_sub(self.len) {
            // SAFETY: from the end of the bytes to that of the last page, or less: mapped, and nobody else's.
            unsafe { self.mapping.start().add(self.len).write_bytes(0, stale) };
        }
    }
}

impl<P: Protection> FileMap<P> {
    /// Makes the map end where the file does now: longer or shorter, in place or elsewhere. On failure it stays as it
    /// was. A page of a private map that has been stored to keeps what it has; if the file once ended in it, the file's
    /// new bytes are not seen there.
    ///
    /// ```
    /// use baremap::{File, FileMap};
    ///
    /// let file = File::unnamed()?;
    /// let mut map = FileMap::read(&file)?;
    /// file.write_all_at(b"now there is something", 0)?;
    /// map.remap(&file)?;
    /// assert_eq!(map.len(), 22);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `EINVAL` (another file, or huge pages, which cannot be added), `ENOMEM` (too long, no memory, or too many maps),
    /// `EAGAIN` (locked memory beyond the limit), `EFAULT` (advice or a lock on a part has cut a private map in pieces; a
    /// shared one is mapped anew, without the advice), and those of [`MapOptions::map`](super::MapOptions::map) where a new
    /// map is made.
    pub fn remap(&mut self, file: impl AsFd) -> Result<()> {
        let fd = file.as_fd();
        let stat = again(Operation::Stat, || sys::fstat(fd))?;
        if !self.origin.is(&stat) {
            return Err(Error::because(Operation::Resize, Errno::EINVAL, Reason::OtherFile));
        }
        let (offset, huge) = (self.origin.offset, huge_pages(fd, &stat));
        // A file that ends before the map begins leaves nothing to map.
        let size = stat.size().max(offset);
        let FileSpan { page_offset, lead, len, mapped_len } = bounds::file_span(offset, None, size, huge)?;
        match (self.mapping.len(), mapped_len) {
            (_, 0) => self.mapping = Mapping::empty(),
            (0, new) => self.mapping = self.map(fd, page_offset, new, huge)?,
            // Pages that stay mapped after the file's end do no harm: they are not lent any more.
            (old, new) if new <= old => drop(self.mapping.resize(new)),
            (_, new) => match self.mapping.resize(new) {
                // In pieces: what a shared map shows, a new one shows as well.
                Err(Errno::EFAULT) if !self.is_private => {
                    self.mapping = self.map(fd, page_offset, new, huge)?
                }
                result => result.map_err(|errno| refused(errno, len, huge))?,
            },
        }
        self.lead = if mapped_len == 0 { 0 } else { lead };
        self.len = len;
        Ok(())
    }

    /// Maps the file anew, as this map does.
    fn map(
        &self,
        fd: BorrowedFd<'_>,
        offset: u64,
        len: usize,
        huge: Option<NonZero<usize>>,
    ) -> Result<Mapping> {
        let flags = if self.is_private { MapFlags::PRIVATE } else { MapFlags::SHARED };
        let mapping = Mapping::new(len, P::FLAGS, flags, Some((fd, offset)));
        let mapping = mapping.map_err(|errno| explain(Error::new(Operation::Mmap, errno), fd))?;
        Ok(mapping.of_huge_pages(huge))
    }

    /// Makes the map `len` bytes, and the file as long as that takes: it ends where the map does. What is new is zero, and
    /// takes no room yet; [`File::allocate`] sees to that.
    ///
    /// ```
    /// use baremap::{File, FileMap};
    ///
    /// let file = File::unnamed()?;
    /// let mut map = FileMap::write(&file)?;
    /// map.set_len(&file, 100)?;
    /// map.write_at(90, b"at the end")?;
    /// assert_eq!(file.len()?, 100);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`File::set_len`]: nothing has changed then. Those of [`FileMap::remap`]: the map is as it was; the file
    /// has its new length unless it is another file.
    pub fn set_len(&mut self, file: &File, len: usize) -> Result<()> {
        if !self.origin.is(&file.stat()?) {
            return Err(Error::because(Operation::Resize, Errno::EINVAL, Reason::OtherFile));
        }
        file.set_len(bounds::file_end(self.origin.offset, bounds::length(len as u64, 0)?)?)?;
        self.remap(file)
    }
}

/// Why the kernel would not make a map `len` bytes.
#[cold]
fn refused(errno: Errno, len: usize, huge: Option<NonZero<usize>>) -> Error {
    match errno {
        // More than an address space has, if it is not about huge pages.
        Errno::EINVAL if huge.is_none() => {
            Error::because(Operation::Resize, Errno::ENOMEM, Reason::TooLong { len: len as u64 })
        }
        _ => Error::new(Operation::Resize, errno),
    }
}
