//! What is in an arena.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::slice;

use super::chunk::Chunk;
use super::{Arena, State};
use crate::alloc::PageSource;

impl<S: PageSource, const MIN_ALIGN: usize> Arena<S, MIN_ALIGN> {
    /// What is used of each chunk, the last chunk first; in a chunk, the oldest value first.
    ///
    /// All bytes are initialised if all values are of one type without padding, no alignment left a gap (see `MIN_ALIGN`),
    /// and nothing moved or was given back.
    ///
    /// ```
    /// use baremap::alloc::{AnonPages, Arena};
    ///
    /// let mut arena = Arena::<AnonPages, 4>::with_min_align();
    /// for number in 0..10_u32 {
    ///     arena.alloc(number);
    /// }
    /// let chunk = arena.iter_allocated_chunks().next().expect("a chunk");
    /// // SAFETY: there are nothing but u32 in the arena.
    /// let numbers = unsafe { std::slice::from_raw_parts(chunk.as_ptr().cast::<u32>(), chunk.len() / 4) };
    /// assert!(numbers.iter().copied().eq(0..10));
    /// ```
    pub fn iter_allocated_chunks(&mut self) -> Chunks<'_> {
        Chunks { raw: RawChunks::new(&self.state), arena: PhantomData }
    }

    /// Start and length of what is used of each chunk, the last chunk first.
    ///
    /// # Safety
    /// Nothing is allocated, given back or reset while the iterator is used; nothing is read while it is borrowed to be
    /// written.
    pub unsafe fn iter_allocated_chunks_raw(&self) -> RawChunks<'_> {
        RawChunks::new(&self.state)
    }
}

/// What is used of each chunk: see [`Arena::iter_allocated_chunks`].
#[derive(Debug)]
pub struct Chunks<'a> {
    raw: RawChunks<'a>,
    arena: PhantomData<&'a mut [MaybeUninit<u8>]>,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [MaybeUninit<u8>];

    fn next(&mut self) -> Option<Self::Item> {
        let (start, len) = self.raw.next()?;
        // SAFETY: the arena is borrowed exclusively, so that nobody writes; the bytes may be anything.
        Some(unsafe { slice::from_raw_parts(start.cast(), len) })
    }
}

impl FusedIterator for Chunks<'_> {}

/// Where what is used of each chunk is: see [`Arena::iter_allocated_chunks_raw`].
pub struct RawChunks<'a> {
    next: Option<Chunk>,
    arena: PhantomData<&'a State>,
}

impl RawChunks<'_> {
    fn new(state: &State) -> Self {
        Self { next: state.used().first(), arena: PhantomData }
    }
}

impl Iterator for RawChunks<'_> {
    type Item = (*mut u8, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let chunk = self.next?;
        self.next = chunk.previous();
        let first = chunk.first();
        Some((first.as_ptr(), chunk.next().addr().get() - first.addr().get()))
    }
}

impl FusedIterator for RawChunks<'_> {}

impl fmt::Debug for RawChunks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawChunks").finish_non_exhaustive()
    }
}
