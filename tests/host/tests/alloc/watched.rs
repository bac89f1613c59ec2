//! A source of pages that writes down what it gave, and refuses on command.

use baremap::alloc::PageSource;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What it gave and was not given back, goes when this is dropped.
pub(crate) struct Watched<S: PageSource> {
    source: S,
    /// Which calls fail that ask for memory, by their number.
    refuse: Box<dyn Fn(usize) -> bool + Send + Sync>,
    calls: AtomicUsize,
    refused: AtomicUsize,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// The lengths of the ranges, by their starts.
    ranges: BTreeMap<usize, usize>,
    /// What the allocator did wrong. It is no place to panic.
    complaint: Option<String>,
}

impl Book {
    fn complain(&mut self, complaint: impl Into<String>) {
        self.complaint.get_or_insert(complaint.into());
    }

    fn take(&mut self, start: NonNull<u8>, len: usize, what: &str) {
        if self.ranges.remove(&start.addr().get()) != Some(len) {
            self.complain(format!("{what}: {len} bytes at {start:?} were never allocated"));
        }
    }

    fn add(&mut self, start: NonNull<u8>, len: usize) {
        let start = start.addr().get();
        let before = self.ranges.range(..start + len).next_back();
        if let Some((&other, &other_len)) = before
            && other + other_len > start
        {
            self.complain(format!("{len} bytes at {start:#x} overlap {other_len} at {other:#x}"));
        }
        self.ranges.insert(start, len);
    }
}

impl<S: PageSource> Watched<S> {
    pub(crate) fn new(source: S, refuse: impl Fn(usize) -> bool + Send + Sync + 'static) -> Self {
        let (calls, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { source, refuse: Box::new(refuse), calls, refused, book: Mutex::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often it was asked for memory.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Relaxed)
    }

    /// How often there was none.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Relaxed)
    }

    /// Starts and lengths of the ranges.
    pub(crate) fn ranges(&self) -> Vec<(usize, usize)> {
        self.book().ranges.iter().map(|(&start, &len)| (start, len)).collect()
    }

    /// Bytes of all ranges, in whole granules.
    pub(crate) fn mapped(&self) -> usize {
        let granule = self.granule();
        self.book().ranges.values().map(|len| len.next_multiple_of(granule)).sum()
    }

    pub(crate) fn complaint(&self) -> Option<String> {
        self.book().complaint.clone()
    }

    fn ask(&self, ask: impl FnOnce() -> Option<NonNull<u8>>) -> Option<NonNull<u8>> {
        let may = !(self.refuse)(self.calls.fetch_add(1, Relaxed));
        let answer = if may { ask() } else { None };
        self.refused.fetch_add(usize::from(answer.is_none()), Relaxed);
        answer
    }
}

// SAFETY: the other source's promises.
unsafe impl<S: PageSource> PageSource for Watched<S> {
    const ZEROED: bool = S::ZEROED;

    fn granule(&self) -> usize {
        self.source.granule()
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        let start = self.ask(|| self.source.allocate(len, align))?;
        let mut book = self.book();
        if !start.addr().get().is_multiple_of(align) {
            book.complain(format!("{start:?} is no multiple of {align}"));
        }
        book.add(start, len);
        Some(start)
    }

    unsafe fn resize(
        &self,
        start: NonNull<u8>,
        old: usize,
        new: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        // SAFETY: passed on to the caller.
        let moved = self.ask(|| unsafe { self.source.resize(start, old, new, may_move) })?;
        let mut book = self.book();
        if moved != start && !may_move {
            book.complain(format!("{start:?} was not to move to {moved:?}"));
        }
        book.take(start, old, "resize");
        book.add(moved, new);
        Some(moved)
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { self.source.discard(start, len) }
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        self.book().take(start, len, "release");
        // SAFETY: passed on to the caller.
        unsafe { self.source.release(start, len) };
    }
}

impl<S: PageSource> Drop for Watched<S> {
    fn drop(&mut self) {
        for (start, len) in self.ranges() {
            if let Some(start) = NonNull::new(std::ptr::with_exposed_provenance_mut(start)) {
                // SAFETY: it was allocated and not released, and the allocator over it is gone.
                unsafe { self.source.release(start, len) };
            }
        }
    }
}
