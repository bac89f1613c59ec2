//! Slices that are not finished.

use core::alloc::Layout;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};
use core::slice;

use super::{AllocError, Arena};
use crate::alloc::PageSource;

/// Room for some values, of which the first ones are made. They are dropped, and the room given back, unless it is
/// finished.
pub(super) struct Part<'a, T, S: PageSource, const MIN_ALIGN: usize> {
    arena: &'a Arena<S, MIN_ALIGN>,
    start: NonNull<T>,
    len: usize,
    capacity: usize,
}

impl<'a, T, S: PageSource, const MIN_ALIGN: usize> Part<'a, T, S, MIN_ALIGN> {
    /// Room for so many values.
    #[inline(always)]
    pub(super) fn new(arena: &'a Arena<S, MIN_ALIGN>, capacity: usize) -> Self {
        let Some(layout) = layout::<T>(capacity) else { too_long(capacity) };
        Self { arena, start: arena.alloc_layout(layout).cast(), len: 0, capacity }
    }

    /// Room for so many values.
    #[inline(always)]
    pub(super) fn try_new(arena: &'a Arena<S, MIN_ALIGN>, capacity: usize) -> Result<Self, AllocError> {
        let layout = layout::<T>(capacity).ok_or(AllocError)?;
        Ok(Self { arena, start: arena.try_alloc_layout(layout)?.cast(), len: 0, capacity })
    }

    /// How many values there is room for.
    #[inline(always)]
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes the next value, for which there is room.
    #[inline(always)]
    pub(super) fn try_push<E>(&mut self, make: impl FnOnce() -> Result<T, E>) -> Result<(), E> {
        debug_assert!(self.len < self.capacity);
        // SAFETY: within the room.
        unsafe { self.start.add(self.len).write(make()?) };
        self.len += 1;
        Ok(())
    }

    /// Copies values behind the others.
    pub(super) fn extend(&mut self, values: &[T]) -> Result<(), AllocError>
    where
        T: Copy,
    {
        self.reserve(values.len())?;
        // SAFETY: within the room, which nobody else has.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), self.start.add(self.len).as_ptr(), values.len()) };
        self.len += values.len();
        Ok(())
    }

    /// Makes sure that there is room for so many more.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) -> Result<(), AllocError> {
        if more <= self.capacity - self.len {
            return Ok(());
        }
        let least = self.len.checked_add(more).ok_or(AllocError)?;
        self.resize(least.max(self.capacity.saturating_mul(2)).max(4))
            .or_else(|AllocError| self.resize(least))
    }

    #[cold]
    fn resize(&mut self, capacity: usize) -> Result<(), AllocError> {
        let new = layout::<T>(capacity).ok_or(AllocError)?;
        // SAFETY: the block is of that layout, and the new one is longer.
        self.start = unsafe { self.arena.grow(self.start.cast(), self.layout(), new)?.cast() };
        self.capacity = capacity;
        Ok(())
    }

    /// The values; room that is left over is given back.
    #[inline(always)]
    pub(super) fn finish(self) -> &'a mut [T] {
        let this = ManuallyDrop::new(self);
        if this.len < this.capacity {
            // SAFETY: the block is of that layout, and what is given back has no value in it. It does not move, and cannot fail,
            // since the alignment is the same.
            let _ = unsafe {
                let used = Layout::from_size_align_unchecked(this.len * size_of::<T>(), align_of::<T>());
                this.arena.shrink(this.start.cast(), this.layout(), used)
            };
        }
        // SAFETY: so many values have been made, and nobody else has them.
        unsafe { slice::from_raw_parts_mut(this.start.as_ptr(), this.len) }
    }

    fn layout(&self) -> Layout {
        // SAFETY: it was checked when the block was allocated.
        unsafe { Layout::from_size_align_unchecked(self.capacity * size_of::<T>(), align_of::<T>()) }
    }
}

#[inline(always)]
fn layout<T>(len: usize) -> Option<Layout> {
    Layout::array::<T>(len).ok()
}

#[cold]
#[inline(never)]
fn too_long(len: usize) -> ! {
    panic!("a slice of {len} values is longer than any may be: ask for isize::MAX bytes at most")
}

impl<T, S: PageSource, const MIN_ALIGN: usize> Drop for Part<'_, T, S, MIN_ALIGN> {
    fn drop(&mut self) {
        // SAFETY: so many values have been made, and nobody else has them; afterwards nobody has the block.
        unsafe {
            ptr::slice_from_raw_parts_mut(self.start.as_ptr(), self.len).drop_in_place();
            self.arena.dealloc(self.start.cast(), self.layout());
        }
    }
}

impl<S: PageSource, const MIN_ALIGN: usize> fmt::Write for Part<'_, u8, S, MIN_ALIGN> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend(text.as_bytes()).map_err(|AllocError| fmt::Error)
    }
}
