//! What an arena has promised.

use super::op::Op;
use baremap::alloc::{Arena, PageSource, Scope};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::alloc::Layout;
use std::ptr::NonNull;

type Step = Result<(), TestCaseError>;

/// Bytes that somebody has.
struct Block {
    start: NonNull<u8>,
    layout: Layout,
    byte: u8,
    /// How many scopes it is in.
    depth: usize,
    /// When it was allocated or grown.
    time: usize,
}

#[derive(Default)]
pub(crate) struct Model {
    blocks: Vec<Block>,
    time: usize,
}

/// A scope, and the ones that it is in.
pub(crate) struct Frame<'f, S: PageSource, const MIN_ALIGN: usize> {
    scope: &'f Scope<'f, S, MIN_ALIGN>,
    outer: Option<&'f Frame<'f, S, MIN_ALIGN>>,
    depth: usize,
}

impl Model {
    /// Opens a scope for the operations.
    pub(crate) fn run<S: PageSource, const MIN_ALIGN: usize>(
        &mut self,
        scope: &Scope<'_, S, MIN_ALIGN>,
        outer: Option<&Frame<'_, S, MIN_ALIGN>>,
        ops: &[Op],
    ) -> Step {
        let depth = outer.map_or(0, |outer| outer.depth + 1);
        let frame = Frame { scope, outer, depth };
        self.apply_all(&frame, ops)?;
        self.blocks.retain(|block| block.depth < depth);
        Ok(())
    }

    /// After the last scope, the arena has its room again.
    pub(crate) fn end<S: PageSource, const MIN_ALIGN: usize>(&self, arena: &Arena<S, MIN_ALIGN>) -> Step {
        prop_assert!(self.blocks.iter().all(|block| block.depth == 0));
        // But for a chunk's header.
        prop_assert!(arena.usage().used <= 32);
        Ok(())
    }

    fn apply_all<S: PageSource, const MIN_ALIGN: usize>(
        &mut self,
        frame: &Frame<'_, S, MIN_ALIGN>,
        ops: &[Op],
    ) -> Step {
        for op in ops {
            self.time += 1;
            self.apply(frame, op)?;
            self.check::<MIN_ALIGN>()?;
        }
        Ok(())
    }

    fn apply<S: PageSource, const MIN_ALIGN: usize>(
        &mut self,
        frame: &Frame<'_, S, MIN_ALIGN>,
        op: &Op,
    ) -> Step {
        let arena: &Arena<&S, MIN_ALIGN> = frame.scope;
        match *op {
            Op::Alloc { len, align } => {
                let layout = Layout::from_size_align(len, 1 << align).unwrap();
                if let Ok(start) = arena.try_alloc_layout(layout) {
                    self.add(start, layout, frame.depth);
                }
            }
            Op::Beside { outer, len } => {
                let mut frame = frame;
                for _ in 0..outer % (frame.depth + 1) {
                    frame = frame.outer.unwrap();
                }
                let layout = Layout::from_size_align(len, 4).unwrap();
                if let Ok(start) = frame.scope.try_alloc_layout(layout) {
                    self.add(start, layout, frame.depth);
                }
            }
            Op::Grow { block, by } => {
                let Some(index) = self.find(block, frame.depth) else { return Ok(()) };
                let Block { start, layout, .. } = self.blocks[index];
                let new = Layout::from_size_align(layout.size() + by, layout.align()).unwrap();
                // SAFETY: the block is in the arena, has that layout, and is replaced.
                if let Ok(start) = unsafe { arena.grow(start, layout, new) } {
                    let old = self.blocks.remove(index);
                    Block { start, ..old }.check_bytes()?;
                    self.add(start, new, frame.depth);
                }
            }
            Op::Shrink { block, to } => {
                let Some(index) = self.find(block, frame.depth) else { return Ok(()) };
                let Block { start, layout, .. } = self.blocks[index];
                let new =
                    Layout::from_size_align(layout.size() * usize::from(to) / 255, layout.align()).unwrap();
                // SAFETY: as above.
                let shrunk = unsafe { arena.shrink(start, layout, new) };
                // It is aligned to that already, so that it stays.
                prop_assert_eq!(shrunk, Ok(start));
                self.blocks[index].layout = new;
            }
            Op::Free { block } => {
                let Some(index) = self.find(block, frame.depth) else { return Ok(()) };
                let Block { start, layout, .. } = self.blocks.remove(index);
                // SAFETY: the block is in the arena, has that layout, and is gone.
                unsafe { arena.dealloc(start, layout) };
            }
            Op::Text(ref text) => {
                if let Ok(copy) = arena.try_alloc_str(text) {
                    prop_assert_eq!(&*copy, text);
                    self.add_values(copy.as_bytes_mut_ptr(), frame.depth);
                }
                if let Ok(copy) = arena.try_alloc_fmt(format_args!("{text}-{}", 7)) {
                    prop_assert_eq!(&*copy, format!("{text}-7"));
                    self.add_values(copy.as_bytes_mut_ptr(), frame.depth);
                }
            }
            Op::Slice { len, fails } => {
                let make = |index| if fails && index + 1 == len { Err(index) } else { Ok(index) };
                let slice = arena.try_alloc_slice_try_fill_with(len, make);
                prop_assert!(!(fails && len > 0) || slice.is_err());
                if let Ok(slice) = slice {
                    prop_assert!(slice.iter().copied().eq(0..len));
                    self.add_values(slice, frame.depth);
                }
            }
            Op::Iterator { len } => {
                let numbers = (0..len as u16).filter(|number| number % 3 != 0);
                if let Ok(slice) = arena.try_alloc_slice_fill_iter(numbers.clone()) {
                    prop_assert!(slice.iter().copied().eq(numbers));
                    self.add_values(slice, frame.depth);
                }
            }
            Op::Scope(ref ops) => self.run(&frame.scope.scope(), Some(frame), ops)?,
            Op::Rollback(ref ops) => {
                let (checkpoint, time) = (arena.checkpoint(), self.time);
                self.apply_all(frame, ops)?;
                self.blocks.retain(|block| block.depth != frame.depth || block.time <= time);
                // SAFETY: what was allocated or grown since is gone, and so are the scopes.
                unsafe { arena.rollback(checkpoint) };
            }
            Op::Keep(bytes) => arena.set_keep(bytes),
            Op::Reserve(bytes) => {
                if arena.try_reserve(bytes).is_ok() {
                    prop_assert!(arena.chunk_capacity() >= bytes);
                    let chunks = arena.usage().chunks;
                    let layout = Layout::from_size_align(bytes, 1).unwrap();
                    self.add(arena.alloc_layout(layout), layout, frame.depth);
                    prop_assert_eq!(arena.usage().chunks, chunks);
                }
            }
        }
        Ok(())
    }

    /// One of the blocks of a scope: the last one is 0.
    fn find(&self, block: usize, depth: usize) -> Option<usize> {
        let indices: Vec<_> =
            (0..self.blocks.len()).filter(|&index| self.blocks[index].depth == depth).collect();
        let count = indices.len();
        (count > 0).then(|| indices[count - 1 - block % count])
    }

    fn add_values<T>(&mut self, values: *mut [T], depth: usize) {
        let start = NonNull::new(values.cast::<u8>()).unwrap();
        let layout = Layout::array::<T>(values.len()).unwrap();
        self.add(start, layout, depth);
    }

    /// Fills a block that was allocated.
    fn add(&mut self, start: NonNull<u8>, layout: Layout, depth: usize) {
        let byte = (self.time % 251) as u8;
        // SAFETY: the arena has given so many bytes.
        unsafe { start.write_bytes(byte, layout.size()) };
        self.blocks.push(Block { start, layout, byte, depth, time: self.time });
    }

    fn check<const MIN_ALIGN: usize>(&self) -> Step {
        let mut ranges = Vec::new();
        for block in &self.blocks {
            let address = block.start.addr().get();
            prop_assert!(address.is_multiple_of(block.layout.align()));
            if block.layout.size() > 0 {
                prop_assert!(address.is_multiple_of(MIN_ALIGN));
                ranges.push((address, address + block.layout.size()));
            }
            block.check_bytes()?;
        }
        ranges.sort_unstable();
        prop_assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{:x?}", ranges);
        Ok(())
    }
}

impl Block {
    fn check_bytes(&self) -> Step {
        // SAFETY: somebody has them, and nobody else.
        let bytes = unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) };
        // All are the same if each is as the one before, which memcmp finds out fast.
        let is_same =
            bytes.first().is_none_or(|&byte| byte == self.byte && bytes[1..] == bytes[..bytes.len() - 1]);
        prop_assert!(is_same);
        Ok(())
    }
}

/// A string's bytes, to be overwritten when nobody has the string any more.
trait AsBytesMutPtr {
    fn as_bytes_mut_ptr(&mut self) -> *mut [u8];
}

impl AsBytesMutPtr for str {
    fn as_bytes_mut_ptr(&mut self) -> *mut [u8] {
        &raw mut *self as *mut [u8]
    }
}
