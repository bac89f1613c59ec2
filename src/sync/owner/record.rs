//! What is known of a thread: its number, its list of robust futexes, and the slots in it.

use crate::sys::{self, Advice, MapFlags, ProtFlags, RobustListHead};
use crate::{Errno, page};
use core::ptr::{self, NonNull};
use core::slice;
use core::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    compiler_fence,
};

use super::list::{Head, Node, OwnHead};
use super::word::{DIED, THREAD, UNLISTED};

/// The slots that a record has from the start; before them is the thread's own node, and behind them the last one.
const SLOTS: usize = 9;
/// The nodes of each further run, the last one among them, and how many such runs a thread may have: the kernel looks at no more
/// than 2,048 entries, of which a lock that is held takes two.
const MORE_NODES: usize = 100;
const MOST_RUNS: usize = 9;

/// A thread, in memory that is all zero in a forked child.
#[repr(C, align(64))]
pub(super) struct Record {
    /// The address of the first free slot, or 0.
    free: AtomicUsize,
    /// The address of the list's head.
    head: AtomicUsize,
    /// By what the thread is found; 0 is nobody.
    pub(super) key: AtomicUsize,
    /// The address of the last further run.
    more: AtomicUsize,
    /// The head, where the thread had none.
    own: OwnHead,
    nodes: [Node; SLOTS + 2],
}

static_assertions::assert_eq_size!(Record, [u8; 512]);

/// Further slots, in a page of their own. A forked child does not know of it.
#[repr(C)]
struct Run {
    /// The address of the run before.
    before: AtomicUsize,
    nodes: [Node; MORE_NODES],
}

// The smallest page has room for it.
static_assertions::const_assert!(size_of::<Run>() <= 1 << 12);

/// A list into which nobody else can come: handlers that interrupt this thread see that something is pending.
pub(super) struct Session {
    record: &'static Record,
    /// Not read from the record again: a handler may have forked, and in the child the record is gone.
    head: NonNull<Head>,
    slot: NonNull<Node>,
}

impl Record {
    /// The word of the record's own node. The kernel writes [`DIED`] there when the thread ends.
    #[inline(always)]
    fn word(&self) -> &core::sync::atomic::AtomicU32 {
        &self.nodes[0].word
    }

    /// The thread's number, if the record is that of a thread that lives.
    #[inline(always)]
    pub(super) fn thread(&self) -> Option<u32> {
        let word = self.word().load(Relaxed);
        // What is claimed and not made yet has UNLISTED, which no number has.
        (word != 0 && word & !THREAD == 0).then_some(word)
    }

    /// Whether somebody is making it.
    pub(super) fn is_claimed(&self) -> bool {
        self.word().load(Relaxed) == UNLISTED
    }

    /// Makes it the caller's to fill, if it is nobody's.
    pub(super) fn claim(&self) -> bool {
        let word = self.word().load(Relaxed);
        (word == 0 || word & DIED != 0)
            && self.word().compare_exchange(word, UNLISTED, Acquire, Relaxed).is_ok()
    }

    /// Makes it the caller's to fill, whose it was in another process or an earlier life.
    pub(super) fn reclaim(&self) {
        self.word().store(UNLISTED, Relaxed);
    }

    /// Gives a claimed record back.
    fn release(&self) {
        self.key.store(0, Relaxed);
        self.word().store(0, Release);
    }

    /// Makes a claimed record this thread's. Where it has a list of another kind, or is just changing it, that is not possible now.
    ///
    /// # Errors
    /// `ENOSYS`: the kernel has no such lists.
    pub(super) fn fill(&'static self, thread: u32) -> Result<bool, Errno> {
        let filled = self.try_fill();
        match filled {
            Ok(true) => self.word().store(thread, Release),
            _ => self.release(),
        }
        filled
    }

    fn try_fill(&'static self) -> Result<bool, Errno> {
        let registered = sys::get_robust_list(None)?;
        let head = match NonNull::new(registered) {
            // SAFETY: the kernel's head of this thread, which is there as long as the thread is.
            Some(head) => unsafe { head.cast::<Head>().as_ref() },
            None => self.own.reset(),
        };
        if !head.is_like_glibcs() {
            return Ok(false);
        }
        self.head.store(head.address(), Relaxed);
        self.free.store(0, Relaxed);
        for run in self.runs() {
            self.add(head, run);
        }
        // The thread's own node comes before the slots.
        let [_, slots @ .., _] = &self.nodes;
        self.add(head, &self.nodes);
        self.set_free(slots);
        if registered.is_null() {
            let head: *mut RobustListHead = ptr::with_exposed_provenance_mut(head.address());
            // SAFETY: the thread has no list yet, and the record is the thread's as long as that lives.
            unsafe { sys::set_robust_list(head) }?;
        }
        Ok(true)
    }

    fn add(&self, head: &Head, run: &'static [Node]) {
        Node::link(run);
        head.push(run);
    }

    /// Puts slots before those that are free.
    fn set_free(&self, slots: &'static [Node]) {
        for slot in slots {
            slot.next_free.store(self.free.load(Relaxed), Relaxed);
            self.free.store((&raw const *slot).expose_provenance(), Relaxed);
        }
    }

    /// The nodes of the further runs.
    fn runs(&self) -> impl Iterator<Item = &'static [Node]> {
        let run = |address: usize| {
            // SAFETY: 0, or the address of a run, which is never unmapped.
            unsafe { ptr::with_exposed_provenance::<Run>(address).as_ref::<'static>() }
        };
        let first = run(self.more.load(Relaxed));
        core::iter::successors(first, move |of| run(of.before.load(Relaxed))).map(|run| &run.nodes[..])
    }

    /// Whether the kernel would walk this record's list if the thread ended.
    pub(super) fn is_registered(&self) -> bool {
        sys::get_robust_list(None).is_ok_and(|head| head.addr() == self.head.load(Relaxed))
    }

    /// Begins to take a lock, by its word for the kernel: `None` if this interrupts another change of the list, or too many locks
    /// are held.
    #[inline(always)]
    pub(super) fn begin(&'static self, next: &AtomicUsize) -> Option<Session> {
        let head = self.head()?;
        // SAFETY: the head is there as long as the thread.
        let pending = unsafe { &head.as_ref().pending };
        // Where it is not 0, this interrupts a change of the list, by this crate or by glibc, whose lock must not be forgotten.
        if pending.load(Relaxed) != 0 {
            return None;
        }
        pending.store((&raw const *next).expose_provenance(), Relaxed);
        // Before a look at the slots: a handler in between may take one and keep it.
        compiler_fence(SeqCst);
        let mut free = self.free.load(Relaxed);
        if free == 0 {
            free = self.find_slot();
        }
        if free == 0 {
            compiler_fence(SeqCst);
            pending.store(0, Relaxed);
            return None;
        }
        // SAFETY: an address in `free` that is not 0 is a slot's.
        let slot = unsafe { NonNull::new_unchecked(ptr::with_exposed_provenance_mut(free)) };
        Some(Session { record: self, head, slot })
    }

    /// Begins to leave a lock, which is behind that slot, if this thread is `thread` still and no forked child.
    ///
    /// The pending entry that was there comes back by [`Leaving::end`].
    #[inline(always)]
    pub(super) fn begin_to_leave(
        &'static self,
        thread: u32,
        slot: NonNull<Node>,
        next: &AtomicUsize,
    ) -> Option<Leaving> {
        let head = self.head()?;
        // After the head: where a handler forks in between, the child must not go by a head of 0.
        compiler_fence(SeqCst);
        if self.word().load(Relaxed) != thread {
            return None;
        }
        // SAFETY: the head is there as long as the thread.
        let pending = unsafe { &head.as_ref().pending };
        let before = pending.load(Relaxed);
        pending.store((&raw const *next).expose_provenance(), Relaxed);
        compiler_fence(SeqCst);
        // SAFETY: a slot is never unmapped.
        unsafe { slot.as_ref() }.remove();
        compiler_fence(SeqCst);
        Some(Leaving { session: Session { record: self, head, slot }, before })
    }

    /// The slot behind which a lock is, by its word for the kernel.
    pub(super) fn slot_before(&'static self, next: &AtomicUsize) -> Option<NonNull<Node>> {
        // Those of the record first: few threads hold more locks than these.
        let mut slots = [&self.nodes[..]].into_iter().chain(self.runs()).flatten();
        slots.find(|slot| slot.is_before(next)).map(NonNull::from)
    }

    #[inline(always)]
    fn head(&self) -> Option<NonNull<Head>> {
        NonNull::new(ptr::with_exposed_provenance_mut(self.head.load(Relaxed)))
    }

    /// A slot, where there is none on the list of free ones; 0 is none.
    #[cold]
    fn find_slot(&'static self) -> usize {
        let found = self.find_returned().or_else(|| self.grow()).unwrap_or(0);
        self.free.store(found, Relaxed);
        found
    }

    /// What handlers have given back while the list was busy: one slot, with no other behind it.
    fn find_returned(&'static self) -> Option<usize> {
        let mut slots = self.runs().chain([&self.nodes[..]]).flatten();
        let slot = slots.find(|slot| slot.take_returned())?;
        slot.next_free.store(0, Relaxed);
        Some((&raw const *slot).expose_provenance())
    }

    /// Maps another run.
    fn grow(&'static self) -> Option<usize> {
        if self.runs().count() >= MOST_RUNS {
            return None;
        }
        let address = map(page::size(), Advice::WIPEONFORK).ok()?;
        // SAFETY: zeros, mapped for ever, and large enough.
        let run: &'static Run = unsafe { address.cast().as_ref() };
        run.before.store(self.more.load(Relaxed), Relaxed);
        // Behind the record's own node, which comes first: whatever keeps the kernel from the others, it comes to that one.
        Node::link(&run.nodes);
        self.nodes[0].follow_with(&run.nodes);
        self.more.store((&raw const *run).expose_provenance(), Relaxed);
        let [slots @ .., _] = &run.nodes;
        let mut next = 0;
        for slot in slots {
            slot.next_free.store(next, Relaxed);
            next = (&raw const *slot).expose_provenance();
        }
        Some(next)
    }
}

impl Session {
    /// The lock has been taken: puts it on the list. Its slot is what leaving takes.
    #[inline(always)]
    pub(super) fn add(self, next: &AtomicUsize) -> NonNull<Node> {
        // SAFETY: as it was begun.
        let slot = unsafe { self.slot.as_ref() };
        slot.add(next);
        self.record.free.store(slot.next_free.load(Relaxed), Relaxed);
        self.end(0);
        self.slot
    }

    /// The lock has not been taken.
    #[inline(always)]
    pub(super) fn cancel(self) {
        self.end(0);
    }

    #[inline(always)]
    fn end(&self, pending: usize) {
        compiler_fence(SeqCst);
        // SAFETY: the head is there as long as the thread.
        unsafe { self.head.as_ref() }.pending.store(pending, Relaxed);
    }
}

/// A lock that is off the list, and whose word still says that it is this thread's.
pub(super) struct Leaving {
    session: Session,
    /// What was pending, of a change that this one interrupts.
    before: usize,
}

impl Leaving {
    /// The word is given up, and who waits was woken.
    #[inline(always)]
    pub(super) fn end(self) {
        // SAFETY: as in `begin_to_leave`.
        let slot = unsafe { self.session.slot.as_ref() };
        if self.before != 0 {
            // The list of free slots is not to be touched.
            slot.set_returned();
        } else {
            let free = &self.session.record.free;
            slot.next_free.store(free.load(Relaxed), Relaxed);
            free.store(self.session.slot.as_ptr().expose_provenance(), Relaxed);
        }
        self.session.end(self.before);
    }
}

/// Maps zeros for ever; the advice says what a child has of them.
pub(super) fn map(len: usize, in_children: Advice) -> Result<NonNull<u8>, Errno> {
    let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
    // SAFETY: the kernel chooses the address; the memory is this function's own until it returns.
    unsafe {
        let start = sys::mmap_anonymous(ptr::null_mut(), len, prot, flags)?;
        if let Err(errno) = sys::madvise(start, len, in_children) {
            sys::munmap(start, len)?;
            return Err(errno);
        }
        NonNull::new(start).ok_or(Errno::ENOMEM)
    }
}

/// The records of a table.
///
/// # Safety
/// The table has so many, and is never unmapped.
#[inline(always)]
pub(super) unsafe fn table(start: NonNull<Record>, count: usize) -> &'static [Record] {
    // SAFETY: passed on to the caller; zeros are records.
    unsafe { slice::from_raw_parts(start.as_ptr(), count) }
}
