//! A thread's list of robust futexes, as the kernel and glibc know it.
//!
//! The kernel walks the list of a thread that ends, from a head that it was told of: each entry is the address of a word that holds
//! the address of the next one, and so many bytes before the entry stands the word of the lock. It writes `FUTEX_OWNER_DIED` into
//! those that say that the dead thread is the owner.
//!
//! glibc links its locks both ways and writes to the neighbours of one that it adds or takes away. Locks lie in memory that others
//! can change or that may have gone. So none of this crate's locks has another lock for a neighbour, but nodes in memory of the
//! thread's own: a *run*, which goes to the front of the list once and stays.
//!
//! ```text
//! head → (glibc's) → slot → LOCK → slot → slot → LOCK → slot → last → (what was first before)
//! ```
//!
//! A lock is put behind a slot and taken away by stores to the slot alone. What stands in a lock's own `next` is for the kernel,
//! and is never read here.

use core::ptr;
use core::sync::atomic::{
    AtomicIsize, AtomicU32, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};

/// From an entry to its word: the place of `__data.__lock` in glibc's `pthread_mutex_t`, seen from `__data.__list.__next`.
pub(super) const FUTEX_OFFSET: isize = -32;
/// In the address of an entry: it is one of a lock with priority inheritance.
const PI: usize = 1;

/// The head that the kernel is told of.
#[repr(C)]
pub(super) struct Head {
    first: AtomicUsize,
    futex_offset: AtomicIsize,
    /// The entry that is just being added or taken away.
    pub(super) pending: AtomicUsize,
}

/// A head, with the word before it in which glibc keeps the last entry.
#[repr(C)]
pub(super) struct OwnHead {
    last: AtomicUsize,
    head: Head,
}

/// An entry that lies in this thread's own memory.
#[repr(C)]
pub(super) struct Node {
    /// 0, so that the kernel passes over it, but for the one that says which thread this is.
    pub(super) word: AtomicU32,
    /// Of a slot: whether it was given back by a handler that interrupted this thread, and is on no list of free ones.
    returned: AtomicU32,
    /// The entry that follows when no lock does.
    after: AtomicUsize,
    /// The address of the next slot that is free.
    pub(super) next_free: AtomicUsize,
    /// What glibc takes for the entry before.
    previous: AtomicUsize,
    next: AtomicUsize,
}

static_assertions::const_assert_eq!(core::mem::offset_of!(Node, next) as isize, -FUTEX_OFFSET);

impl OwnHead {
    /// Makes it an empty list, and gives it as the kernel wants it.
    pub(super) fn reset(&self) -> &Head {
        let address = self.head.address();
        self.last.store(address, Relaxed);
        self.head.first.store(address, Relaxed);
        self.head.futex_offset.store(FUTEX_OFFSET, Relaxed);
        self.head.pending.store(0, Relaxed);
        &self.head
    }
}

impl Head {
    /// What the kernel and the list's members know it by.
    pub(super) fn address(&self) -> usize {
        (&raw const *self).expose_provenance()
    }

    /// Whether it is such a list as glibc's: with its offset, and linked both ways. Nothing is being changed there.
    pub(super) fn is_like_glibcs(&self) -> bool {
        self.futex_offset.load(Relaxed) == FUTEX_OFFSET
            && self.pending.load(Relaxed) == 0
            && previous_of(self.first.load(Relaxed)).load(Relaxed) == self.address()
    }

    /// Puts a run of nodes, which are linked, to the front.
    pub(super) fn push(&self, run: &[Node]) {
        let [front, .., last] = run else { return };
        let first = self.first.load(Relaxed);
        front.previous.store(self.address(), Relaxed);
        last.next.store(first, Relaxed);
        compiler_fence(SeqCst);
        previous_of(first).store(last.entry(), Relaxed);
        compiler_fence(SeqCst);
        self.first.store(front.entry(), Relaxed);
    }
}

/// The word before an entry's.
fn previous_of<'a>(entry: usize) -> &'a AtomicUsize {
    let address = (entry & !PI) - size_of::<usize>();
    // SAFETY: an entry of a list that is linked both ways, of this thread; whoever else uses the word is this thread too.
    unsafe { &*ptr::with_exposed_provenance(address) }
}

impl Node {
    /// Its address in the list.
    fn entry(&self) -> usize {
        (&raw const self.next).expose_provenance()
    }

    /// Links nodes with each other. The last one is followed by whatever the list has behind them.
    pub(super) fn link(run: &[Node]) {
        for pair in run.windows(2) {
            let [node, after] = pair else { continue };
            node.word.store(0, Relaxed);
            node.returned.store(0, Relaxed);
            node.after.store(after.entry(), Relaxed);
            node.next.store(after.entry(), Relaxed);
        }
    }

    /// Puts a run of nodes, which are linked, behind this node, which is no slot.
    pub(super) fn follow_with(&self, run: &[Node]) {
        let [front, .., last] = run else { return };
        last.next.store(self.next.load(Relaxed), Relaxed);
        compiler_fence(SeqCst);
        self.next.store(front.entry(), Relaxed);
    }

    /// Puts a lock behind this slot; `next` is the lock's own word for the kernel.
    #[inline(always)]
    pub(super) fn add(&self, next: &AtomicUsize) {
        next.store(self.after.load(Relaxed), Relaxed);
        compiler_fence(SeqCst);
        self.next.store((&raw const *next).expose_provenance(), Relaxed);
    }

    /// Whether that lock is behind this slot.
    pub(super) fn is_before(&self, next: &AtomicUsize) -> bool {
        self.next.load(Relaxed) == (&raw const *next).addr()
    }

    /// Takes the lock behind this slot away.
    #[inline(always)]
    pub(super) fn remove(&self) {
        self.next.store(self.after.load(Relaxed), Relaxed);
    }

    /// Says that the slot is free, though on no list.
    pub(super) fn set_returned(&self) {
        self.returned.store(1, Relaxed);
    }

    /// Whether the slot is free, though on no list. The next one who asks hears that it is not.
    pub(super) fn take_returned(&self) -> bool {
        let returned = self.returned.load(Relaxed) != 0;
        self.returned.store(0, Relaxed);
        returned
    }
}
