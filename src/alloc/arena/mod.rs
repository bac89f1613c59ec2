//! Many values that go together, of one thread.

use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::iter;
use core::ptr::NonNull;

use super::{AnonPages, MapPages, PageSource, Usage};
use crate::error::Result;
use crate::map::GrowMap;

mod blocks;
mod boxed;
mod chunk;
mod contents;
mod error;
mod growing;
mod scope;
mod slices;
mod values;

pub use boxed::Box;
pub use contents::{Chunks, RawChunks};
pub use error::{AllocError, AllocOrInitError};
pub use scope::{Checkpoint, Scope};

use chunk::{Chunk, List};

/// An arena: values of any type, allocated one after the other and given up all at once.
///
/// A value costs five instructions: it lies behind the one before, if there is room. In return no value goes alone, and none is
/// dropped: the arena forgets them, with whatever they own outside it. [`Box`] is for those that are to be dropped.
///
/// ```
/// use baremap::alloc::Arena;
/// use core::cell::Cell;
///
/// struct Node<'a> {
///     name: &'a str,
///     next: Cell<Option<&'a Node<'a>>>,
/// }
///
/// let mut arena = Arena::new();
/// let first = arena.alloc(Node { name: arena.alloc_str("first"), next: Cell::new(None) });
/// let second = arena.alloc(Node { name: "second", next: Cell::new(Some(first)) });
/// first.next.set(Some(second));
/// assert_eq!(second.next.get().map(|node| node.name), Some("first"));
/// let squares = arena.alloc_slice_fill_with(10, |i| i * i);
/// assert_eq!(squares[9], 81);
/// arena.reset();
/// ```
///
/// # Where the memory comes from
/// From any [`PageSource`], which the arena owns or borrows: by default [`AnonPages`], with a limit if it has one. It gives a
/// chunk of 16 KiB, and then chunks four times as long as the one before, up to 64 MiB; longer ones for longer blocks. A chunk
/// grows where it is, if the source can do that: an arena over one reservation ([`Arena::reserved`]), over a map
/// ([`MapPages`]) or a [`Buffer`](super::Buffer) has one, without a gap.
///
/// # What is given back
/// [`Arena::reset`] and the end of a [`Scope`] keep the memory for the next values, 4 MiB of it ([`Arena::set_keep`] sets
/// that), and give the rest to the source. Dropping the arena gives back everything. The last block is given back, shrinks and
/// grows in place ([`Arena::dealloc`]).
///
/// # Alignment
/// Blocks begin at multiples of `MIN_ALIGN` at least, 8 by default: a power of two up to 16. Values of that alignment or less
/// take no instruction to align; with 1, strings lie one behind the other without a gap.
///
/// # Failure
/// `try_…` functions return [`AllocError`] where there is no room; the others panic. Neither changes anything.
///
/// # Coming from bumpalo
///
/// | bumpalo                               | here                                                                     |
/// |---------------------------------------|--------------------------------------------------------------------------|
/// | `Bump::new`, `with_capacity`          | the same; `new` is `const`                                               |
/// | `Bump<MIN_ALIGN>`, 1 by default       | `Arena<S, MIN_ALIGN>`, 8 by default: [`Arena::with_min_align`]           |
/// | the global allocator underneath       | a [`PageSource`]: [`Arena::over`]                                        |
/// | `alloc`, `alloc_with`, `alloc_try_with`, `alloc_str`, `alloc_slice_…`, `alloc_layout`, `try_…` | the same |
/// | `alloc_slice_fill_iter`, of `ExactSizeIterator` | of any iterator; one that is too short makes a shorter slice, no panic |
/// | values of a slice that was not finished | are dropped; bumpalo forgets them                                      |
/// | `reset`, which keeps the last chunk   | `reset`, which keeps up to [`Arena::set_keep`] bytes                     |
/// | `set_allocation_limit`                | the source's: `Arena::over(AnonPages::new().limit(bytes))`               |
/// | `allocated_bytes`, `chunk_capacity`   | the same; more in [`Arena::usage`]                                       |
/// | `iter_allocated_chunks`, `…_raw`      | the same; in a chunk the oldest value comes first, not last              |
/// | no `Drop` of values                   | the same                                                                 |
/// | `boxed::Box::new_in`                  | [`Arena::alloc_box`]                                                     |
/// | `format!`                             | [`Arena::alloc_fmt`]                                                     |
/// | `collections`                         | those of allocator-api2 or hashbrown over `&Arena`                       |
/// | `Send`, not `Sync`                    | the same, if the source is `Send`                                        |
/// | –                                     | [`Arena::scope`], [`Arena::checkpoint`], one reservation                 |
///
/// # What does not compile
/// A value does not outlive its arena,
/// ```compile_fail,E0505
/// # use baremap::alloc::Arena;
/// let arena = Arena::new();
/// let value = arena.alloc(1);
/// drop(arena);
/// *value += 1;
/// ```
/// nor a reset,
/// ```compile_fail,E0502
/// # use baremap::alloc::Arena;
/// let mut arena = Arena::new();
/// let value = arena.alloc(1);
/// arena.reset();
/// *value += 1;
/// ```
/// and refers to nothing that goes before it.
/// ```compile_fail,E0597
/// # use baremap::alloc::Arena;
/// let arena = Arena::new();
/// let value = {
///     let local = 1;
///     arena.alloc(&local)
/// };
/// assert_eq!(**value, 1);
/// ```
/// An arena is of one thread at a time.
/// ```compile_fail,E0277
/// # use baremap::alloc::Arena;
/// let arena = Arena::new();
/// std::thread::scope(|threads| { threads.spawn(|| { arena.alloc(1); }); });
/// ```
///
/// A forked child has a copy, but for chunks in shared maps ([`MapPages::over`](super::MapPages::over)): there both would write to the same
/// bytes, and one of the two processes must not use it any more.
pub struct Arena<S: PageSource = AnonPages, const MIN_ALIGN: usize = 8> {
    state: State,
    source: S,
}

/// What an arena has, but for its source.
struct State {
    /// Where the next block begins: a multiple of `MIN_ALIGN`.
    next: Cell<NonNull<u8>>,
    /// Where it has to end. Both are nowhere if there is no chunk, or if a scope has what is left of it.
    end: Cell<NonNull<u8>>,
    /// What blocks were cut from, the one that they are cut from now first.
    chunks: List,
    /// Empty ones.
    spare: List,
    /// Bytes that are not given back to the source.
    keep: Cell<usize>,
}

// SAFETY: whoever moves it to another thread owns it, so that nobody has a value or a scope of it.
unsafe impl<S: PageSource + Send, const MIN_ALIGN: usize> Send for Arena<S, MIN_ALIGN> {}

/// The first chunk's length, and the most by which chunks get longer.
const FIRST: usize = 16 << 10;
const LONGEST: usize = 64 << 20;
const KEEP: usize = 4 << 20;

impl Arena {
    /// An arena on anonymous maps, which has mapped nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self::over(AnonPages::new())
    }

    /// An arena whose first chunk has room for `bytes`.
    ///
    /// # Panics
    /// As [`Arena::try_with_capacity`] fails.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self::try_with_capacity(bytes).unwrap_or_else(|_| blocks::no_room(format_args!("{bytes} bytes")))
    }

    /// An arena whose first chunk has room for `bytes`.
    ///
    /// # Errors
    /// There is no room.
    pub fn try_with_capacity(bytes: usize) -> core::result::Result<Self, AllocError> {
        let arena = Self::new();
        arena.try_reserve(bytes)?;
        Ok(arena)
    }
}

impl<const MIN_ALIGN: usize> Arena<AnonPages, MIN_ALIGN> {
    /// An arena on anonymous maps, whose blocks begin at multiples of `MIN_ALIGN`.
    ///
    /// ```
    /// use baremap::alloc::{AnonPages, Arena};
    ///
    /// let arena = Arena::<AnonPages, 1>::with_min_align();
    /// let (first, second) = (arena.alloc_str("no"), arena.alloc_str("gap"));
    /// assert_eq!(first.as_bytes().as_ptr_range().end, second.as_ptr());
    /// ```
    #[must_use]
    pub const fn with_min_align() -> Self {
        Self::with_min_align_over(AnonPages::new())
    }
}

impl Arena<MapPages<GrowMap>> {
    /// An arena in one piece: addresses for `capacity` bytes are reserved, and memory is committed as it grows.
    ///
    /// ```
    /// use baremap::alloc::Arena;
    ///
    /// let arena = Arena::reserved(1 << 40)?;
    /// for i in 0..100_000 {
    ///     arena.alloc(i);
    /// }
    /// assert_eq!(arena.usage().chunks, 1);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ENOMEM` (too long, or too many maps).
    pub fn reserved(capacity: usize) -> Result<Self> {
        Ok(Self::over(MapPages::new(GrowMap::new(capacity)?)?))
    }
}

impl<S: PageSource> Arena<S> {
    /// An arena that takes its chunks from a source of one's own, or from a borrowed one.
    ///
    /// ```
    /// use baremap::alloc::{Arena, Buffer};
    ///
    /// let buffer = Buffer::<1024>::new();
    /// let arena = Arena::over(&buffer);
    /// assert_eq!(arena.alloc_str("no system call"), "no system call");
    /// assert!(arena.try_alloc([0_u8; 1000]).is_err());
    /// ```
    #[must_use]
    pub const fn over(source: S) -> Self {
        Self::with_min_align_over(source)
    }
}

impl<S: PageSource, const MIN_ALIGN: usize> Arena<S, MIN_ALIGN> {
    /// An arena that takes its chunks from a source of one's own, and whose blocks begin at multiples of `MIN_ALIGN`.
    #[must_use]
    pub const fn with_min_align_over(source: S) -> Self {
        const {
            assert!(
                MIN_ALIGN.is_power_of_two() && MIN_ALIGN <= Chunk::ALIGN,
                "MIN_ALIGN is a power of two up to 16"
            );
        }
        Self { state: State::new(Chunk::NOWHERE, Chunk::NOWHERE, List::new(), KEEP), source }
    }

    /// The alignment that every block has.
    #[must_use]
    pub const fn min_align(&self) -> usize {
        MIN_ALIGN
    }

    /// The source of its chunks.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// How many bytes [`Arena::reset`] and the end of a scope keep for later, 4 MiB at first. What is kept is less where it is
    /// in chunks that are longer, and cannot be cut.
    pub fn set_keep(&self, bytes: usize) {
        self.state.keep.set(bytes);
    }

    /// Gives up all values, without dropping them, and returns memory beyond what it keeps to the source.
    ///
    /// ```
    /// use baremap::alloc::Arena;
    ///
    /// let mut arena = Arena::new();
    /// arena.alloc_slice_fill_copy(10 << 20, 1_u8);
    /// arena.reset();
    /// assert!(arena.allocated_bytes() <= 4 << 20);
    /// arena.set_keep(0);
    /// arena.reset();
    /// assert_eq!(arena.allocated_bytes(), 0);
    /// ```
    pub fn reset(&mut self) {
        let State { chunks, spare, keep, .. } = &self.state;
        let longest = chunks.iter().chain(spare.iter()).max_by_key(|chunk| chunk.len());
        let is_longest = |chunk| Some(chunk) == longest;
        let longest = chunks.remove(is_longest).or_else(|| spare.remove(is_longest));
        let kept = longest.and_then(|chunk| self.shorten(chunk, keep.get()));
        let all = [chunks.take(), spare.take()];
        if let Some(chunk) = kept {
            self.state.chunks.push(chunk);
        }
        self.state.cut_from(kept, kept.map_or(Chunk::NOWHERE, Chunk::first));
        all.iter().for_each(|list| self.state.keep(list, |chunk| self.release(chunk)));
    }

    /// Bytes of its chunks, used, left and kept, with 32 of its own in each: what it has of the source. A scope counts its own.
    #[must_use]
    pub fn allocated_bytes(&self) -> usize {
        self.usage().mapped
    }

    /// Bytes that are left in the chunk from which blocks are cut.
    #[must_use]
    pub fn chunk_capacity(&self) -> usize {
        self.state.end.get().addr().get() - self.state.next.get().addr().get()
    }

    /// How much memory there is. A scope counts its own, and nothing of what it has from the arena that it is of.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let State { chunks, spare, .. } = &self.state;
        let all = chunks.iter().chain(spare.iter());
        let (mapped, chunks) = all.fold((0, 0), |(sum, count), chunk| (sum + chunk.len(), count + 1));
        let free = self.chunk_capacity() + spare.iter().map(Chunk::len).sum::<usize>();
        Usage { mapped, used: mapped.saturating_sub(free), chunks }
    }

    /// Makes sure that there is room for `bytes` more, without another chunk.
    ///
    /// # Errors
    /// There is none.
    pub fn try_reserve(&self, bytes: usize) -> core::result::Result<(), AllocError> {
        self.make_room(Layout::from_size_align(bytes, MIN_ALIGN).map_err(|_| AllocError)?)
    }

    /// Makes sure that there is room for a block, after what is left free to align it.
    fn make_room(&self, layout: Layout) -> core::result::Result<(), AllocError> {
        let (len, align) = (layout.size().next_multiple_of(MIN_ALIGN), layout.align());
        let after_gap = |gap: usize| len.checked_add(gap).ok_or(AllocError);
        let here = after_gap(self.state.next.get().addr().get().wrapping_neg() & (align - 1))?;
        // Only more than a chunk's own alignment can leave a gap at its start.
        let in_another = after_gap(align.saturating_sub(Chunk::ALIGN))?;
        // A chunk that was kept comes first: it costs no system call.
        if here <= self.chunk_capacity()
            || self.open(in_another, |least| self.state.spare.remove(|chunk| chunk.len() >= least))
            || self.lengthen(here)
            || self.open(in_another, |least| self.allocate(least))
        {
            Ok(())
        } else {
            Err(AllocError)
        }
    }

    /// Makes the chunk longer where it is, so that there are `least` bytes left or more. Whether it did.
    fn lengthen(&self, least: usize) -> bool {
        let State { next, end, chunks, .. } = &self.state;
        let Some(chunk) = chunks.first().filter(|_| end.get() != Chunk::NOWHERE) else { return false };
        let resize = |more: usize| {
            let len = chunk.len().checked_add(more)?.checked_next_multiple_of(self.source.granule())?;
            // SAFETY: it is the source's, of that length, and stays where it is.
            unsafe { self.source.resize(chunk.start(), chunk.len(), len, false)? };
            chunk.set_len(len);
            self.state.cut_from(Some(chunk), next.get());
            Some(())
        };
        // The least first: if something lies behind the chunk, as it does behind most maps, one call finds that out.
        let is_longer = resize(least - self.chunk_capacity()).is_some();
        if is_longer {
            as_much_as_there_is(chunk.len().min(LONGEST), self.source.granule(), resize);
        }
        is_longer
    }

    /// Goes on to another chunk, which has `least` bytes or more. Whether there is one.
    fn open(&self, least: usize, find: impl FnOnce(usize) -> Option<Chunk>) -> bool {
        let Some(chunk) = least.checked_add(Chunk::OVERHEAD).and_then(find) else { return false };
        self.state.leave_chunk();
        self.state.chunks.push(chunk);
        self.state.cut_from(Some(chunk), chunk.first());
        true
    }

    /// A chunk of the source: of the length that is due, or as long as there is memory for.
    fn allocate(&self, least: usize) -> Option<Chunk> {
        let last = self.state.chunks.first().map(Chunk::len);
        let wanted = last.map_or(FIRST, |len| len.saturating_mul(4).min(LONGEST));
        as_much_as_there_is(wanted, least, |len| {
            let len = len.checked_next_multiple_of(self.source.granule())?;
            let start = self.source.allocate(len, Chunk::ALIGN)?;
            // SAFETY: it is the chunk's until it is released.
            Some(unsafe { Chunk::new(start, len) })
        })
    }

    /// An empty chunk of so many bytes at most, rounded down to granules, out of a longer one; or none.
    fn shorten(&self, chunk: Chunk, most: usize) -> Option<Chunk> {
        if chunk.len() <= most {
            return Some(chunk);
        }
        let len = most - most % self.source.granule();
        // SAFETY: it is the source's, of that length; nothing is in it.
        let cut = |len| unsafe { self.source.resize(chunk.start(), chunk.len(), len, false) };
        if len > Chunk::OVERHEAD && cut(len).is_some() {
            chunk.set_len(len);
            return Some(chunk);
        }
        self.release(chunk);
        None
    }

    fn release(&self, chunk: Chunk) {
        // SAFETY: it is the source's, of that length, and in no list any more.
        unsafe { self.source.release(chunk.start(), chunk.len()) };
    }
}

impl State {
    const fn new(next: NonNull<u8>, end: NonNull<u8>, spare: List, keep: usize) -> Self {
        Self { next: Cell::new(next), end: Cell::new(end), chunks: List::new(), spare, keep: Cell::new(keep) }
    }

    /// Blocks are cut from this chunk, or none, and the next one from here.
    fn cut_from(&self, chunk: Option<Chunk>, next: NonNull<u8>) {
        self.next.set(next);
        self.end.set(chunk.map_or(Chunk::NOWHERE, Chunk::end));
    }

    /// Blocks are not cut from the chunk any more, from which they are now: where the next would be, and the end.
    fn leave_chunk(&self) -> (NonNull<u8>, NonNull<u8>) {
        self.note_end();
        (self.next.replace(Chunk::NOWHERE), self.end.replace(Chunk::NOWHERE))
    }

    /// Keeps as much of empty chunks as there may be; the others are released.
    fn keep(&self, chunks: &List, release: impl Fn(Chunk)) {
        // After a reset, the chunk that blocks are cut from is one that was kept.
        let is_empty = |chunk: &Chunk| self.next.get() == chunk.first();
        let empty = self.chunks.first().filter(is_empty).into_iter().chain(self.spare.iter());
        let mut kept = empty.map(Chunk::len).sum::<usize>();
        while let Some(chunk) = chunks.pop() {
            if chunk.len() <= self.keep.get().saturating_sub(kept) {
                kept += chunk.len();
                self.spare.push(chunk);
            } else {
                release(chunk);
            }
        }
    }

    /// The chunks that have blocks, each of which knows where they end.
    fn used(&self) -> &List {
        self.note_end();
        &self.chunks
    }

    /// Tells the chunk from which blocks are cut where they end.
    fn note_end(&self) {
        if let Some(chunk) = self.chunks.first()
            && self.end.get() != Chunk::NOWHERE
        {
            chunk.set_next(self.next.get());
        }
    }
}

/// Tries with what is wanted, half of that, and so on, down to the least that will do.
fn as_much_as_there_is<T>(wanted: usize, least: usize, attempt: impl Fn(usize) -> Option<T>) -> Option<T> {
    iter::successors(Some(wanted.max(least)), |&len| (len > least).then_some((len / 2).max(least)))
        .find_map(attempt)
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: PageSource, const MIN_ALIGN: usize> Drop for Arena<S, MIN_ALIGN> {
    fn drop(&mut self) {
        for list in [&self.state.chunks, &self.state.spare] {
            while let Some(chunk) = list.pop() {
                self.release(chunk);
            }
        }
    }
}

impl<S: PageSource, const MIN_ALIGN: usize> fmt::Debug for Arena<S, MIN_ALIGN> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.usage().fmt(f)
    }
}
