//! Single values.

use core::alloc::Layout;
use core::convert::Infallible;
use core::ptr::NonNull;

use super::{AllocError, AllocOrInitError, Arena, Box};
use crate::alloc::PageSource;

#[expect(clippy::mut_from_ref, reason = "each call returns another place")]
impl<S: PageSource, const MIN_ALIGN: usize> Arena<S, MIN_ALIGN> {
    /// A value in the arena.
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// let number = arena.alloc(41);
    /// *number += 1;
    /// assert_eq!(*number, 42);
    /// ```
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc<T>(&self, value: T) -> &mut T {
        self.alloc_with(|| value)
    }

    /// A value in the arena.
    ///
    /// # Errors
    /// There is no room; the value is dropped.
    #[inline(always)]
    pub fn try_alloc<T>(&self, value: T) -> Result<&mut T, AllocError> {
        self.try_alloc_with(|| value)
    }

    /// What a function returns, in the arena: it is made there, if the compiler sees how.
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// let zeros = arena.alloc_with(|| [0_u8; 1 << 16]);
    /// assert_eq!(zeros.len(), 1 << 16);
    /// ```
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_with<F, T>(&self, make: F) -> &mut T
    where
        F: FnOnce() -> T,
    {
        let place = self.alloc_layout(Layout::new::<T>()).cast::<T>();
        // SAFETY: it is nobody else's, and of the right layout.
        unsafe {
            place.write(make());
            &mut *place.as_ptr()
        }
    }

    /// What a function returns, in the arena.
    ///
    /// # Errors
    /// There is no room; the function is not called.
    #[inline(always)]
    pub fn try_alloc_with<F, T>(&self, make: F) -> Result<&mut T, AllocError>
    where
        F: FnOnce() -> T,
    {
        let place = self.try_alloc_layout(Layout::new::<T>())?.cast::<T>();
        // SAFETY: as above.
        unsafe {
            place.write(make());
            Ok(&mut *place.as_ptr())
        }
    }

    /// What a function returns, in the arena, unless that is an error.
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// let number = arena.alloc_try_with(|| "42".parse::<u32>())?;
    /// assert_eq!(*number, 42);
    /// # Ok::<(), std::num::ParseIntError>(())
    /// ```
    ///
    /// # Errors
    /// The function's own; its place is given back, if it is still the last one.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_try_with<F, T, E>(&self, make: F) -> Result<&mut T, E>
    where
        F: FnOnce() -> Result<T, E>,
    {
        let layout = Layout::new::<T>();
        let block = self.alloc_layout(layout);
        // SAFETY: it is nobody else's, and of that layout.
        unsafe { self.try_fill(block, layout, make) }
    }

    /// What a function returns, in the arena, unless that is an error.
    ///
    /// # Errors
    /// There is no room, and the function is not called; or the function's own.
    #[inline(always)]
    pub fn try_alloc_try_with<F, T, E>(&self, make: F) -> Result<&mut T, AllocOrInitError<E>>
    where
        F: FnOnce() -> Result<T, E>,
    {
        let layout = Layout::new::<T>();
        let block = self.try_alloc_layout(layout)?;
        // SAFETY: as above.
        unsafe { self.try_fill(block, layout, make) }.map_err(AllocOrInitError::Init)
    }

    /// Makes a value in a block, or gives the block back.
    ///
    /// # Safety
    /// It was allocated here with the layout of a `T`, and is not used.
    #[inline(always)]
    unsafe fn try_fill<T, E>(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<&mut T, E> {
        // SAFETY: passed on to the caller.
        unsafe {
            match make() {
                Ok(value) => {
                    block.cast::<T>().write(value);
                    Ok(block.cast().as_mut())
                }
                Err(error) => {
                    self.dealloc(block, layout);
                    Err(error)
                }
            }
        }
    }

    /// A value in the arena that is dropped with its [`Box`].
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// let owner = arena.alloc_box(String::from("freed with the box"));
    /// assert_eq!(owner.len(), 18);
    /// ```
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_box<T>(&self, value: T) -> Box<'_, T> {
        Box::new(self.alloc(value))
    }

    /// A value in the arena that is dropped with its [`Box`].
    ///
    /// # Errors
    /// There is no room; the value is dropped.
    #[inline(always)]
    pub fn try_alloc_box<T>(&self, value: T) -> Result<Box<'_, T>, AllocError> {
        self.try_alloc(value).map(Box::new)
    }
}

/// A function that fails is one that never does.
#[inline(always)]
pub(super) fn always<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
