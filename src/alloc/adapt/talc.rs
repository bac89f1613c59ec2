//! Pages for `talc`.

use core::alloc::Layout;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ::talc::base::binning::Binning;
use ::talc::base::{CHUNK_UNIT, Talc};
use ::talc::min_first_heap_size;
use ::talc::source::Source;

use crate::alloc::{AnonPages, PageSource};

/// Heaps for talc, out of any source of pages: asked for when they are needed, given back when they are empty.
///
/// ```
/// use baremap::alloc::adapt::TalcSource;
/// use talc::TalcLock;
///
/// #[global_allocator]
/// static HEAP: TalcLock<spin::Mutex<()>, TalcSource> = TalcLock::new(TalcSource::new());
///
/// assert_eq!((0..1000).collect::<Vec<u32>>().len(), 1000);
/// ```
///
/// The first heap has 64 KiB; then they grow with their sum, up to 4 MiB, or as long as one block takes.
///
/// # What is given back
/// A heap without blocks, unless it is the latest and no longer than 4 MiB: less than 8 MiB stay in empty heaps. Of what is free
/// behind the last block of a heap, if that is more than 8 MiB, all but 4. The first heap holds talc's own tables and stays.
///
/// Dropping an allocator or a source, or putting another in its place, gives nothing back, since nobody knows whether its blocks
/// are still in use; [`TalcSource::release`] does, and drops the source of pages.
///
/// # Heaps of one's own
/// This keeps a note behind the end of each heap. So talc's `claim` must not be given other memory, and `extend`, `truncate` and
/// `resize` not these heaps: all four are `unsafe`.
pub struct TalcSource<S: PageSource = AnonPages> {
    /// Its ranges last as long as it does, and blocks may outlast this: talc's source can be exchanged in safe code.
    pages: ManuallyDrop<S>,
    /// What its notes say; 0 as long as there are none. A source can be exchanged for another, in safe code, and its heaps stay.
    id: usize,
    /// The note of the heap that came last; it leads to all others.
    latest: Option<NonNull<Note>>,
    /// Bytes of all heaps.
    mapped: usize,
}

const _: () = assert!(align_of::<Note>() <= CHUNK_UNIT);

/// Ids of sources, each given once.
static LAST_ID: AtomicUsize = AtomicUsize::new(0);

/// The shortest heap.
const SHORTEST: usize = 64 << 10;
/// The longest heap that is not for one large block, and what stays at the end of one that was.
const LONGEST: usize = 4 << 20;

/// What lies behind the end of a heap, in the same range of pages.
struct Note {
    /// The source that made the heap.
    id: usize,
    start: NonNull<u8>,
    /// Bytes of the whole range.
    len: usize,
    /// The heaps of the same source that came next, and before.
    later: Option<NonNull<Note>>,
    earlier: Option<NonNull<Note>>,
}

impl TalcSource {
    /// A source of anonymous maps.
    #[must_use]
    pub const fn new() -> Self {
        Self::over(AnonPages::new())
    }
}

impl Default for TalcSource {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: PageSource> TalcSource<S> {
    /// A source that takes its heaps from a source of pages of one's own, which only [`TalcSource::release`] drops: who needs
    /// it back lends it.
    #[must_use]
    pub const fn over(pages: S) -> Self {
        Self { pages: ManuallyDrop::new(pages), id: 0, latest: None, mapped: 0 }
    }

    /// Where the heaps come from.
    #[must_use]
    pub fn pages(&self) -> &S {
        &self.pages
    }

    /// Bytes of all heaps.
    #[must_use]
    pub const fn mapped(&self) -> usize {
        self.mapped
    }

    /// Gives all heaps back, and drops the source of pages.
    ///
    /// ```
    /// use baremap::alloc::adapt::TalcSource;
    /// use talc::{TalcCell, base::Talc};
    ///
    /// let heap = TalcCell::new(TalcSource::new());
    /// // … blocks come and go …
    /// // SAFETY: there is no block left, and no allocator.
    /// unsafe { heap.into_inner().source.release() };
    /// ```
    ///
    /// # Safety
    /// No block of any of its heaps is used any more, nor is the allocator.
    pub unsafe fn release(mut self) {
        while let Some(note) = self.latest {
            // SAFETY: the caller's promise.
            unsafe { self.delete(note) };
        }
        drop(ManuallyDrop::into_inner(self.pages));
    }

    /// Pages for a heap in which there is room for so many bytes: more of them, if there are.
    fn allocate(&self, least: usize) -> Option<(NonNull<u8>, usize)> {
        let granule = self.pages.granule();
        // Powers of two: an empty heap that is too short for a block is followed by one of twice its length.
        let usual = self.mapped.clamp(SHORTEST, LONGEST).max(least.min(LONGEST)).next_power_of_two();
        [usual.max(least), least].into_iter().find_map(|len| {
            let len = len.checked_next_multiple_of(granule)?;
            Some((self.pages.allocate(len, CHUNK_UNIT)?, len))
        })
    }

    /// Puts a note of a new heap at its end.
    ///
    /// # Safety
    /// There is room for it.
    unsafe fn add(&mut self, at: NonNull<Note>, start: NonNull<u8>, len: usize) {
        if self.id == 0 {
            self.id = LAST_ID.fetch_add(1, Relaxed) + 1;
        }
        let note = Note { id: self.id, start, len, later: None, earlier: self.latest };
        // SAFETY: the caller's promise; notes are only changed here, through the only reference to the source.
        unsafe {
            at.write(note);
            if let Some(mut earlier) = self.latest {
                earlier.as_mut().later = Some(at);
            }
        }
        self.latest = Some(at);
        self.mapped += len;
    }

    /// Makes the neighbours of a note, or the source, point to what replaces it.
    ///
    /// # Safety
    /// As [`TalcSource::delete`].
    unsafe fn link(&mut self, note: &Note, later: Option<NonNull<Note>>, earlier: Option<NonNull<Note>>) {
        // SAFETY: the neighbours are heaps of this source, too.
        unsafe {
            match note.later {
                Some(mut other) => other.as_mut().earlier = earlier,
                None => self.latest = earlier,
            }
            if let Some(mut other) = note.earlier {
                other.as_mut().later = later;
            }
        }
    }

    /// Gives a heap back.
    ///
    /// # Safety
    /// It is one of this source, and not used any more.
    unsafe fn delete(&mut self, note: NonNull<Note>) {
        // SAFETY: the caller's promise; the note goes with the heap.
        unsafe {
            let note = note.read();
            self.link(&note, note.later, note.earlier);
            self.pages.release(note.start, note.len);
            self.mapped -= note.len;
        }
    }

    /// Gives the end of a heap back, but for what follows its last block, and says where it ends now.
    ///
    /// # Safety
    /// The heap is one of this source, and nothing behind `used` is used.
    unsafe fn shorten(&mut self, note: NonNull<Note>, used: *mut u8) -> Option<NonNull<u8>> {
        // SAFETY: the caller's promise. The shorter range still holds what is used, and a note behind it.
        unsafe {
            let mut moved = note.read();
            let kept = used.addr() - moved.start.addr().get() + LONGEST;
            let len = kept.checked_next_multiple_of(self.pages.granule()).filter(|&len| len < moved.len)?;
            // The old note is still needed if this fails.
            self.pages.resize(moved.start, moved.len, len, false)?;
            self.mapped -= moved.len - len;
            moved.len = len;
            let place = place(moved.start, len);
            self.link(&moved, Some(place), Some(place));
            place.write(moved);
            Some(place.cast())
        }
    }
}

/// Where the note of a heap of so many bytes lies: at its end, as far as alignment lets it.
fn place(start: NonNull<u8>, len: usize) -> NonNull<Note> {
    let end = start.addr().get() + len - size_of::<Note>();
    let offset = end - end % CHUNK_UNIT - start.addr().get();
    // SAFETY: within the heap, which is longer than a note.
    unsafe { start.add(offset).cast() }
}

// SAFETY: a heap's range is nobody else's until it is given back, which happens when nothing in it is used; no allocator is
// asked. The heaps of another source are left alone.
unsafe impl<S: PageSource> Source for TalcSource<S> {
    const TRACK_HEAP_END: bool = true;

    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let tables = if talc.is_metadata_established() { 0 } else { min_first_heap_size::<B>() };
        // A unit each for the start, the end and the tag of a block.
        let overhead = 3 * CHUNK_UNIT + size_of::<Note>() + tables;
        let least = layout.size().checked_add(layout.align()).and_then(|len| len.checked_add(overhead));
        let (start, len) = least.and_then(|least| talc.source.allocate(least)).ok_or(())?;
        let note = place(start, len);
        // SAFETY: the range is fresh; the note lies behind the part of it that talc gets.
        unsafe {
            if talc.claim(start.as_ptr(), note.addr().get() - start.addr().get()).is_none() {
                talc.source.pages.release(start, len);
                return Err(());
            }
            talc.source.add(note, start, len);
        }
        Ok(())
    }

    unsafe fn resize(&mut self, used: *mut u8, end: *mut u8, is_empty: bool) -> *mut u8 {
        if !is_empty && end.addr() - used.addr() <= 2 * LONGEST {
            return end;
        }
        // SAFETY: behind the end of every heap is its note, and talc says what of the heap is used.
        unsafe {
            let note = NonNull::new_unchecked(end.cast::<Note>());
            let len = note.as_ref().len;
            if note.as_ref().id != self.id {
                end
            } else if !is_empty {
                self.shorten(note, used).map_or(end, NonNull::as_ptr)
            } else if self.latest == Some(note) && len <= LONGEST {
                end
            } else {
                self.delete(note);
                used
            }
        }
    }
}

// SAFETY: the notes are reached through the source alone, and belong to no thread.
unsafe impl<S: PageSource + Send> Send for TalcSource<S> {}

impl<S: PageSource> fmt::Debug for TalcSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TalcSource").field("mapped", &self.mapped).finish_non_exhaustive()
    }
}
