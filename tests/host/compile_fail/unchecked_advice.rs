//! Advice that changes bytes under a borrow is unsafe.

use baremap::{AnonMap, map::UncheckedAdvice};

pub fn main() -> baremap::Result<()> {
    let map = AnonMap::new(1)?;
    map.pages().unchecked_advise(UncheckedAdvice::DontNeed)?; //~ E0133
    // SAFETY: nobody relies on the bytes.
    unsafe { map.pages().unchecked_advise(UncheckedAdvice::DontNeed) }
}
