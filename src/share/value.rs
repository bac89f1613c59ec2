//! What a type promises that may lie in shared memory.

use crate::map::Atomic;

use super::LayoutHash;

/// A type of values that other processes may use at the same time; [`shared!`](crate::shared) makes a struct one.
///
/// # Safety
/// - Every pattern of bits is a value of the type, zeros among them, and it has no padding.
/// - Whatever can be reached by `&T` may change while it is borrowed: all its bytes are in [`UnsafeCell`]s, and safe functions
///   touch them by atomics only, or by assembly.
/// - It has no pointer, reference, descriptor or whatever else means something in one process only.
///
/// [`UnsafeCell`]: core::cell::UnsafeCell
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not lie in shared memory",
    label = "another process may change it at any moment",
    note = "a plain value goes into a `PlainCell`, a pointer becomes an `AtomicOffset`, a struct is declared in `shared!`"
)]
pub unsafe trait Shared: Send + Sync + Sized {
    /// Says how a value lies in memory, see [`LayoutHash`]: programs that have a type of the same layout may share values of
    /// it. An [object](crate::shm::Object) is not opened for another one.
    ///
    /// Size and alignment go into it, and what the type is made of: which atomic integer; which fields, where they lie, their
    /// names, and their types, also as they are written. Not the struct's own name, and of what an
    /// [`Offset`](super::Offset) leads to no more than its name. By default it is size and alignment alone.
    const LAYOUT: u64 = LayoutHash::of::<Self>().get();
}

// SAFETY: an integer, touched by single instructions.
unsafe impl<T: Atomic + Send> Shared for T {
    const LAYOUT: u64 = LayoutHash::of::<T>().text(T::NAME).get();
}

// SAFETY: as its elements, between which there is nothing.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {
    const LAYOUT: u64 = LayoutHash::of::<Self>().text("array").layout(T::LAYOUT).get();
}

/// Declares structs that are [`Shared`], laid out as C does it (`repr(C)`), so that all programs agree.
///
/// That each field is [`Shared`], and that there is no padding between them, is checked while compiling. Their names, types and
/// places make the struct's [`LAYOUT`](Shared::LAYOUT).
///
/// ```
/// use baremap::share::{AtomicOffset, PlainCell};
/// use core::sync::atomic::AtomicU32;
///
/// baremap::shared! {
///     /// A word, and how often it was seen.
///     pub struct Word {
///         pub letters: [PlainCell<u8>; 12],
///         pub count: AtomicU32,
///         pub next: AtomicOffset<Word>,
///     }
/// }
/// ```
///
/// A plain field is refused:
///
/// ```compile_fail,E0277
/// baremap::shared! { struct Plain { number: u64 } }
/// ```
///
/// And so is one that means nothing to others:
///
/// ```compile_fail,E0277
/// baremap::shared! { struct Pointing { next: &'static core::sync::atomic::AtomicU64 } }
/// ```
///
/// And bytes that belong to no field:
///
/// ```compile_fail,E0080
/// use core::sync::atomic::{AtomicU8, AtomicU64};
///
/// baremap::shared! { struct Padded { small: AtomicU8, large: AtomicU64 } }
/// ```
///
/// Whatever `assert!` means where the struct is:
///
/// ```compile_fail,E0080
/// use core::sync::atomic::{AtomicU8, AtomicU64};
///
/// macro_rules! assert {
///     ($($anything:tt)*) => {};
/// }
/// baremap::shared! { struct Padded { small: AtomicU8, large: AtomicU64 } }
/// ```
///
/// A field that a `cfg` leaves out would count as one that fills the gap:
///
/// ```compile_fail,E0026
/// use core::sync::atomic::{AtomicU8, AtomicU64};
///
/// baremap::shared! { struct Padded { #[cfg(false)] gap: [AtomicU8; 7], small: AtomicU8, large: AtomicU64 } }
/// ```
///
/// And a packed struct has fields that are not aligned:
///
/// ```compile_fail,E0793
/// use baremap::share::PlainCell;
///
/// baremap::shared! { #[repr(packed)] struct Packed { small: PlainCell<u8>, large: PlainCell<u64> } }
/// ```
#[macro_export]
macro_rules! shared {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
        }
    )*) => {$(
        $(#[$attribute])*
        #[repr(C)]
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $type),*
        }

        const _: () = {
            let sizes: &[::core::primitive::usize] = &[$($crate::share::__is_shared::<$type>()),*];
            let (mut sum, mut index) = (0, 0);
            while index < sizes.len() {
                sum += sizes[index];
                index += 1;
            }
            ::core::assert!(
                sum == ::core::mem::size_of::<$name>(),
                "the struct has padding: order its fields by their alignment, or fill the gap with a field"
            );
        };

        // The struct has these fields and no others, of these types and aligned, whatever its attributes did to it.
        const _: fn(&$name) = |value| {
            let $name { $($field: _),* } = value;
            $(let _: *const $type = &value.$field;)*
        };

        // SAFETY: as its fields, which are all there is.
        unsafe impl $crate::share::Shared for $name {
            const LAYOUT: ::core::primitive::u64 = $crate::share::LayoutHash::of::<$name>()
                $(.field(
                    ::core::mem::offset_of!($name, $field),
                    ::core::stringify!($field),
                    ::core::stringify!($type),
                    <$type as $crate::share::Shared>::LAYOUT,
                ))*
                .get();
        }
    )*};
}

/// The size of a type that is [`Shared`]; others are refused while compiling.
#[doc(hidden)]
#[must_use]
pub const fn __is_shared<T: Shared>() -> usize {
    size_of::<T>()
}
