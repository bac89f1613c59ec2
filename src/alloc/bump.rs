//! The allocator of a program.

use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::shard::{Cursor, FIRST_KIND, LAST_KIND, Shard, chunk_len, fits, units};
use super::thread::Ids;
use super::{AnonPages, PageSource, move_block};

/// A bump allocator for a whole program: blocks are cut off a chunk of memory one after the other.
///
/// A block costs some fifty instructions, and as many when it is freed, and no lock. Most threads that have a thread pointer, as
/// every libc and runtime sets one, cut from a chunk of their own, up to 64 of them; other threads share some, at an atomic
/// instruction a block. A program without a libc has the fast way after [`set_pointer`], before its first block. The first chunk
/// has 16 KiB, each further one of a thread four times as much, up to 4 MiB with huge pages.
///
/// No two threads may have one pointer at a time: a thread that is made by hand (`CLONE_VM`) beside others that have some is
/// given its own (`CLONE_SETTLS`), as the ABI wants it, and no signal's handler may move a thread's work to another thread.
///
/// It may be used in a signal's handler, and in a forked child whatever other threads of the parent were doing. A handler that
/// leaves by siglongjmp may cost its thread the chunk of its own.
///
/// # What is given back
/// The last block of a thread's chunk, whole or in part, to the chunk; it also grows in place. A block of more than 128 KiB, to the
/// source of pages: it has a range of its own, which grows by mremap(2). Any other block stays used until the process ends: a
/// program that allocates and frees small blocks for ever grows for ever, and wants another allocator over
/// [`AnonPages`]. The rest of a chunk that a block does not fit into is lost, at most 128 KiB, and so is what is left of its
/// chunk when a thread ends, at most 4 MiB, until one with the same thread pointer comes. One that is dropped keeps its
/// chunks: it is for statics.
///
/// # Failure
/// Out of memory is a null pointer, and changes nothing.
///
/// [`set_pointer`]: crate::arch::thread::set_pointer
///
/// # After a fork
/// A forked child has a copy, which is usable whatever other threads were doing: there is no lock. What the child allocates and frees is
/// its own affair.
pub struct Bump<S: PageSource = AnonPages> {
    /// Each of one thread, the first that came to it.
    own: [Shard; OWN],
    /// Of the threads that have none, by the place of their stacks.
    shared: [Shard; SHARED],
    ids: Ids,
    source: S,
    chunks: AtomicUsize,
    mapped: AtomicUsize,
}

pub(super) const OWN: usize = 64;
const SHARED: usize = 16;
/// The largest block that is cut off a chunk.
const LARGE: usize = 128 * 1024;

/// Whether a block has a range of its own.
#[inline]
const fn is_large(layout: Layout) -> bool {
    layout.size() > LARGE || layout.align() > LARGE
}

/// How much memory an allocator has; see [`Bump::usage`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of all chunks and large blocks.
    pub mapped: usize,
    /// Bytes of these that no new block can have: blocks, used or freed, and what was lost between and behind them.
    pub used: usize,
    /// Chunks.
    pub chunks: usize,
}

impl Bump {
    /// An allocator that has mapped nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self::over(AnonPages::new())
    }
}

impl Default for Bump {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: PageSource> Bump<S> {
    /// An allocator that takes its chunks from a source of one's own.
    #[must_use]
    pub const fn over(source: S) -> Self {
        let (own, shared) = ([const { Shard::empty() }; OWN], [const { Shard::empty() }; SHARED]);
        Self {
            own,
            shared,
            ids: Ids::new(),
            source,
            chunks: AtomicUsize::new(0),
            mapped: AtomicUsize::new(0),
        }
    }

    /// How much memory there is. It is counted where chunks and large blocks come and go, at no cost to small blocks; while
    /// other threads allocate, it is a little out of date.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mapped = self.mapped.load(Relaxed);
        let free: usize = self.own.iter().chain(&self.shared).map(|shard| shard.cursor().free()).sum();
        Usage { mapped, used: mapped.saturating_sub(free), chunks: self.chunks.load(Relaxed) }
    }

    /// This thread's id, and the shard that is its own if it has an owner of that id.
    #[inline]
    fn own(&self) -> (usize, &Shard) {
        let id = self.ids.of_this_thread();
        (id, &self.own[hash(id, OWN)])
    }

    /// This thread's shard, and its owner: this thread, or 0.
    #[inline]
    fn shard(&self) -> (&Shard, usize) {
        match self.own() {
            (id, own) if own.owner.load(Relaxed) == id => (own, id),
            _ => (&self.shared[hash(Ids::of_this_stack(), SHARED)], 0),
        }
    }

    /// Makes a shard this thread's own, if it has an id and the shard has no owner.
    fn claim(&self) {
        self.ids.find();
        let (id, own) = self.own();
        if id != Ids::NONE && own.owner.load(Relaxed) == 0 {
            let _ = own.owner.compare_exchange(0, id, Relaxed, Relaxed);
        }
    }

    /// A block for which there is no room in the shard.
    #[cold]
    #[inline(never)]
    fn alloc_slowly(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            let block = self.source.allocate(layout.size(), layout.align());
            self.mapped.fetch_add(block.map_or(0, |_| self.whole(layout.size())), Relaxed);
            return block.map_or(ptr::null_mut(), NonNull::as_ptr);
        }
        self.claim();
        let (shard, owner) = self.shard();
        let full = shard.cursor();
        if full.cut(layout).is_none() {
            let Some((chunk, kind)) = self.chunk(full.next_kind(), layout) else { return ptr::null_mut() };
            let new = Cursor::start(chunk.as_ptr().expose_provenance(), kind);
            if shard.update(owner, |cursor| (cursor == full).then_some(((), new))).is_some() {
                self.chunks.fetch_add(1, Relaxed);
                self.mapped.fetch_add(self.whole(chunk_len(kind)), Relaxed);
            } else {
                // SAFETY: nobody has seen it: another thread or a signal's handler was faster.
                unsafe { self.source.release(chunk, chunk_len(kind)) };
            }
        }
        // There is room now, unless another thread takes it all.
        // SAFETY: the caller's layout.
        unsafe { self.alloc(layout) }
    }

    /// A chunk in which there is room for the block: of this kind, or as large as it must be or there is memory for.
    fn chunk(&self, mut kind: usize, layout: Layout) -> Option<(NonNull<u8>, usize)> {
        let will_do = |kind| fits(kind, layout) && chunk_len(kind) >= self.source.granule();
        while kind < LAST_KIND && !will_do(kind) {
            kind += 1;
        }
        loop {
            if let Some(chunk) = self.source.allocate(chunk_len(kind), chunk_len(kind)) {
                return Some((chunk, kind));
            }
            kind -= 1;
            if kind < FIRST_KIND || !will_do(kind) {
                return None;
            }
        }
    }

    #[cold]
    unsafe fn free_large(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on to the caller; a block is not null.
        unsafe { self.source.release(NonNull::new_unchecked(block), layout.size()) };
        self.mapped.fetch_sub(self.whole(layout.size()), Relaxed);
    }

    #[cold]
    unsafe fn resize_large(&self, block: *mut u8, layout: Layout, new_size: usize) -> Option<*mut u8> {
        let may_move = layout.align() <= self.source.granule();
        // SAFETY: passed on to the caller; a block is not null.
        let block =
            unsafe { self.source.resize(NonNull::new_unchecked(block), layout.size(), new_size, may_move)? };
        self.mapped.fetch_add(self.whole(new_size).wrapping_sub(self.whole(layout.size())), Relaxed);
        Some(block.as_ptr())
    }

    /// The bytes that the source has given for so many, which it has: so they do not overflow.
    fn whole(&self, len: usize) -> usize {
        (len + self.source.granule() - 1) & !(self.source.granule() - 1)
    }

    /// Moves the end of the last block of this thread's shard, if this is it and there is room.
    #[inline]
    fn resize_last(&self, block: *mut u8, old: usize, new: usize) -> bool {
        let (shard, owner) = self.shard();
        shard.update(owner, |cursor| cursor.resize_last(block.addr(), old, new)).is_some()
    }
}

/// Spreads numbers over so many places, a power of two: Fibonacci hashing, whose highest bits are its best.
#[inline]
pub(super) const fn hash(number: usize, places: usize) -> usize {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (usize::BITS - places.ilog2())
}

// SAFETY: a compare-and-swap gives each byte of a chunk to one block, and a large block is the source's promise.
unsafe impl<S: PageSource> GlobalAlloc for Bump<S> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_large(layout) {
            let (shard, owner) = self.shard();
            if let Some(block) = shard.update(owner, |cursor| cursor.cut(layout)) {
                return ptr::with_exposed_provenance_mut(block);
            }
        }
        self.alloc_slowly(layout)
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_large(layout) {
            // SAFETY: passed on to the caller.
            unsafe { self.free_large(block, layout) };
        } else {
            self.resize_last(block, layout.size(), 0);
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on to the caller.
        let block = unsafe { self.alloc(layout) };
        // A chunk's bytes may have been a block's before; a large block is fresh.
        if !block.is_null() && (!S::ZEROED || !is_large(layout)) {
            // SAFETY: the block has that many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the size, rounded up to the alignment, does not overflow: the caller's promise.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (is_large(layout), is_large(new)) {
            (false, false)
                if self.resize_last(block, layout.size(), new_size) || new_size <= units(layout.size()) =>
            {
                block
            }
            (true, true) => {
                // SAFETY: passed on to the caller.
                let resized = unsafe { self.resize_large(block, layout, new_size) };
                // SAFETY: passed on to the caller.
                resized.unwrap_or_else(|| unsafe { move_block(self, block, layout, new_size) })
            }
            // SAFETY: passed on to the caller.
            _ => unsafe { move_block(self, block, layout, new_size) },
        }
    }
}

impl<S: PageSource> fmt::Debug for Bump<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.usage().fmt(f)
    }
}
