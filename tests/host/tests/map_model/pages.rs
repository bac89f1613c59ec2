//! Advice, locks and questions, which change no byte.

use super::{Span, Step, fits, out_of_bounds, span};
use baremap::map::{Advice, Pages, Protection};
use baremap::{Errno, Error, Reason, page};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    Advise(Advice),
    Lock,
    LockOnFault,
    Unlock,
    /// With an array that is too long by so much.
    Residency(usize),
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) struct Ask {
    request: Request,
    span: Span,
}

pub(crate) const ADVICE: [Advice; 15] = [
    Advice::Normal,
    Advice::Sequential,
    Advice::WillNeed,
    Advice::Cold,
    Advice::PageOut,
    Advice::Mergeable,
    Advice::Unmergeable,
    Advice::HugePage,
    Advice::NoHugePage,
    // These two cut a map in pieces, everywhere.
    Advice::Random,
    Advice::DontDump,
    Advice::DontDump,
    Advice::DoDump,
    Advice::DoFork,
    Advice::KeepOnFork,
];

pub(crate) fn ask() -> impl Strategy<Value = Ask> {
    let advice = prop::sample::select(&ADVICE);
    let request = prop_oneof![
        4 => advice.prop_map(Request::Advise),
        2 => Just(Request::Lock),
        1 => Just(Request::LockOnFault),
        2 => Just(Request::Unlock),
        1 => (0..2_usize).prop_map(Request::Residency),
    ];
    (request, span()).prop_map(|(request, span)| Ask { request, span })
}

/// What advice and locks have done to a map, which some operations fail for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// A page may be locked.
    pub(crate) locked: bool,
    /// It may be in pieces.
    pub(crate) cut: bool,
}

impl Held {
    pub(crate) fn and(self, other: Held) -> Held {
        Held { locked: self.locked || other.locked, cut: self.cut || other.cut }
    }
}

/// Asks the pages of a map of `size` bytes that begin `lead` bytes after the start of a page.
pub(crate) fn apply<P: Protection>(
    ask: &Ask,
    pages: Pages<'_, P>,
    lead: usize,
    size: usize,
    held: &mut Held,
) -> Step {
    let (at, len) = ask.span.resolve(size);
    let range = match pages.range(at, len) {
        Ok(range) => range,
        Err(error) => {
            prop_assert!(!fits(at, len, size));
            return out_of_bounds(error, at, len, size);
        }
    };
    prop_assert!(fits(at, len, size), "{len} bytes from {at} of {size}");
    let count = count(lead + at, len);
    prop_assert_eq!(range.count(), count);
    let is_whole = count == self::count(lead, size);
    match ask.request {
        Request::Advise(advice) => {
            let documented =
                [Errno::EINVAL, Errno::EAGAIN, Errno::EBADF, Errno::EIO, Errno::ENOMEM, Errno::EPERM];
            fails_with(range.advise(advice), &documented)?;
        }
        Request::Lock => {
            if fails_with(range.lock(), &[Errno::ENOMEM, Errno::EPERM, Errno::EAGAIN])? {
                prop_assert!(range.is_resident().unwrap(), "locked, and not in memory");
            }
            held.locked |= count != 0;
        }
        Request::LockOnFault => {
            fails_with(range.lock_on_fault(), &[Errno::ENOMEM, Errno::EPERM, Errno::EAGAIN, Errno::ENOSYS])?;
            held.locked |= count != 0;
        }
        Request::Unlock => {
            fails_with(range.unlock(), &[])?;
            held.locked &= !is_whole;
        }
        Request::Residency(more) => {
            let (len, expected) = (count + more, count);
            let result = range.residency(&mut vec![false; len]).map_err(Error::reason);
            prop_assert_eq!(
                result,
                if more == 0 { Ok(()) } else { Err(Reason::WrongLength { len, expected }) }
            );
        }
    }
    held.cut |= count != 0 && !is_whole;
    Ok(())
}

/// Asserts that a result is a success or one of these errors, and says which.
pub(crate) fn fails_with(result: Result<(), Error>, errors: &[Errno]) -> Result<bool, TestCaseError> {
    if let Err(error) = result {
        prop_assert!(errors.contains(&error.errno()), "{error:?}, and not one of {errors:?}");
    }
    Ok(result.is_ok())
}

/// Pages that hold `len` bytes, the first of them at `start`.
fn count(start: usize, len: usize) -> usize {
    if len == 0 { 0 } else { (start + len).div_ceil(page::size()) - start / page::size() }
}
