//! The files, where they find what they are made of.

#[path = "../../../../src/sync/steps/barrier.rs"]
pub(super) mod barrier;
#[path = "../../../../src/sync/steps/condvar.rs"]
pub(super) mod condvar;
#[path = "../../../../src/sync/steps/event.rs"]
pub(super) mod event;
#[path = "../../../../src/sync/steps/lock.rs"]
pub(super) mod lock;
#[path = "../../../../src/sync/steps/semaphore.rs"]
pub(super) mod semaphore;

mod atomic {
    pub(super) use loom::sync::atomic::AtomicU32;
}

mod sleep {
    pub(super) use crate::futex::{Slept, spin};
}
