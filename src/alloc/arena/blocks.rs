//! Blocks of bytes: what everything else is made of.

use core::alloc::Layout;
use core::fmt;
use core::ptr::{self, NonNull};

use super::{AllocError, Arena};
use crate::alloc::PageSource;

impl<S: PageSource, const MIN_ALIGN: usize> Arena<S, MIN_ALIGN> {
    /// Bytes of a size and alignment, not initialised. No bytes are at an address, too, which is that of others.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_layout(&self, layout: Layout) -> NonNull<u8> {
        match self.cut(layout) {
            Some(block) => block,
            None => self.alloc_slowly_or_panic(layout),
        }
    }

    /// Bytes of a size and alignment, not initialised.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_layout(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        match self.cut(layout) {
            Some(block) => Ok(block),
            None => self.alloc_slowly(layout),
        }
    }

    /// Takes the last block back; every other stays where it is until the arena is reset.
    ///
    /// # Safety
    /// The block was allocated here with that layout, and is not used any more.
    #[inline]
    pub unsafe fn dealloc(&self, block: NonNull<u8>, layout: Layout) {
        if self.is_last(block, layout) {
            self.state.next.set(block);
        }
    }

    /// Makes a block longer: where it is, if it is the last one; or in another place, to which its bytes are copied.
    ///
    /// # Errors
    /// There is no room; the block is as it was.
    ///
    /// # Safety
    /// The block was allocated here with the old layout; the new one is no smaller. The block is then where it is returned.
    #[inline]
    pub unsafe fn grow(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<u8>, AllocError> {
        if new.align() <= old.align() && self.is_last(block, old) && self.move_end(block, old, new) {
            return Ok(block);
        }
        // SAFETY: passed on to the caller; the new layout has room for the old one's bytes.
        unsafe { self.move_block(block, new, old.size()) }
    }

    /// Makes a block shorter, where it is: if it is the last one, the rest is given back. It moves if it is to be aligned to
    /// more, and is not.
    ///
    /// # Errors
    /// There is no room to move; the block is as it was.
    ///
    /// # Safety
    /// The block was allocated here with the old layout; the new one is no larger. The block is then where it is returned.
    #[inline]
    pub unsafe fn shrink(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<u8>, AllocError> {
        if !block.addr().get().is_multiple_of(new.align()) {
            // SAFETY: passed on to the caller.
            return unsafe { self.move_block(block, new, new.size()) };
        }
        if self.is_last(block, old) {
            // SAFETY: within the block that was there, or its end.
            self.state.next.set(unsafe { block.add(units::<MIN_ALIGN>(new.size())) });
        }
        Ok(block)
    }

    /// Cuts a block off what is left of the chunk, if there is room.
    #[inline(always)]
    fn cut(&self, layout: Layout) -> Option<NonNull<u8>> {
        let (next, end) = (self.state.next.get().as_ptr(), self.state.end.get().as_ptr());
        let start = match layout.align() {
            align if align <= MIN_ALIGN => next,
            align => {
                // A branch, which is predicted: the next block would wait for an address that is computed.
                seldom();
                next.map_addr(|address| (address + (align - 1)) & !(align - 1))
            }
        };
        // No sum overflows: an address has 57 bits at most, and a layout 63, rounded up to its alignment.
        let len = units::<MIN_ALIGN>(layout.size());
        if start.addr() + len > end.addr() {
            return None;
        }
        // SAFETY: within the chunk, or its end.
        unsafe {
            self.state.next.set(NonNull::new_unchecked(start.add(len)));
            Some(NonNull::new_unchecked(start))
        }
    }

    /// A block where there is no room in the chunk.
    #[cold]
    #[inline(never)]
    fn alloc_slowly(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        if layout.size() == 0 {
            let nowhere = ptr::without_provenance_mut(layout.align());
            return NonNull::new(nowhere).ok_or(AllocError);
        }
        self.make_room(layout)?;
        self.cut(layout).ok_or(AllocError)
    }

    #[cold]
    #[inline(never)]
    fn alloc_slowly_or_panic(&self, layout: Layout) -> NonNull<u8> {
        self.alloc_slowly(layout)
            .unwrap_or_else(|AllocError| no_room(format_args!("{} bytes", layout.size())))
    }

    /// Whether nothing was allocated after the block.
    #[inline(always)]
    fn is_last(&self, block: NonNull<u8>, layout: Layout) -> bool {
        block.addr().get() + units::<MIN_ALIGN>(layout.size()) == self.state.next.get().addr().get()
    }

    /// Moves the last block's end, if there is room or the chunk gets longer.
    #[inline]
    fn move_end(&self, block: NonNull<u8>, old: Layout, new: Layout) -> bool {
        let more = units::<MIN_ALIGN>(new.size()) - units::<MIN_ALIGN>(old.size());
        let fits = more <= self.chunk_capacity() || self.lengthen(more);
        if fits {
            // SAFETY: within the chunk, or its end.
            self.state.next.set(unsafe { block.add(units::<MIN_ALIGN>(new.size())) });
        }
        fits
    }

    /// Copies the first bytes of a block to a new one.
    ///
    /// # Safety
    /// Both have as many.
    #[inline(never)]
    unsafe fn move_block(
        &self,
        block: NonNull<u8>,
        new: Layout,
        len: usize,
    ) -> Result<NonNull<u8>, AllocError> {
        let place = self.try_alloc_layout(new)?;
        // SAFETY: the caller's promise; the new block is another.
        unsafe { place.copy_from_nonoverlapping(block, len) };
        Ok(place)
    }
}

/// A layout's size in whole units of the least alignment: that of a layout does not overflow.
#[inline(always)]
const fn units<const UNIT: usize>(len: usize) -> usize {
    (len + UNIT - 1) & !(UNIT - 1)
}

/// Makes a branch that is not worth a place in every other one's way.
#[cold]
#[inline]
const fn seldom() {}

/// The end of those functions that cannot return an error.
#[cold]
#[inline(never)]
pub(super) fn no_room(what: fmt::Arguments<'_>) -> ! {
    panic!("no room for {what} in the arena: its source is at its limit, or the system out of memory")
}
