//! Mixed operations, as fast as they go, whose every block is looked at before it goes.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::AcqRel};

/// Blocks of a worker.
const BLOCKS: usize = 32;
const LONGEST: usize = 256;
/// Now and then one is that large, and has a map of its own.
const LARGE: usize = 200 << 10;
/// What blocks are filled with, by their stamps.
static STAMPS: [[u8; LONGEST]; 256] = {
    let mut stamps = [[0; LONGEST]; 256];
    let mut stamp = 0;
    while stamp < 256 {
        stamps[stamp] = [stamp as u8; LONGEST];
        stamp += 1;
    }
    stamps
};

#[derive(Clone, Copy)]
struct Block {
    start: *mut u8,
    size: usize,
    stamp: u8,
}

impl Block {
    fn layout(self) -> Layout {
        Layout::from_size_align(self.size, if self.stamp.is_multiple_of(16) { 64 } else { 8 }).expect("short")
    }

    fn stamp(self) {
        if self.size == LARGE { self.stamp_large() } else { self.fill() }
    }

    /// A function of its own, so that ThreadSanitizer can be told of it (sanitize/thread).
    #[inline(never)]
    fn stamp_large(self) {
        self.fill();
    }

    fn fill(self) {
        // SAFETY: the block is this worker's, and has so many bytes.
        unsafe { self.start.write_bytes(self.stamp, self.size.min(LONGEST)) };
    }

    fn is_right(self, len: usize) -> bool {
        let len = len.min(LONGEST);
        // SAFETY: the block is this worker's, and so many bytes of it were written.
        unsafe { *ptr::slice_from_raw_parts(self.start, len) == STAMPS[usize::from(self.stamp)][..len] }
    }
}

/// Where a worker leaves a block for another, who frees it. It is 24 bytes long and begins with its stamp.
pub(crate) type Slots = [AtomicPtr<u8>; 8];

pub(crate) const fn slots() -> Slots {
    [const { AtomicPtr::new(ptr::null_mut()) }; 8]
}

const HANDED_OVER: usize = 24;

/// One who allocates and frees.
pub(crate) struct Worker<'heap, A: GlobalAlloc> {
    heap: &'heap A,
    blocks: [Block; BLOCKS],
    len: usize,
    random: u64,
}

impl<'heap, A: GlobalAlloc> Worker<'heap, A> {
    pub(crate) fn new(heap: &'heap A, seed: u64) -> Self {
        let none = Block { start: ptr::null_mut(), size: 0, stamp: 0 };
        Self { heap, blocks: [none; BLOCKS], len: 0, random: seed * 2 + 1 }
    }

    /// xorshift64*, Marsaglia 2003, Vigna 2016.
    fn random(&mut self) -> usize {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 20) as usize
    }

    /// So many operations. Whether all went well; it does not panic, so that a child and a handler can use it.
    #[must_use]
    pub(crate) fn work(&mut self, operations: usize, slots: &Slots) -> bool {
        (0..operations).all(|_| self.operate(slots)) && (0..BLOCKS).all(|_| self.len == 0 || self.pop())
    }

    fn operate(&mut self, slots: &Slots) -> bool {
        let random = self.random();
        match random % 16 {
            _ if self.len == 0 => self.push(random),
            0..=6 if self.len < BLOCKS => self.push(random),
            7..=12 => self.pop(),
            13 | 14 => self.resize(random),
            // What is not last is not given back: so seldom, that little memory goes.
            _ if (random >> 8).is_multiple_of(256) => self.swap(random) && self.hand_over(random, slots),
            _ => self.pop(),
        }
    }

    fn push(&mut self, random: usize) -> bool {
        let size = if (random >> 8).is_multiple_of(4096) { LARGE } else { 1 + (random >> 20) % LONGEST };
        let mut block = Block { start: ptr::null_mut(), size, stamp: (random >> 32) as u8 };
        // SAFETY: a layout of more than no bytes.
        block.start = unsafe { self.heap.alloc(block.layout()) };
        if block.start.is_null() || !block.start.addr().is_multiple_of(block.layout().align()) {
            return false;
        }
        block.stamp();
        self.blocks[self.len] = block;
        self.len += 1;
        true
    }

    fn pop(&mut self) -> bool {
        self.len -= 1;
        let block = self.blocks[self.len];
        let right = block.is_right(block.size);
        // SAFETY: it is this worker's, and nobody uses it any more.
        unsafe { self.heap.dealloc(block.start, block.layout()) };
        right
    }

    fn resize(&mut self, random: usize) -> bool {
        let block = &mut self.blocks[self.len - 1];
        let (layout, size) = (block.layout(), 1 + (random >> 20) % LONGEST);
        // SAFETY: it is this worker's, and the size is short.
        let start = unsafe { self.heap.realloc(block.start, layout, size) };
        if start.is_null() {
            return false;
        }
        let kept = block.size.min(size);
        (block.start, block.size) = (start, size);
        let right = block.is_right(kept);
        block.stamp();
        right
    }

    /// Puts any block last.
    fn swap(&mut self, random: usize) -> bool {
        self.blocks.swap((random >> 20) % self.len, self.len - 1);
        self.pop()
    }

    /// Leaves a block for another worker, and frees one that another has left.
    pub(crate) fn hand_over(&mut self, random: usize, slots: &Slots) -> bool {
        let layout = Layout::from_size_align(HANDED_OVER, 8).expect("short");
        // SAFETY: a layout of more than no bytes; who gets it from the slot is the only one who has it.
        unsafe {
            let start = self.heap.alloc(layout);
            if start.is_null() {
                return false;
            }
            start.write_bytes((random >> 32) as u8, HANDED_OVER);
            let other = slots[(random >> 20) % slots.len()].swap(start, AcqRel);
            if other.is_null() {
                return true;
            }
            let block = Block { start: other, size: HANDED_OVER, stamp: other.read() };
            let right = block.is_right(HANDED_OVER);
            self.heap.dealloc(other, layout);
            right
        }
    }
}
