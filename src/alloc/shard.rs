//! A chunk of memory from which blocks are cut.

use core::alloc::Layout;
use core::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};

use super::atomic::{AtomicUsize, compiler_fence};

/// The kinds of chunks: 16 KiB, and four times as much each, up to 4 MiB.
pub(super) const FIRST_KIND: usize = 1;
pub(super) const LAST_KIND: usize = 5;
/// The length of a chunk of each kind, less one. Kind 0 is no chunk: nothing fits into it.
const MASKS: [usize; UNIT] = {
    let mut masks = [0; UNIT];
    let mut kind = FIRST_KIND;
    while kind <= LAST_KIND {
        masks[kind] = chunk_len(kind) - 1;
        kind += 1;
    }
    masks
};
/// Blocks begin and end at multiples of this; the bits below hold the chunk's kind.
const UNIT: usize = 8;

/// Where the next block of a chunk begins, and the chunk's kind in its lowest bits.
///
/// A chunk lies at a multiple of its length, so that this one word also says where it ends: one store cuts off a block or
/// replaces the chunk, and there is no moment at which another thread or a forked child would find something half done.
#[repr(align(128))]
pub(super) struct Shard {
    word: AtomicUsize,
    /// The id of the only thread that writes the word; 0 where that is nobody, or all.
    pub(super) owner: AtomicUsize,
}

/// The owner while it writes: then the shard is not even its own, so that a signal's handler goes elsewhere. No id is even.
const BUSY: usize = 2;

impl Shard {
    /// All zero, so that it takes no room in a program's file.
    pub(super) const fn empty() -> Self {
        Self { word: AtomicUsize::new(0), owner: AtomicUsize::new(0) }
    }

    #[inline]
    pub(super) fn cursor(&self) -> Cursor {
        Cursor(self.word.load(Relaxed))
    }

    /// Sets the cursor to what `next` makes of it, and returns what it makes beside. `owner` is the shard's, which is this
    /// thread, or 0 for a shard of all.
    #[inline]
    pub(super) fn update<T>(&self, owner: usize, next: impl Fn(Cursor) -> Option<(T, Cursor)>) -> Option<T> {
        let own = owner != 0;
        if own {
            self.owner.store(BUSY, Relaxed);
        }
        compiler_fence(SeqCst);
        let result = loop {
            let old = self.cursor();
            let Some((result, new)) = next(old) else { break None };
            if own {
                // A plain store: an atomic instruction would take as long as all the rest, three times over.
                self.word.store(new.0, Relaxed);
                break Some(result);
            }
            // What one thread did to a block that it freed is over before another thread gets it.
            if self.word.compare_exchange(old.0, new.0, AcqRel, Relaxed).is_ok() {
                break Some(result);
            }
        };
        compiler_fence(SeqCst);
        if own {
            self.owner.store(owner, Relaxed);
        }
        result
    }
}

/// What a shard's word says. The last unit of a chunk stays free, so that the next block is always within the chunk.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Cursor(usize);

impl Cursor {
    /// The start of a new chunk.
    pub(super) const fn start(chunk: usize, kind: usize) -> Self {
        Self(chunk | kind)
    }

    /// The kind of chunk that follows this one.
    pub(super) const fn next_kind(self) -> usize {
        if self.kind() < LAST_KIND { self.kind() + 1 } else { LAST_KIND }
    }

    /// Bytes that are left of the chunk.
    pub(super) const fn free(self) -> usize {
        if self.0 == 0 { 0 } else { self.last() + 1 - self.next() }
    }

    /// Cuts a block off, if there is room: its address, and the cursor behind it.
    #[inline]
    pub(super) fn cut(self, layout: Layout) -> Option<(usize, Self)> {
        // No sum overflows: an address has 48 bits or 52, and a small block's layout 18.
        let gap = if layout.align() > UNIT { self.next().wrapping_neg() & (layout.align() - 1) } else { 0 };
        let after = self.0 + gap + units(layout.size());
        (after <= self.last()).then_some((self.next() + gap, Self(after)))
    }

    /// Moves the end of a block, if it is the chunk's last and there is room.
    #[inline]
    pub(super) fn resize_last(self, block: usize, old: usize, new: usize) -> Option<((), Self)> {
        // No block's end is another chunk's start: so the block is in this chunk.
        let before = self.0.wrapping_sub(units(old));
        let after = before.wrapping_add(units(new));
        (before ^ block < UNIT && after <= self.last()).then_some(((), Self(after)))
    }

    #[inline]
    const fn next(self) -> usize {
        self.0 & !(UNIT - 1)
    }

    #[inline]
    const fn kind(self) -> usize {
        self.0 & (UNIT - 1)
    }

    /// The chunk's last byte.
    #[inline]
    const fn last(self) -> usize {
        self.0 | MASKS[self.kind()]
    }
}

/// The bytes in a chunk, which is aligned to as much.
#[inline]
pub(super) const fn chunk_len(kind: usize) -> usize {
    (4 * 1024) << (2 * kind)
}

/// Whether a block fits into an empty chunk.
pub(super) const fn fits(kind: usize, layout: Layout) -> bool {
    layout.align() + units(layout.size()) < chunk_len(kind)
}

/// A length in whole units.
#[inline]
pub(super) const fn units(len: usize) -> usize {
    (len + UNIT - 1) & !(UNIT - 1)
}
