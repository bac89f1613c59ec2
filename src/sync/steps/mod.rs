//! The steps on the words, apart from who they are for: how one sleeps and wakes is the caller's business. So a model checker can
//! try them in every order.

pub(super) mod barrier;
pub(super) mod condvar;
pub(super) mod event;
pub(super) mod lock;
pub(super) mod semaphore;

/// What they are made of; their model checker puts its own in their place.
mod atomic {
    pub(super) use core::sync::atomic::AtomicU32;
}

/// What sleeping may come to; their model checker has its own.
mod sleep {
    pub(super) use super::super::sleep::{Slept, spin};
}
