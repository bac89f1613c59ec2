//! Copies of values that others may change, word by word, each by a relaxed atomic.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};

/// What is copied at once.
trait Word {
    /// What is in it.
    type Value: Copy + Default;

    fn get(&self) -> Self::Value;
    fn set(&self, value: Self::Value);
}

macro_rules! words {
    ($($atomic:ident = $value:ident,)*) => {
        $(
            impl Word for $atomic {
                type Value = $value;

                #[inline(always)]
                fn get(&self) -> $value {
                    self.load(Relaxed)
                }

                #[inline(always)]
                fn set(&self, value: $value) {
                    self.store(value, Relaxed);
                }
            }
        )*
    };
}

words! { AtomicU8 = u8, AtomicU16 = u16, AtomicU32 = u32, AtomicU64 = u64, }

/// Calls a function for the largest word that lies at multiples of its size in every value of a type.
macro_rules! by_largest_word {
    ($function:ident::<$type:ty>($($argument:expr),*)) => {
        match align_of::<$type>() {
            1 => $function::<AtomicU8, $type>($($argument),*),
            2 => $function::<AtomicU16, $type>($($argument),*),
            4 => $function::<AtomicU32, $type>($($argument),*),
            _ => $function::<AtomicU64, $type>($($argument),*),
        }
    };
}

/// Copies a value out.
///
/// # Safety
/// `from` is aligned and readable, whoever else stores there is atomic or outside of this process, and every pattern of bits
/// is a `T`.
#[inline]
pub(crate) unsafe fn load<T>(from: *const T) -> T {
    // SAFETY: passed on to the caller.
    unsafe { by_largest_word!(load_by::<T>(from)) }
}

/// Copies a value in.
///
/// # Safety
/// `to` is aligned and writable, whoever else touches it is atomic or outside of this process, and a `T` has no padding.
#[inline]
pub(crate) unsafe fn store<T>(to: *mut T, value: &T) {
    // SAFETY: passed on to the caller.
    unsafe { by_largest_word!(store_by::<T>(to, value)) }
}

/// Stores zeros over `count` values.
///
/// # Safety
/// As [`store`].
#[inline]
pub(crate) unsafe fn zero<T>(to: *mut T, count: usize) {
    // SAFETY: passed on to the caller.
    unsafe { by_largest_word!(zero_by::<T>(to, count)) }
}

#[inline(always)]
unsafe fn load_by<W: Word, T>(from: *const T) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    for index in 0..size_of::<T>() / size_of::<W>() {
        // SAFETY: within the value, whose alignment is at least the word's; the copy is this function's own.
        unsafe {
            let word = (*from.cast::<W>().add(index)).get();
            value.as_mut_ptr().cast::<W::Value>().add(index).write(word);
        }
    }
    // SAFETY: all of it is written, since its size is a multiple of its alignment; every pattern of bits is a T.
    unsafe { value.assume_init() }
}

#[inline(always)]
unsafe fn store_by<W: Word, T>(to: *mut T, value: &T) {
    let from = (&raw const *value).cast::<W::Value>();
    for index in 0..size_of::<T>() / size_of::<W>() {
        // SAFETY: within both values, whose alignment is at least the word's; no byte is padding.
        unsafe { (*to.cast::<W>().add(index)).set(from.add(index).read()) };
    }
}

#[inline(always)]
unsafe fn zero_by<W: Word, T>(to: *mut T, count: usize) {
    for index in 0..size_of::<T>() / size_of::<W>() * count {
        // SAFETY: within the values, whose alignment is at least the word's.
        unsafe { (*to.cast::<W>().add(index)).set(W::Value::default()) };
    }
}
