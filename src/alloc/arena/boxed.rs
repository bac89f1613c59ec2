//! Values that are dropped.

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

/// Owns a value in an arena, and drops it; its memory stays the arena's.
///
/// ```
/// use baremap::alloc::{Arena, arena::Box};
/// use std::rc::Rc;
///
/// let (arena, shared) = (Arena::new(), Rc::new(1));
/// let owner = arena.alloc_box(Rc::clone(&shared));
/// assert_eq!(Rc::strong_count(&shared), 2);
/// drop(owner);
/// assert_eq!(Rc::strong_count(&shared), 1);
/// let owner: Box<'_, dyn std::fmt::Display> =
///     // SAFETY: nobody else has the value.
///     unsafe { Box::from_raw(arena.alloc(shared)) };
/// assert_eq!(owner.to_string(), "1");
/// ```
///
/// What the value refers to outlives the box:
/// ```compile_fail,E0597
/// # use baremap::alloc::Arena;
/// struct Greeting<'a>(&'a String);
/// impl Drop for Greeting<'_> {
///     fn drop(&mut self) { println!("{}", self.0); }
/// }
/// let arena = Arena::new();
/// let greeting;
/// let text = String::from("hello");
/// greeting = arena.alloc_box(Greeting(&text));
/// ```
pub struct Box<'a, T: ?Sized>(&'a mut T);

impl<'a, T> Box<'a, T> {
    /// For a value that was just allocated.
    #[inline(always)]
    pub(super) fn new(value: &'a mut T) -> Self {
        Self(value)
    }

    /// The value, out of the arena.
    #[must_use]
    pub fn into_inner(this: Self) -> T {
        let this = ManuallyDrop::new(this);
        // SAFETY: nobody uses the value in its old place any more.
        unsafe { (&raw const *this.0).read() }
    }
}

impl<'a, T: ?Sized> Box<'a, T> {
    /// Owns a value in an arena, of a type that may have no size.
    ///
    /// # Safety
    /// Nobody uses or drops the value afterwards, but the box.
    #[must_use]
    pub unsafe fn from_raw(value: &'a mut T) -> Self {
        Self(value)
    }

    /// The value, which is not dropped any more.
    #[must_use]
    pub fn leak(this: Self) -> &'a mut T {
        let this = ManuallyDrop::new(this);
        // SAFETY: the box is gone, so that nobody else has the value.
        unsafe { (&raw const this.0).read() }
    }
}

impl<T: ?Sized> Drop for Box<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the box owns the value, and goes.
        unsafe { core::ptr::drop_in_place(self.0) };
    }
}

impl<T: ?Sized> Deref for Box<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.0
    }
}

impl<T: ?Sized> DerefMut for Box<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        self.0
    }
}

impl<T: ?Sized> AsRef<T> for Box<'_, T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> AsMut<T> for Box<'_, T> {
    fn as_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Box<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Box<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
