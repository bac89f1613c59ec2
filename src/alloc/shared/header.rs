//! The start of a shared arena: what it is, and how blocks are cut off.

use core::alloc::Layout;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::atomic::AtomicU64;

/// Says that these bytes are an arena; the lowest byte is the version of their layout.
const MAGIC: u64 = u64::from_be_bytes(*b"baremap\0");
/// The version of the layout that is described here.
pub(super) const VERSION: u8 = 1;
const LABEL: u64 = MAGIC | VERSION as u64;

/// The words that all processes share, in two cache lines: the second one changes with each block.
///
/// Zeros are an empty arena without its label, so that making one is two compare-and-swaps of which each may be the last thing
/// that a process does.
#[derive(Default)]
#[repr(C)]
pub(super) struct Header {
    label: AtomicU64,
    /// Bytes of the arena.
    size: AtomicU64,
    /// The offset of the value that the others are found from; 0 is none.
    pub(super) root: AtomicU64,
    /// The layout of that value's type; 0 until somebody says it.
    layout: AtomicU64,
    _line: [AtomicU64; 12],
    /// Where the next block begins, at the earliest; 0 before the first one.
    next: AtomicU64,
    _last: [AtomicU64; 15],
}

/// Why there is no arena, or cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Something else is there, or nothing.
    NoArena,
    /// An arena is there.
    Exists,
    /// An arena of another version is there.
    Version(u8),
    /// The arena has this size, or gets it from another process.
    Size(u64),
}

impl Header {
    /// Makes an arena of `size` bytes. Of several processes that do, one succeeds.
    pub(super) fn create(&self, size: u64) -> Result<(), Refusal> {
        match self.label.load(Relaxed) {
            0 => {}
            label => return Err(found(label).err().unwrap_or(Refusal::Exists)),
        }
        // It may be there from a process that was killed before it came to the label.
        if let Err(other) = self.size.compare_exchange(0, size, Relaxed, Relaxed)
            && other != size
        {
            return Err(Refusal::Size(other));
        }
        match self.label.compare_exchange(0, LABEL, Release, Relaxed) {
            Ok(_) => Ok(()),
            Err(label) => Err(found(label).err().unwrap_or(Refusal::Exists)),
        }
    }

    /// Whether there is an arena of `size` bytes.
    pub(super) fn open(&self, size: u64) -> Result<(), Refusal> {
        found(self.label.load(Acquire))?;
        match self.size.load(Relaxed) {
            own if own == size => Ok(()),
            other => Err(Refusal::Size(other)),
        }
    }

    /// Says the layout of what the root leads to, if nobody has. The other one, if somebody has said another.
    pub(super) fn agree(&self, layout: u64) -> Result<(), u64> {
        match self.layout.compare_exchange(0, layout, Relaxed, Relaxed) {
            Err(other) if other != layout => Err(other),
            _ => Ok(()),
        }
    }

    /// Bytes up to the next block, as far as these are within `size`.
    pub(super) fn used(&self, size: usize) -> usize {
        self.first_free().min(size as u64) as usize
    }

    /// Cuts off a block and gives its offset, if there is room; `start` is the address of the arena here.
    ///
    /// Whatever another process has stored here, the block is within `size`, behind the header and aligned; only that it is
    /// nobody else's rests on the others.
    #[inline(always)]
    pub(super) fn cut(&self, start: usize, size: usize, layout: Layout) -> Option<usize> {
        let mut old = self.next.load(Relaxed);
        loop {
            let (block, end) = place(old, start, size, layout)?;
            // What was stored before the arena was emptied is over.
            match self.next.compare_exchange_weak(old, end as u64, Acquire, Relaxed) {
                Ok(_) => return Some(block),
                Err(other) => old = other,
            }
        }
    }

    /// Takes all blocks back.
    pub(super) fn reset(&self) {
        self.root.store(0, Relaxed);
        self.next.store(0, Release);
    }

    fn first_free(&self) -> u64 {
        self.next.load(Relaxed).max(size_of::<Header>() as u64)
    }
}

/// What a label says.
fn found(label: u64) -> Result<(), Refusal> {
    const VERSION_BYTE: u64 = 0xff;
    match label {
        LABEL => Ok(()),
        other if other & !VERSION_BYTE == MAGIC => Err(Refusal::Version(other as u8)),
        _ => Err(Refusal::NoArena),
    }
}

/// Where a block begins and ends that comes after `next`, if there is room.
#[inline(always)]
fn place(next: u64, start: usize, size: usize, layout: Layout) -> Option<(usize, usize)> {
    let first = usize::try_from(next).ok()?.max(size_of::<Header>());
    // The address is aligned, not the offset: the map may begin in the middle of a page.
    let block = start.checked_add(first)?.checked_next_multiple_of(layout.align())? - start;
    let end = block.checked_add(layout.size()).filter(|&end| end <= size)?;
    Some((block, end))
}
