//! Maps of one's own as sources of pages.

use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use super::PageSource;
use super::buffer::Used;
use super::pages::HUGE;
use crate::error::Result;
use crate::map::{AnonMap, FileMap, GrowMap, SharedMap, Writable};
use crate::page;
use crate::sys::{self, Advice, ProtFlags};

/// The whole pages of a map, given out one after the other. The range that was given out last grows and shrinks where it is, and
/// can be had again when it is released; what is released before that gives its memory back, not its place.
///
/// | map                  | made by                 | memory                                                    |
/// |----------------------|-------------------------|-----------------------------------------------------------|
/// | [`AnonMap`]          | [`MapPages::new`]       | as it was mapped: huge pages, locked, at an address       |
/// | [`GrowMap`]          | [`MapPages::new`]       | a reservation, which is committed as it is used           |
/// | [`SharedMap`]        | [`MapPages::over`]      | that forked children see                                  |
/// | [`FileMap`]          | [`MapPages::over`]      | of a file, which keeps it                                 |
/// | `&` one of the last two | [`MapPages::over`]   | that its owner flushes or reads as well                   |
///
/// ```
/// use baremap::{MapOptions, alloc::{Arena, MapPages}};
///
/// let map = MapOptions::new().len(1 << 20).populate().map_anon()?;
/// let arena = Arena::over(MapPages::new(map)?);
/// assert_eq!(arena.alloc_str("no page fault"), "no page fault");
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// A forked child has the same ranges, or a copy of them, as it is with the map; where they are the same, one of the two must not hand
/// them out any more.
pub struct MapPages<M: Memory> {
    map: M,
    used: Used,
    /// Bytes from the start that may be touched.
    committed: AtomicUsize,
}

impl<M: Private> MapPages<M> {
    /// The pages of memory that nobody else has.
    ///
    /// # Errors
    /// A [`GrowMap`] that has grown already could not be emptied: `ENOMEM` (too many maps).
    pub fn new(mut map: M) -> Result<Self> {
        map.empty()?;
        Ok(Self::of(map))
    }
}

impl<M: Common> MapPages<M> {
    /// The pages of a map that others may have as well.
    ///
    /// ```
    /// use baremap::{SharedMap, alloc::{Arena, MapPages}, process};
    /// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    ///
    /// // SAFETY: only one process allocates, and what both use are atomics.
    /// let pages = unsafe { MapPages::over(SharedMap::new(1 << 20)?) };
    /// let arena = Arena::over(pages);
    /// let counter = &*arena.alloc(AtomicU32::new(1));
    /// // SAFETY: the child uses nothing but the map.
    /// let child = unsafe { process::spawn(|| counter.store(2, Relaxed)) }?;
    /// assert!(child.wait()?.success());
    /// assert_eq!(counter.load(Relaxed), 2);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Safety
    /// For as long as ranges of this source are used, nobody reads or writes them in another way, in this process or another,
    /// but for what the values in them allow; nobody gives their memory back, and no file becomes shorter.
    #[must_use]
    pub const unsafe fn over(map: M) -> Self {
        Self::of(map)
    }
}

impl<M: Memory> MapPages<M> {
    const fn of(map: M) -> Self {
        Self { map, used: Used(AtomicUsize::new(0)), committed: AtomicUsize::new(0) }
    }

    /// Bytes up to the end of what is given out now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.0.load(Relaxed)
    }

    /// Makes sure that the bytes up to here may be touched.
    fn commit(&self, end: NonNull<u8>) -> Option<()> {
        let all = self.map.all();
        let wanted = end.addr().get() - all.addr().get();
        let committed = self.committed.load(Acquire);
        if wanted > committed {
            // SAFETY: within the map. Whoever does it twice changes nothing.
            unsafe { self.map.commit(all.cast().add(committed), wanted - committed)? };
            self.committed.fetch_max(wanted, Release);
        }
        Some(())
    }

    /// Gives the memory of a part of a range back; it is zero then, if that was promised.
    ///
    /// # Safety
    /// It is within a range that was allocated here, and nobody needs its contents.
    unsafe fn wipe(&self, start: NonNull<u8>, len: usize) {
        // SAFETY: passed on to the caller.
        unsafe {
            if len != 0 && !self.discard(start, len) && M::ZEROED {
                start.write_bytes(0, len);
            }
        }
    }
}

// SAFETY: `used` only grows past what nobody has, and shrinks over what was released.
unsafe impl<M: Memory> PageSource for MapPages<M> {
    const ZEROED: bool = M::ZEROED;

    fn granule(&self) -> usize {
        page::size()
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        let len = page::round_up(len)?;
        let all = self.map.all();
        let start = self.used.allocate(all, len, align.max(page::size()))?;
        // SAFETY: the end of the range.
        if self.commit(unsafe { start.add(len) }).is_none() {
            self.used.release(all, start, len);
            return None;
        }
        Some(start)
    }

    unsafe fn resize(&self, start: NonNull<u8>, old: usize, new: usize, _: bool) -> Option<NonNull<u8>> {
        let (old, new) = (page::round_up(old)?, page::round_up(new)?);
        let all = self.map.all();
        if new < old {
            // SAFETY: what goes away is not used any more.
            unsafe { self.wipe(start.add(new), old - new) };
        }
        self.used.resize(all, start, old, new)?;
        // SAFETY: the end of the range.
        if new > old && self.commit(unsafe { start.add(new) }).is_none() {
            self.used.resize(all, start, new, old);
            return None;
        }
        Some(start)
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { self.map.discard(start, len) }
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        if let Some(len) = page::round_up(len) {
            // SAFETY: passed on to the caller.
            unsafe { self.wipe(start, len) };
            self.used.release(self.map.all(), start, len);
        }
    }
}

impl<M: Memory> fmt::Debug for MapPages<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MapPages({} of {} bytes)", self.used(), self.map.all().len())
    }
}

mod sealed {
    use core::ptr::NonNull;

    pub trait Memory {
        /// Whether what was not used yet, or was discarded, is zero.
        const ZEROED: bool;

        /// All addresses.
        fn all(&self) -> NonNull<[u8]>;

        /// Makes whole pages readable and writable, where they are not.
        ///
        /// # Safety
        /// They are within the map.
        unsafe fn commit(&self, _: NonNull<u8>, _: usize) -> Option<()> {
            Some(())
        }

        /// As [`PageSource::discard`](super::PageSource::discard).
        ///
        /// # Safety
        /// They are within the map, and nobody needs their contents.
        unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool;
    }

    pub trait Private: Memory {
        /// Gives up what the map holds, as far as a promise depends on it.
        fn empty(&mut self) -> crate::Result<()>;
    }

    pub trait Common: Memory {}
}

/// Maps whose pages can be given out: [`Private`] ones and [`Common`] ones.
pub trait Memory: sealed::Memory {}

/// Maps that nobody else can reach: [`AnonMap`], [`GrowMap`].
pub trait Private: Memory + sealed::Private {}

/// Maps that others may have as well: [`SharedMap`], [`FileMap`], and references to them.
pub trait Common: Memory + sealed::Common {}

impl<M: sealed::Memory> Memory for M {}
impl<M: sealed::Private> Private for M {}
impl<M: sealed::Common> Common for M {}

impl sealed::Memory for AnonMap {
    // Its owner may have written to it.
    const ZEROED: bool = false;

    fn all(&self) -> NonNull<[u8]> {
        range(self.as_ptr().cast_mut(), self.len())
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        !self.pages().are_huge() && unsafe { throw_away(start, len) }
    }
}

impl sealed::Private for AnonMap {
    fn empty(&mut self) -> Result<()> {
        Ok(())
    }
}

impl sealed::Memory for GrowMap {
    const ZEROED: bool = true;

    fn all(&self) -> NonNull<[u8]> {
        range(self.start(), self.capacity())
    }

    unsafe fn commit(&self, start: NonNull<u8>, len: usize) -> Option<()> {
        // SAFETY: within the map; what may be touched already may be after.
        unsafe {
            sys::mprotect(start.as_ptr(), len, ProtFlags::READ | ProtFlags::WRITE).ok()?;
            if len >= HUGE {
                // A kernel without huge pages says no.
                let _ = sys::madvise(start.as_ptr(), len, Advice::HUGEPAGE);
            }
        }
        Some(())
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { throw_away(start, len) }
    }
}

impl sealed::Private for GrowMap {
    fn empty(&mut self) -> Result<()> {
        self.shrink_to(0)
    }
}

impl sealed::Memory for SharedMap {
    const ZEROED: bool = false;

    fn all(&self) -> NonNull<[u8]> {
        range(self.as_mut_ptr(), (**self).len())
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        !self.pages().are_huge() && self.punch_hole(offset(self.all(), start), len).is_ok()
    }
}

impl<P: Writable> sealed::Memory for FileMap<P> {
    const ZEROED: bool = false;

    fn all(&self) -> NonNull<[u8]> {
        range(self.as_mut_ptr(), (**self).len())
    }

    /// A file keeps its pages: what they hold is for its owner to say.
    unsafe fn discard(&self, _: NonNull<u8>, _: usize) -> bool {
        false
    }
}

impl sealed::Common for SharedMap {}
impl<P: Writable> sealed::Common for FileMap<P> {}
impl<M: sealed::Common> sealed::Common for &M {}

impl<M: sealed::Common> sealed::Memory for &M {
    const ZEROED: bool = M::ZEROED;

    fn all(&self) -> NonNull<[u8]> {
        (**self).all()
    }

    unsafe fn commit(&self, start: NonNull<u8>, len: usize) -> Option<()> {
        // SAFETY: passed on to the caller.
        unsafe { (**self).commit(start, len) }
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { (**self).discard(start, len) }
    }
}

fn range(start: *mut u8, len: usize) -> NonNull<[u8]> {
    // SAFETY: a map is not at the first address.
    NonNull::slice_from_raw_parts(unsafe { NonNull::new_unchecked(start) }, len)
}

fn offset(all: NonNull<[u8]>, start: NonNull<u8>) -> usize {
    start.addr().get() - all.addr().get()
}

/// Gives memory of this process alone back, so that it is zero. Locked memory is not.
///
/// # Safety
/// Whole pages of a map, whose contents nobody needs.
unsafe fn throw_away(start: NonNull<u8>, len: usize) -> bool {
    // SAFETY: passed on to the caller.
    unsafe { sys::madvise(start.as_ptr(), len, Advice::DONTNEED) }.is_ok()
}
