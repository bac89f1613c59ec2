//! Numbers that are often of use, so that most operations get past the first check.

use arbitrary::{Arbitrary, Result, Unstructured};
use baremap::page;

/// Small as a rule, near a page now and then, and any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub(crate) u64);

impl Number {
    pub(crate) fn size(self) -> usize {
        self.0 as usize
    }
}

impl<'a> Arbitrary<'a> for Number {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let page = page::size() as u64;
        Ok(Number(match u.int_in_range(0..=7)? {
            0..=2 => u.arbitrary::<u8>()?.into(),
            3 | 4 => u.arbitrary::<u16>()?.into(),
            5 => (u.int_in_range(0..=4)? * page).saturating_add_signed(u.arbitrary::<i8>()?.into()),
            6 => u64::MAX - u64::from(u.arbitrary::<u8>()?),
            _ => u.arbitrary()?,
        }))
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (2, Some(9))
    }
}
