//! Values that go before others.

use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

use super::chunk::{Chunk, List};
use super::{Arena, State};
use crate::alloc::PageSource;

impl<S: PageSource, const MIN_ALIGN: usize> Arena<S, MIN_ALIGN> {
    /// An arena within the arena: what is allocated in the scope goes with the scope, and what was allocated before stays.
    ///
    /// Scopes nest. The scope has what is left of the arena's chunk, and the arena has it again when the scope ends; what is
    /// allocated in the arena meanwhile comes from another chunk, and stays, too.
    ///
    /// ```
    /// use baremap::alloc::{Arena, Scope};
    ///
    /// /// Counts the nodes of a tree; what a node takes on the way is given back on the way.
    /// fn count(scope: &Scope<'_>, depth: u32) -> u32 {
    ///     let children = scope.alloc_slice_fill_copy(2, depth);
    ///     let inner = scope.scope();
    ///     1 + children.iter().filter(|depth| **depth > 0).map(|depth| count(&inner, depth - 1)).sum::<u32>()
    /// }
    ///
    /// let arena = Arena::new();
    /// let stays = arena.alloc("hello");
    /// assert_eq!(count(&arena.scope(), 9), 1023);
    /// assert_eq!((*stays, arena.usage().chunks), ("hello", 1));
    /// ```
    ///
    /// A value does not outlive its scope:
    /// ```compile_fail,E0505
    /// # use baremap::alloc::Arena;
    /// let arena = Arena::new();
    /// let scope = arena.scope();
    /// let value = scope.alloc(1);
    /// drop(scope);
    /// *value += 1;
    /// ```
    /// nor can the arena be reset while there is a scope.
    /// ```compile_fail,E0502
    /// # use baremap::alloc::Arena;
    /// let mut arena = Arena::new();
    /// let scope = arena.scope();
    /// arena.reset();
    /// scope.alloc(1);
    /// ```
    #[inline]
    pub fn scope(&self) -> Scope<'_, S, MIN_ALIGN> {
        Scope::new(&self.state, &self.source)
    }

    /// Where the arena is now, for [`Arena::rollback`]. [`Arena::scope`] does the same safely.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let State { next, end, chunks, .. } = &self.state;
        Checkpoint { chunk: chunks.first(), next: next.get(), end: end.get() }
    }

    /// Gives up, without dropping it, all that was allocated since a checkpoint. A chunk that has become longer stays so until
    /// [`Arena::reset`].
    ///
    /// ```
    /// let arena = baremap::alloc::Arena::new();
    /// let stays = arena.alloc(1);
    /// let checkpoint = arena.checkpoint();
    /// let address = (&raw const *arena.alloc(2)).addr();
    /// // SAFETY: nobody has the 2.
    /// unsafe { arena.rollback(checkpoint) };
    /// assert_eq!((&raw const *arena.alloc(3)).addr(), address);
    /// assert_eq!(*stays, 1);
    /// ```
    ///
    /// # Safety
    /// The checkpoint is this arena's. Since it was made the arena was neither reset nor rolled back to an earlier one, and
    /// nothing that was allocated or grown since is used any more. No scope of the arena is open, and none was when it was
    /// made.
    pub unsafe fn rollback(&self, checkpoint: Checkpoint) {
        let left = List::new();
        while self.state.chunks.first() != checkpoint.chunk
            && let Some(chunk) = self.state.chunks.pop()
        {
            left.push(chunk);
        }
        self.state.next.set(checkpoint.next);
        // The chunk may have become longer.
        self.state.end.set(checkpoint.chunk.map_or(checkpoint.end, Chunk::end));
        self.state.keep(&left, |chunk| self.release(chunk));
    }
}

/// A state of an arena: see [`Arena::rollback`].
#[derive(Clone, Copy)]
pub struct Checkpoint {
    chunk: Option<Chunk>,
    next: NonNull<u8>,
    end: NonNull<u8>,
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({:p})", self.next)
    }
}

/// An arena within an arena: see [`Arena::scope`]. It gives back what was allocated in it when it is dropped; one that is
/// forgotten keeps it for ever.
#[must_use = "what is allocated in a scope goes with it"]
pub struct Scope<'a, S: PageSource = super::AnonPages, const MIN_ALIGN: usize = 8> {
    arena: Arena<&'a S, MIN_ALIGN>,
    outer: Outer<'a>,
}

/// The arena that a scope is of, and what the scope has of it.
struct Outer<'a> {
    state: &'a State,
    chunk: Option<Chunk>,
    next: NonNull<u8>,
    end: NonNull<u8>,
}

impl<'a, S: PageSource, const MIN_ALIGN: usize> Scope<'a, S, MIN_ALIGN> {
    #[inline]
    fn new(state: &'a State, source: &'a S) -> Self {
        let (next, end) = state.leave_chunk();
        let inner = State::new(next, end, state.spare.take(), state.keep.get());
        Self {
            arena: Arena { state: inner, source },
            outer: Outer { state, chunk: state.chunks.first(), next, end },
        }
    }

    /// A scope within the scope, of the same type, so that a function that calls itself can open one; see [`Arena::scope`].
    #[inline]
    pub fn scope(&self) -> Scope<'_, S, MIN_ALIGN> {
        Scope::new(&self.arena.state, self.arena.source)
    }
}

impl<'a, S: PageSource, const MIN_ALIGN: usize> Deref for Scope<'a, S, MIN_ALIGN> {
    type Target = Arena<&'a S, MIN_ALIGN>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.arena
    }
}

impl<S: PageSource, const MIN_ALIGN: usize> Drop for Scope<'_, S, MIN_ALIGN> {
    #[inline]
    fn drop(&mut self) {
        let (inner, outer) = (&self.arena.state, &self.outer);
        // Unless the arena has gone on to another chunk meanwhile.
        if outer.end != Chunk::NOWHERE && outer.state.chunks.first() == outer.chunk {
            outer.state.next.set(outer.next);
            outer.state.end.set(outer.end);
        }
        if inner.chunks.first().is_some() || inner.spare.first().is_some() {
            self.give_back();
        }
    }
}

impl<S: PageSource, const MIN_ALIGN: usize> Scope<'_, S, MIN_ALIGN> {
    /// Keeps the chunks for the arena that the scope is of, as many as it keeps; the rest goes with this arena.
    #[cold]
    fn give_back(&self) {
        let State { chunks, spare, .. } = &self.arena.state;
        for list in [spare.take(), chunks.take()] {
            self.outer.state.keep(&list, |chunk| self.arena.release(chunk));
        }
    }
}
