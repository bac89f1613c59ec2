//! What a test leaves behind in its own process.

use crate::support::proc;
use core::fmt;

/// How much of what can leak a process has. `None` where /proc is not mounted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Resources {
    descriptors: usize,
    maps: Option<usize>,
}

impl Resources {
    pub(super) fn now() -> Self {
        Self { descriptors: proc::descriptors(), maps: proc::maps() }
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} open descriptors", self.descriptors)?;
        self.maps.map_or(Ok(()), |maps| write!(f, ", {maps} maps"))
    }
}
