//! How often tests do again, at random, what they have done before.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// All rounds are divided by this.
static DIVISOR: AtomicUsize = AtomicUsize::new(1);

/// From now on there are so many times fewer.
pub(crate) fn divide(divisor: usize) {
    DIVISOR.store(divisor, Relaxed);
}

/// Whether this is a slow machine.
pub(crate) fn are_fewer() -> bool {
    DIVISOR.load(Relaxed) > 1
}

/// So many rounds, or fewer on a slow machine; at least one.
pub(crate) fn rounds(most: usize) -> usize {
    most.div_ceil(DIVISOR.load(Relaxed))
}

/// How far apart the moments are that a test tries one after the other: all of them, or fewer on a slow machine, much fewer, since
/// it takes all steps before a moment to come to it. Odd, so that it is in step with no loop.
pub(crate) fn stride() -> usize {
    DIVISOR.load(Relaxed).pow(3) | 1
}
