//! Numbers that say how values lie in memory.

/// Makes [`Shared::LAYOUT`](super::Shared::LAYOUT): a number that is the same in all programs that lay a type out alike, and
/// another for another layout, but for 1 chance in 2⁶⁴.
///
/// [`shared!`](crate::shared) uses it. It is also there for types that are [`Shared`](super::Shared) by hand:
///
/// ```
/// use baremap::share::{LayoutHash, Shared};
/// use core::sync::atomic::AtomicU64;
///
/// /// Seconds since some moment.
/// #[repr(transparent)]
/// struct Clock(AtomicU64);
///
/// // SAFETY: an atomic number.
/// unsafe impl Shared for Clock {
///     const LAYOUT: u64 = LayoutHash::of::<Self>().text("Clock, in seconds").layout(AtomicU64::LAYOUT).get();
/// }
/// assert_ne!(Clock::LAYOUT, AtomicU64::LAYOUT);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutHash(u64);

impl LayoutHash {
    /// Begins with the type's size and alignment.
    #[must_use]
    pub const fn of<T>() -> Self {
        // FNV-1a.
        Self(0xcbf2_9ce4_8422_2325).number(size_of::<T>() as u64).number(align_of::<T>() as u64)
    }

    /// Adds a text: what the type means, in some words.
    #[must_use]
    pub const fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes(), false)
    }

    /// Adds the layout of a type that this one is made of.
    #[must_use]
    pub const fn layout(self, layout: u64) -> Self {
        self.number(layout)
    }

    /// Adds a field: where it lies, its name, its type as it is written, and that type's layout.
    ///
    /// Of the written type no spaces and no paths count: `[share::PlainCell<u8>; 4]` is `[PlainCell<u8>;4]`.
    #[must_use]
    pub const fn field(self, offset: usize, name: &str, written: &str, layout: u64) -> Self {
        self.number(offset as u64).text(name).bytes(written.as_bytes(), true).layout(layout)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    const fn number(mut self, number: u64) -> Self {
        let bytes = number.to_le_bytes();
        let mut index = 0;
        while index < bytes.len() {
            self = self.byte(bytes[index]);
            index += 1;
        }
        self
    }

    /// Adds bytes, their number last, so that no two texts run into one another.
    const fn bytes(mut self, bytes: &[u8], as_type: bool) -> Self {
        let (mut index, mut count) = (0, 0);
        // What there was before the name that is being read, which may turn out to be a part of a path.
        let mut before = (self, count);
        while index < bytes.len() {
            let byte = bytes[index];
            index += 1;
            if as_type && byte.is_ascii_whitespace() {
                continue;
            }
            if as_type && byte == b':' {
                (self, count) = before;
                continue;
            }
            self = self.byte(byte);
            count += 1;
            if !byte.is_ascii_alphanumeric() && byte != b'_' && byte.is_ascii() {
                before = (self, count);
            }
        }
        self.number(count)
    }

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x100_0000_01b3))
    }
}
