//! Who synchronises.

use crate::sys::FutexScope;
use core::marker::PhantomData;
use core::sync::atomic::AtomicU32;

use super::owner::Owner;
use super::{mutex, private, sleep};

/// Processes that map the same memory, and their threads.
#[derive(Clone, Copy, Debug)]
pub enum ProcessShared {}

/// Threads of one process: faster, since the kernel need not look for what is mapped (`FUTEX_PRIVATE_FLAG`). What has this scope
/// is not [`Shared`](crate::share::Shared).
#[derive(Clone, Copy, Debug)]
pub enum Private {}

/// [`ProcessShared`] or [`Private`].
pub trait Scope: sealed::Sealed {}

impl Scope for ProcessShared {}
impl Scope for Private {}

pub(crate) mod sealed {
    use super::FutexScope;

    pub trait Sealed: Sized {
        /// Where the kernel looks for waiters.
        const FUTEX: FutexScope;
        /// Whether who waits looks again after a while: among processes somebody may be killed before the wake.
        const LOOKS_AGAIN: bool;

        /// What a [`Mutex`](super::super::Mutex) has beside its value.
        type Lock;
        /// That it is locked, until this is dropped.
        type Token<'a>;
    }

    impl Sealed for super::ProcessShared {
        const FUTEX: FutexScope = FutexScope::Shared;
        const LOOKS_AGAIN: bool = true;

        type Lock = super::Owner;
        type Token<'a> = super::mutex::Token<'a>;
    }

    impl Sealed for super::Private {
        const FUTEX: FutexScope = FutexScope::Private;
        const LOOKS_AGAIN: bool = false;

        type Lock = super::private::Lock;
        type Token<'a> = super::private::Token<'a>;
    }
}

/// A futex word for those of a scope.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(super) struct Word<S: Scope> {
    pub(super) word: AtomicU32,
    scope: PhantomData<fn() -> S>,
}

impl<S: Scope> Word<S> {
    pub(super) const fn new(value: u32) -> Self {
        Self { word: AtomicU32::new(value), scope: PhantomData }
    }

    /// A function that sleeps as long as the word is what it is given.
    pub(super) fn sleeper(&self, deadline: Option<super::Deadline>) -> impl Fn(u32) -> sleep::Slept {
        move |expected| sleep::sleep::<S>(&self.word, expected, deadline.as_ref())
    }

    pub(super) fn wake(&self, count: u32) -> usize {
        sleep::wake::<S>(&self.word, count)
    }

    pub(super) fn wake_all(&self) {
        self.wake(u32::MAX);
    }
}
