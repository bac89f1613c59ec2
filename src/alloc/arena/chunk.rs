//! Chunks of memory, each linked to the one before by its first bytes.

use core::cell::Cell;
use core::iter;
use core::ptr::NonNull;

/// Memory of a source, which begins with a header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk(NonNull<Header>);

#[repr(C, align(16))]
struct Header {
    previous: Cell<Option<Chunk>>,
    len: Cell<usize>,
    /// Where its blocks end, unless it is the chunk that blocks are cut from now.
    next: Cell<NonNull<u8>>,
}

impl Chunk {
    /// Chunks begin at multiples of this.
    pub(super) const ALIGN: usize = align_of::<Header>();
    /// Bytes before the first block.
    pub(super) const OVERHEAD: usize = size_of::<Header>();
    /// An address at which no chunk is.
    pub(super) const NOWHERE: NonNull<u8> = NonNull::<Header>::dangling().cast();

    /// An empty chunk of `len` bytes.
    ///
    /// # Safety
    /// They begin at a multiple of `ALIGN`, are more than `OVERHEAD`, and belong to the chunk for as long as it is used.
    pub(super) unsafe fn new(start: NonNull<u8>, len: usize) -> Self {
        let chunk = Self(start.cast());
        // SAFETY: the caller's bytes; behind the header there are some.
        unsafe {
            let next = Cell::new(start.add(Self::OVERHEAD));
            chunk.0.write(Header { previous: Cell::new(None), len: Cell::new(len), next });
        }
        chunk
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: `new` has written it, and blocks lie behind it.
        unsafe { self.0.as_ref() }
    }

    /// The first byte, of the header.
    pub(super) fn start(self) -> NonNull<u8> {
        self.0.cast()
    }

    /// The one before it in a list.
    pub(super) fn previous(self) -> Option<Self> {
        self.header().previous.get()
    }

    /// Bytes, with those of the header.
    pub(super) fn len(self) -> usize {
        self.header().len.get()
    }

    /// Says that the source has moved the end.
    pub(super) fn set_len(self, len: usize) {
        self.header().len.set(len);
    }

    /// Where the first block may begin.
    pub(super) fn first(self) -> NonNull<u8> {
        // SAFETY: within the chunk.
        unsafe { self.start().add(Self::OVERHEAD) }
    }

    /// Where its blocks end.
    pub(super) fn next(self) -> NonNull<u8> {
        self.header().next.get()
    }

    pub(super) fn set_next(self, next: NonNull<u8>) {
        self.header().next.set(next);
    }

    /// The first byte behind it.
    pub(super) fn end(self) -> NonNull<u8> {
        // SAFETY: the end of the chunk.
        unsafe { self.start().add(self.len()) }
    }
}

/// Chunks, the last one first.
pub(super) struct List(Cell<Option<Chunk>>);

impl List {
    pub(super) const fn new() -> Self {
        Self(Cell::new(None))
    }

    #[inline(always)]
    pub(super) fn first(&self) -> Option<Chunk> {
        self.0.get()
    }

    pub(super) fn push(&self, chunk: Chunk) {
        chunk.header().previous.set(self.0.replace(Some(chunk)));
    }

    pub(super) fn pop(&self) -> Option<Chunk> {
        let chunk = self.0.get()?;
        self.0.set(chunk.previous());
        Some(chunk)
    }

    /// All chunks, which this list then has no more.
    pub(super) fn take(&self) -> List {
        Self(Cell::new(self.0.take()))
    }

    /// Takes the first chunk out for which that is so.
    pub(super) fn remove(&self, wanted: impl Fn(Chunk) -> bool) -> Option<Chunk> {
        let found = self.iter().find(|&chunk| wanted(chunk))?;
        match self.iter().find(|chunk| chunk.previous() == Some(found)) {
            Some(after) => after.header().previous.set(found.previous()),
            None => self.0.set(found.previous()),
        }
        Some(found)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Chunk> + use<> {
        iter::successors(self.first(), |chunk| chunk.previous())
    }
}
