//! Pointers that mean the same in every process.

use crate::error::Result;
use crate::map::{Plain, SharedBytes, Writable};
use core::fmt;
use core::marker::PhantomData;
use core::slice;
use core::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Release},
};

use super::{LayoutHash, Shared};

/// Where a value lies: bytes from the start of the map that it is in, or none.
///
/// Zeros are none: at the start itself no value is found. It may be anything that another process has stored, and is checked
/// when it is followed.
#[repr(transparent)]
pub struct Offset<T> {
    bytes: u64,
    target: PhantomData<fn() -> T>,
}

// SAFETY: a number.
unsafe impl<T> Plain for Offset<T> {}

impl<T> Offset<T> {
    /// Nothing.
    pub const NONE: Self = Self::from_raw(0);

    /// So many bytes from the start of the map; 0 is none.
    #[inline]
    #[must_use]
    pub const fn from_raw(bytes: u64) -> Self {
        Self { bytes, target: PhantomData }
    }

    /// Bytes from the start of the map; 0 is none.
    #[inline]
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.bytes
    }

    /// Whether it leads to nothing.
    #[inline]
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.bytes == 0
    }

    /// The same place, taken for another type.
    #[inline]
    #[must_use]
    pub const fn cast<U>(self) -> Offset<U> {
        Offset::from_raw(self.bytes)
    }
}

impl<T: Shared> Offset<T> {
    /// Where a value lies that is in this map.
    ///
    /// # Errors
    /// `EINVAL` (it is not in this map, or at its start, whose offset stands for none).
    #[inline]
    pub fn of<A: Writable>(value: &T, map: &SharedBytes<A>) -> Result<Self> {
        map.offset_of(slice::from_ref(value)).map(Self::from_raw)
    }

    /// The value, or `None` if there is none.
    ///
    /// # Errors
    /// `EINVAL` (it is not within the map, or its address is not a multiple of its alignment).
    #[inline]
    pub fn get<A: Writable>(self, map: &SharedBytes<A>) -> Result<Option<&T>> {
        if self.is_none() { Ok(None) } else { map.value(self.bytes as usize).map(Some) }
    }
}

impl<T> Clone for Offset<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Offset<T> {}

impl<T> Default for Offset<T> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<T> PartialEq for Offset<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Offset<T> {}

impl<T> fmt::Debug for Offset<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() { f.write_str("Offset(none)") } else { write!(f, "Offset({:#x})", self.bytes) }
    }
}

/// An [`Offset`] that processes publish and follow: who loads one sees all that was stored in the value before the offset was.
///
/// ```
/// use baremap::share::{AtomicOffset, Offset, PlainCell};
/// use baremap::SharedMap;
///
/// let map = SharedMap::new(100)?;
/// let published: &AtomicOffset<PlainCell<u32>> = map.value(0)?;
/// let number: &PlainCell<u32> = map.value(40)?;
/// number.set(7);
/// published.store(Offset::of(number, &map)?);
///
/// assert_eq!(published.load().get(&map)?.map(PlainCell::get), Some(7));
/// # Ok::<(), baremap::Error>(())
/// ```
#[repr(transparent)]
pub struct AtomicOffset<T> {
    bytes: AtomicU64,
    target: PhantomData<fn() -> T>,
}

// SAFETY: an atomic number.
unsafe impl<T> Shared for AtomicOffset<T> {
    // Without that of T, which may have offsets to its own kind.
    const LAYOUT: u64 = LayoutHash::of::<Self>().text("offset").get();
}

impl<T> AtomicOffset<T> {
    /// With this offset.
    #[inline]
    #[must_use]
    pub const fn new(offset: Offset<T>) -> Self {
        Self { bytes: AtomicU64::new(offset.bytes), target: PhantomData }
    }

    /// The offset, with all that was stored before it.
    #[inline]
    #[must_use]
    pub fn load(&self) -> Offset<T> {
        Offset::from_raw(self.bytes.load(Acquire))
    }

    /// Publishes an offset, with all that this thread has stored or seen before.
    #[inline]
    pub fn store(&self, offset: Offset<T>) {
        self.bytes.store(offset.bytes, Release);
    }

    /// Publishes an offset and takes the one that was there.
    #[inline]
    pub fn swap(&self, offset: Offset<T>) -> Offset<T> {
        Offset::from_raw(self.bytes.swap(offset.bytes, AcqRel))
    }

    /// Publishes `new` if `current` is there, and gives what was there.
    ///
    /// # Errors
    /// Another offset was there, and stays.
    #[inline]
    pub fn compare_exchange(
        &self,
        current: Offset<T>,
        new: Offset<T>,
    ) -> core::result::Result<Offset<T>, Offset<T>> {
        let result = self.bytes.compare_exchange(current.bytes, new.bytes, AcqRel, Acquire);
        result.map(Offset::from_raw).map_err(Offset::from_raw)
    }

    /// A number in shared memory, taken for an offset.
    #[inline]
    pub(crate) const fn from_number(number: &AtomicU64) -> &Self {
        // SAFETY: it is nothing but the number.
        unsafe { &*(&raw const *number).cast() }
    }
}

impl<T> Default for AtomicOffset<T> {
    fn default() -> Self {
        Self::new(Offset::NONE)
    }
}

impl<T> fmt::Debug for AtomicOffset<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Atomic{:?}", self.load())
    }
}
