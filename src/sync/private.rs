//! What locks among threads of one process.

use core::marker::PhantomData;

use super::scope::Word;
use super::steps::lock;
use super::{Deadline, Private};

/// Free, or a thread's.
#[derive(Debug)]
#[repr(transparent)]
pub struct Lock(Word<Private>);

/// It is taken, until this is dropped.
pub struct Token<'a> {
    lock: &'a Lock,
    not_send: PhantomData<*const ()>,
}

impl Lock {
    pub(super) const fn new() -> Self {
        Self(Word::new(0))
    }

    #[inline]
    pub(super) fn try_take(&self) -> Option<Token<'_>> {
        lock::try_take(&self.0.word).then(|| self.token())
    }

    #[inline]
    pub(super) fn take(&self) -> Token<'_> {
        while !lock::try_take(&self.0.word) && !lock::wait(&self.0.word, self.0.sleeper(None)) {}
        self.token()
    }

    #[inline]
    pub(super) fn take_until(&self, deadline: Deadline) -> Option<Token<'_>> {
        let taken = lock::try_take(&self.0.word) || lock::wait(&self.0.word, self.0.sleeper(Some(deadline)));
        taken.then(|| self.token())
    }

    fn token(&self) -> Token<'_> {
        Token { lock: self, not_send: PhantomData }
    }
}

impl Drop for Token<'_> {
    #[inline]
    fn drop(&mut self) {
        if lock::leave(&self.lock.0.word) {
            self.lock.0.wake(1);
        }
    }
}
