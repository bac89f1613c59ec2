//! Slices and strings.

use core::alloc::Layout;
use core::convert::Infallible;
use core::fmt::{self, Write};
use core::ptr::NonNull;
use core::slice;

use super::growing::Part;
use super::values::always;
use super::{AllocError, AllocOrInitError, Arena, blocks};
use crate::alloc::PageSource;

#[expect(clippy::mut_from_ref, reason = "each call returns another place")]
impl<S: PageSource, const MIN_ALIGN: usize> Arena<S, MIN_ALIGN> {
    /// A copy of a slice.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_slice_copy<T: Copy>(&self, values: &[T]) -> &mut [T] {
        let block = self.alloc_layout(Layout::for_value(values));
        // SAFETY: it is nobody else's, and of that layout.
        unsafe { copy(values, block) }
    }

    /// A copy of a slice.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_slice_copy<T: Copy>(&self, values: &[T]) -> Result<&mut [T], AllocError> {
        let block = self.try_alloc_layout(Layout::for_value(values))?;
        // SAFETY: as above.
        Ok(unsafe { copy(values, block) })
    }

    /// A slice of clones.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_slice_clone<T: Clone>(&self, values: &[T]) -> &mut [T] {
        self.alloc_slice_fill_with(values.len(), |index| values[index].clone())
    }

    /// A slice of clones.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_slice_clone<T: Clone>(&self, values: &[T]) -> Result<&mut [T], AllocError> {
        self.try_alloc_slice_fill_with(values.len(), |index| values[index].clone())
    }

    /// A copy of a string.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_str(&self, text: &str) -> &mut str {
        let bytes = self.alloc_slice_copy(text.as_bytes());
        // SAFETY: they are a string's.
        unsafe { str::from_utf8_unchecked_mut(bytes) }
    }

    /// A copy of a string.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_str(&self, text: &str) -> Result<&mut str, AllocError> {
        let bytes = self.try_alloc_slice_copy(text.as_bytes())?;
        // SAFETY: as above.
        Ok(unsafe { str::from_utf8_unchecked_mut(bytes) })
    }

    /// A formatted string, of which the arena grows as it is written.
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// assert_eq!(arena.alloc_fmt(format_args!("{}-{:04}", "page", 7)), "page-0007");
    /// ```
    ///
    /// # Panics
    /// There is no room, or a value's formatting fails.
    pub fn alloc_fmt(&self, arguments: fmt::Arguments<'_>) -> &mut str {
        self.try_alloc_fmt(arguments).unwrap_or_else(|fmt::Error| {
            panic!("no room in the arena for a formatted string, or an error in it")
        })
    }

    /// A formatted string, of which the arena grows as it is written.
    ///
    /// # Errors
    /// There is no room, or a value's formatting fails.
    pub fn try_alloc_fmt(&self, arguments: fmt::Arguments<'_>) -> Result<&mut str, fmt::Error> {
        let mut part = Part::try_new(self, 0).map_err(|AllocError| fmt::Error)?;
        part.write_fmt(arguments)?;
        // SAFETY: only strings were written.
        Ok(unsafe { str::from_utf8_unchecked_mut(part.finish()) })
    }

    /// A slice of what a function makes of each index.
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// assert_eq!(arena.alloc_slice_fill_with(4, |index| index * index), &[0, 1, 4, 9]);
    /// ```
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_slice_fill_with<T, F>(&self, len: usize, mut make: F) -> &mut [T]
    where
        F: FnMut(usize) -> T,
    {
        always(self.alloc_slice_try_fill_with(len, |index| Ok::<_, Infallible>(make(index))))
    }

    /// A slice of what a function makes of each index.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_slice_fill_with<T, F>(&self, len: usize, mut make: F) -> Result<&mut [T], AllocError>
    where
        F: FnMut(usize) -> T,
    {
        let part = Part::try_new(self, len)?;
        Ok(always(fill(part, |index| Ok::<_, Infallible>(make(index)))))
    }

    /// A slice of what a function makes of each index, unless it fails.
    ///
    /// # Errors
    /// The function's own; the values that it has made are dropped.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_slice_try_fill_with<T, F, E>(&self, len: usize, make: F) -> Result<&mut [T], E>
    where
        F: FnMut(usize) -> Result<T, E>,
    {
        fill(Part::new(self, len), make)
    }

    /// A slice of what a function makes of each index, unless it fails.
    ///
    /// # Errors
    /// There is no room; or the function's own, and the values that it has made are dropped.
    #[inline(always)]
    pub fn try_alloc_slice_try_fill_with<T, F, E>(
        &self,
        len: usize,
        make: F,
    ) -> Result<&mut [T], AllocOrInitError<E>>
    where
        F: FnMut(usize) -> Result<T, E>,
    {
        fill(Part::try_new(self, len)?, make).map_err(AllocOrInitError::Init)
    }

    /// A slice of copies of one value.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_slice_fill_copy<T: Copy>(&self, len: usize, value: T) -> &mut [T] {
        self.alloc_slice_fill_with(len, |_| value)
    }

    /// A slice of copies of one value.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_slice_fill_copy<T: Copy>(&self, len: usize, value: T) -> Result<&mut [T], AllocError> {
        self.try_alloc_slice_fill_with(len, |_| value)
    }

    /// A slice of clones of one value.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_slice_fill_clone<T: Clone>(&self, len: usize, value: &T) -> &mut [T] {
        self.alloc_slice_fill_with(len, |_| value.clone())
    }

    /// A slice of clones of one value.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_slice_fill_clone<T: Clone>(
        &self,
        len: usize,
        value: &T,
    ) -> Result<&mut [T], AllocError> {
        self.try_alloc_slice_fill_with(len, |_| value.clone())
    }

    /// A slice of default values.
    ///
    /// # Panics
    /// There is no room.
    #[inline(always)]
    pub fn alloc_slice_fill_default<T: Default>(&self, len: usize) -> &mut [T] {
        self.alloc_slice_fill_with(len, |_| T::default())
    }

    /// A slice of default values.
    ///
    /// # Errors
    /// There is no room.
    #[inline(always)]
    pub fn try_alloc_slice_fill_default<T: Default>(&self, len: usize) -> Result<&mut [T], AllocError> {
        self.try_alloc_slice_fill_with(len, |_| T::default())
    }

    /// A slice of what an iterator yields, of whatever length.
    ///
    /// It is made in place and grows there, unless the iterator allocates in the arena as well.
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// let odd = arena.alloc_slice_fill_iter((0..10).filter(|number| number % 2 == 1));
    /// assert_eq!(odd, &[1, 3, 5, 7, 9]);
    /// ```
    ///
    /// # Panics
    /// There is no room.
    #[inline]
    pub fn alloc_slice_fill_iter<T, I>(&self, values: I) -> &mut [T]
    where
        I: IntoIterator<Item = T>,
    {
        always(self.alloc_slice_try_fill_iter(values.into_iter().map(Ok::<_, Infallible>)))
    }

    /// A slice of what an iterator yields, of whatever length; see [`Arena::alloc_slice_fill_iter`].
    ///
    /// # Errors
    /// There is no room; the values are dropped.
    #[inline]
    pub fn try_alloc_slice_fill_iter<T, I>(&self, values: I) -> Result<&mut [T], AllocError>
    where
        I: IntoIterator<Item = T>,
    {
        self.try_alloc_slice_try_fill_iter(values.into_iter().map(Ok::<_, Infallible>)).map_err(|error| {
            match error {
                AllocOrInitError::Alloc(error) => error,
                AllocOrInitError::Init(never) => match never {},
            }
        })
    }

    /// A slice of what an iterator yields, up to its first error.
    ///
    /// # Errors
    /// The iterator's own; the values before it are dropped.
    ///
    /// # Panics
    /// There is no room.
    #[inline]
    pub fn alloc_slice_try_fill_iter<T, I, E>(&self, values: I) -> Result<&mut [T], E>
    where
        I: IntoIterator<Item = Result<T, E>>,
    {
        self.try_alloc_slice_try_fill_iter(values).map_err(|error| match error {
            AllocOrInitError::Alloc(AllocError) => {
                blocks::no_room(format_args!("all values of the iterator"))
            }
            AllocOrInitError::Init(error) => error,
        })
    }

    /// A slice of what an iterator yields, up to its first error.
    ///
    /// # Errors
    /// There is no room, or the iterator's own; the values before it are dropped.
    #[inline]
    pub fn try_alloc_slice_try_fill_iter<T, I, E>(&self, values: I) -> Result<&mut [T], AllocOrInitError<E>>
    where
        I: IntoIterator<Item = Result<T, E>>,
    {
        let values = values.into_iter();
        let mut part = Part::try_new(self, values.size_hint().0)?;
        for value in values {
            part.reserve(1)?;
            part.try_push(|| value).map_err(AllocOrInitError::Init)?;
        }
        Ok(part.finish())
    }
}

#[inline(always)]
fn fill<'a, T, E, S: PageSource, const MIN_ALIGN: usize>(
    mut part: Part<'a, T, S, MIN_ALIGN>,
    mut make: impl FnMut(usize) -> Result<T, E>,
) -> Result<&'a mut [T], E> {
    for index in 0..part.capacity() {
        part.try_push(|| make(index))?;
    }
    Ok(part.finish())
}

/// Copies values into a new block.
///
/// # Safety
/// It has the layout of the values, and is nobody else's.
#[inline(always)]
unsafe fn copy<'a, T: Copy>(values: &[T], block: NonNull<u8>) -> &'a mut [T] {
    let place = block.cast::<T>();
    // SAFETY: passed on to the caller.
    unsafe {
        place.copy_from_nonoverlapping(NonNull::from(values).cast(), values.len());
        slice::from_raw_parts_mut(place.as_ptr(), values.len())
    }
}
