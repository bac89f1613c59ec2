//! A change of a map that failed.

use crate::error::Error;
use core::fmt;

/// What a change of a map comes to: the `New` map, or why there is none, and the `Old` one.
pub type Changed<New, Old> = Result<New, ChangeError<Old>>;

/// Why a map could not be changed, and the map as it was.
///
/// It turns into an [`Error`] where the map is of no more use, by `?` for instance, and the map is unmapped.
///
/// ```
/// use baremap::{Errno, File, FileMap};
///
/// let file = File::open(c"/proc/self/exe")?;
/// let failed = FileMap::read(&file)?.make_mut().unwrap_err();
/// assert_eq!(failed.error().errno(), Errno::EACCES);
/// let map = failed.into_map();
/// assert_eq!(map.len() as u64, file.len()?);
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct ChangeError<M> {
    map: M,
    error: Error,
}

impl<M> ChangeError<M> {
    #[inline(always)]
    pub(super) const fn new(map: M, error: Error) -> Self {
        Self { map, error }
    }

    /// Why.
    #[inline]
    #[must_use]
    pub const fn error(&self) -> Error {
        self.error
    }

    /// The map as it was.
    #[inline]
    #[must_use]
    pub fn into_map(self) -> M {
        self.map
    }
}

impl<M> From<ChangeError<M>> for Error {
    #[inline]
    fn from(failed: ChangeError<M>) -> Self {
        failed.error
    }
}

impl<M> fmt::Display for ChangeError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<M> fmt::Debug for ChangeError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeError({})", self.error)
    }
}

impl<M> core::error::Error for ChangeError<M> {}
