//! Addresses that are taken now and filled later, cut and put together again.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::AsFd;
use crate::sys::MapFlags;
use core::mem;

use super::mapping::Mapping;
use super::{
    AnonMap, ChangeError, Changed, CopyOnWrite, FileMap, MapOptions, NoAccess, Protection, ReadOnly,
    ReadWrite, bounds,
};

/// A reservation: addresses that nobody else gets, of which none may be touched. It takes no memory.
///
/// [`AnonMap::make_mut`] commits it; [`AnonMap::split_off`] and [`AnonMap::join`] make it possible to commit a part, and
/// [`AnonMap::map_file`] and its kin put a file into a part.
///
/// ```
/// use baremap::{AnonMap, File, MapOptions, page};
///
/// let mut front = AnonMap::reserve(4 * page::size())?;
/// let back = front.split_off(page::size())?;
/// let mut front = front.make_mut()?;
/// front[0] = 1;
///
/// let file = File::unnamed()?;
/// file.set_len(3 * page::size() as u64)?;
/// let file = back.map_file_mut(&MapOptions::new(), &file)?;
/// assert_eq!(file.as_ptr(), front.as_ptr_range().end);
/// # Ok::<(), baremap::Error>(())
/// ```
impl AnonMap<NoAccess> {
    /// Reserves `len` bytes of addresses.
    ///
    /// # Errors
    /// `ENOMEM` (too long, or too many maps).
    pub fn reserve(len: usize) -> Result<AnonMap<NoAccess>> {
        let len = bounds::length(len as u64, 0)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let mapping = Mapping::new(len, NoAccess::FLAGS, flags, None);
        let mapping = mapping.map_err(|errno| Error::new(Operation::Mmap, errno))?;
        Ok(AnonMap::from_mapping(mapping, len))
    }

    /// [`AnonMap::reserve`] from an address on; see [`MapOptions::at`].
    ///
    /// # Errors
    /// As [`AnonMap::reserve`]; `EEXIST` (something is mapped there), `EINVAL` (not a multiple of the page size, or 0),
    /// `EPERM` (below vm.mmap_min_addr).
    pub fn reserve_at(address: usize, len: usize) -> Result<AnonMap<NoAccess>> {
        let (address, len) = (bounds::address(address)?, bounds::length(len as u64, 0)?);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let mapping = Mapping::at(address, len, NoAccess::FLAGS, flags, None);
        let mapping = mapping.map_err(|errno| Error::new(Operation::MapAt, errno))?;
        Ok(AnonMap::from_mapping(mapping, len))
    }

    /// Maps a file for reading, shared, over all of these addresses; see [`MapOptions::map`]. The part of the file takes as
    /// many pages as there are here.
    ///
    /// # Errors
    /// As [`MapOptions::map`]; `EINVAL` with [`Reason::WrongLength`] (more pages, or fewer). After `ENOMEM` of the last step
    /// the reservation that is given back is empty: the kernel does not say whether it has let go of the addresses.
    pub fn map_file(self, options: &MapOptions, file: impl AsFd) -> Changed<FileMap<ReadOnly>, Self> {
        self.fill(options.map(file))
    }

    /// [`AnonMap::map_file`] for reading and writing, shared; see [`MapOptions::map_mut`].
    ///
    /// # Errors
    /// As [`AnonMap::map_file`] and [`MapOptions::map_mut`].
    pub fn map_file_mut(self, options: &MapOptions, file: impl AsFd) -> Changed<FileMap<ReadWrite>, Self> {
        self.fill(options.map_mut(file))
    }

    /// [`AnonMap::map_file`] for reading and writing, private; see [`MapOptions::map_copy`].
    ///
    /// # Errors
    /// As [`AnonMap::map_file`].
    pub fn map_file_copy(self, options: &MapOptions, file: impl AsFd) -> Changed<FileMap<CopyOnWrite>, Self> {
        self.fill(options.map_copy(file))
    }

    /// Moves a map that is ready to these addresses. To map the file here at once would unmap the reservation before all
    /// that can go wrong has been looked at, and somebody else could get the addresses.
    fn fill<P: Protection>(self, map: Result<FileMap<P>>) -> Changed<FileMap<P>, Self> {
        let mut map = match map {
            Ok(map) => map,
            Err(error) => return Err(ChangeError::new(self, error)),
        };
        let pages = |mapping: &Mapping| mapping.len().next_multiple_of(mapping.page_size());
        let (len, expected) = (pages(&map.mapping), pages(&self.mapping));
        if len != expected {
            let reason = Reason::WrongLength { len, expected };
            return Err(ChangeError::new(self, Error::because(Operation::MapFile, Errno::EINVAL, reason)));
        }
        if len == 0 {
            return Ok(map);
        }
        let AnonMap { mapping: place, len, .. } = self;
        match mem::replace(&mut map.mapping, Mapping::empty()).move_over(place) {
            Ok(moved) => {
                map.mapping = moved;
                Ok(map)
            }
            Err((place, errno)) => {
                let len = len.min(place.len());
                let reservation = AnonMap::from_mapping(place, len);
                Err(ChangeError::new(reservation, Error::new(Operation::MapFile, errno)))
            }
        }
    }
}

impl<P: Protection> AnonMap<P> {
    /// Gives the memory back and keeps the addresses: what is committed again is zero.
    ///
    /// # Errors
    /// `ENOMEM` (too many maps), `EINVAL` (before Linux 5.18: huge pages out of the pool).
    pub fn decommit(mut self) -> Changed<AnonMap<NoAccess>, Self> {
        if let Err(errno) = self.mapping.decommit(0, self.mapping.len(), P::FLAGS) {
            return Err(ChangeError::new(self, Error::new(Operation::Decommit, errno)));
        }
        Ok(AnonMap::from_mapping(self.mapping, self.len))
    }

    /// Cuts the map in two: this one keeps the bytes before `at`, a multiple of the page size or the end; the others are
    /// returned.
    ///
    /// # Errors
    /// `EINVAL` (after the end, or in the middle of a page).
    pub fn split_off(&mut self, at: usize) -> Result<AnonMap<P>> {
        bounds::within(Operation::Split, at, 0, self.len)?;
        if at == self.len {
            return Ok(AnonMap::from_mapping(Mapping::empty().of_huge_pages(self.mapping.huge()), 0));
        }
        bounds::whole_pages(Operation::Split, &self.mapping, at, 0, None)?;
        let rest = AnonMap::from_mapping(self.mapping.split_off(at), self.len - at);
        self.len = at;
        Ok(rest)
    }

    /// Takes over the map that follows this one without a gap, such as [`AnonMap::split_off`] has made, in whatever order
    /// they were made.
    ///
    /// To the kernel the parts may stay several maps, which [`AnonMap::resize`] cannot make longer as one.
    ///
    /// # Errors
    /// `EINVAL` with [`Reason::NotAdjacent`]: the other map comes back.
    pub fn join(&mut self, next: AnonMap<P>) -> Changed<(), AnonMap<P>> {
        if next.is_empty() {
            return Ok(());
        }
        if self.is_empty() {
            *self = next;
            return Ok(());
        }
        if !self.mapping.is_followed_by(&next.mapping) || !self.len.is_multiple_of(self.mapping.page_size()) {
            let error = Error::because(Operation::Join, Errno::EINVAL, Reason::NotAdjacent);
            return Err(ChangeError::new(next, error));
        }
        self.mapping.join(next.mapping);
        self.len += next.len;
        Ok(())
    }
}
