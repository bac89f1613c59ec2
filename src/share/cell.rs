//! Plain values that others may change.

use crate::map::Plain;
use core::cell::UnsafeCell;
use core::fmt;

use super::{LayoutHash, Shared, words};

/// A plain value in shared memory, copied in and out: a number, an [`Offset`](super::Offset), or what else is [`Plain`].
///
/// A value of 1, 2, 4 or 8 bytes that is aligned to as much is copied at once. Of others, `get` may see some words from before
/// and some from after another's `set`. Neither waits for what was stored elsewhere: who publishes values does that by
/// [`AtomicOffset`](super::AtomicOffset) or by another atomic.
///
/// Its [layout](Shared::LAYOUT) is size and alignment of the value: whether a number is a `u32` or an `f32` only the struct says
/// that the cell is in.
///
/// ```
/// use baremap::share::PlainCell;
///
/// let cell = PlainCell::new(0.5_f64);
/// cell.set(cell.get() * 3.0);
/// assert_eq!(cell.get(), 1.5);
/// ```
#[repr(transparent)]
pub struct PlainCell<T: Plain>(UnsafeCell<T>);

// SAFETY: every access is an atomic.
unsafe impl<T: Plain + Send> Sync for PlainCell<T> {}
// SAFETY: any bytes are a T, which has no padding; a cell, touched by atomics.
unsafe impl<T: Plain + Send> Shared for PlainCell<T> {
    const LAYOUT: u64 = LayoutHash::of::<T>().text("plain").get();
}

impl<T: Plain> PlainCell<T> {
    /// A cell with this value.
    #[inline]
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// A copy of the value.
    #[inline]
    #[must_use]
    pub fn get(&self) -> T {
        // SAFETY: a cell of a plain value, into which all store by atomics.
        unsafe { words::load(self.0.get()) }
    }

    /// Another value.
    #[inline]
    pub fn set(&self, value: T) {
        // SAFETY: a cell, which all touch by atomics; a plain value has no padding.
        unsafe { words::store(self.0.get(), &value) }
    }
}

impl<T: Plain + Default> Default for PlainCell<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Plain + fmt::Debug> fmt::Debug for PlainCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlainCell").field(&self.get()).finish()
    }
}
