//! What goes wrong.

use core::error::Error;
use core::fmt;

/// There is no room: the arena's source is at its limit, or the system out of memory; or the block is longer than any may be.
///
/// Nothing has changed: whatever fits is still allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllocError;

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room for the block: reset the arena, raise the limit of its source, or ask for less")
    }
}

impl Error for AllocError {}

/// There is no room, or there is and the value could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AllocOrInitError<E> {
    /// There is no room.
    Alloc(AllocError),
    /// What the function that makes the value has returned.
    Init(E),
}

impl<E> From<AllocError> for AllocOrInitError<E> {
    fn from(error: AllocError) -> Self {
        Self::Alloc(error)
    }
}

impl<E: fmt::Display> fmt::Display for AllocOrInitError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alloc(error) => error.fmt(f),
            Self::Init(error) => write!(f, "the value could not be made: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for AllocOrInitError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Alloc(error) => Some(error),
            Self::Init(error) => Some(error),
        }
    }
}
