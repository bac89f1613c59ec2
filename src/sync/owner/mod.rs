//! Words that say whose something is, and whose owner's death is noticed.
//!
//! | file     | what                                                                            |
//! |----------|---------------------------------------------------------------------------------|
//! | `word`   | the steps on the word: take, announce a waiter, leave                           |
//! | `list`   | the list of such words that the kernel walks when a thread ends                 |
//! | `record` | what is known of a thread: its number, its list, its slots in it                |
//! | `table`  | where a thread finds its record                                                 |
//! | `life`   | whether an owner lives, where the kernel keeps no list                          |
//!
//! A thread that has such a list takes a lock as a *listed* owner: the kernel marks the word when the thread ends, and wakes one
//! who waits. In every other case (QEMU's user mode, a libc whose list is another, a signal handler that came in the middle of
//! a change of the list) the owner is *unlisted*: its word says so, and who waits for it looks every now and then whether it lives.
//! Locks are taken by both kinds of owners, as they come.

use crate::share::Shared;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{
    AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
    fence,
};

use super::sleep::{self, Slept};
use super::{Deadline, ProcessShared};

mod life;
mod list;
mod record;
mod table;
mod word;

use life::Identity;
use list::Node;
use record::Record;
use word::{DIED, THREAD, UNLISTED, WAITERS};

/// What [`word`] is made of; its model checker puts its own in their place.
mod atomic {
    pub(super) use core::sync::atomic::AtomicU32;
}

/// What somebody may own: a lock, an end of a channel. Zeros are nobody's.
///
/// Its layout is that of the kernel's and glibc's robust futexes: 32 bytes lie between the word and what the kernel follows.
#[derive(Default)]
#[repr(C, align(8))]
pub struct Owner {
    word: AtomicU32,
    /// For what it is that is owned.
    pub(crate) state: AtomicU32,
    /// An unlisted owner's [`Identity`].
    identity: AtomicU64,
    _reserved: [AtomicU64; 2],
    /// For the kernel. Nobody else ever reads it: others may have stored anything there.
    next: AtomicUsize,
}

static_assertions::assert_eq_size!(Owner, [u8; 40]);
static_assertions::const_assert_eq!(core::mem::offset_of!(Owner, next) as isize, -list::FUTEX_OFFSET);

// SAFETY: atomic numbers and nothing else, without padding. The address in `next` is not followed by anybody but the kernel.
unsafe impl Shared for Owner {}

/// Why something is not this thread's now.
///
/// As wide as what is in its place otherwise: a byte there would have the compiler take that apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Refused {
    /// It is somebody's.
    Held,
    /// It is this thread's already.
    Own,
    /// It was somebody's until the deadline.
    TimedOut,
}

/// What a look at the word says of the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// There is none.
    Free,
    /// There is one; that it has died may not have been noticed yet.
    Held,
    /// It has died, and there is none since.
    Died,
}

/// It is this thread's, until this is dropped. In a forked child, which does not own what its parent does, that does nothing.
pub(crate) struct Taken<'a> {
    owner: &'a Owner,
    /// The record, and the slot, if it is on the list.
    listed: Option<(&'static Record, NonNull<Node>)>,
    /// The word, but for who waits; above it, whether the last owner has died with it. In one number, which the compiler does not
    /// put together from two in memory: that would take a quarter of the time of an uncontended lock.
    me_and_died: u64,
    /// A thread's list is its own.
    not_send: PhantomData<*const ()>,
}

impl Owner {
    /// Nobody's.
    pub(crate) const fn new() -> Self {
        Self {
            word: AtomicU32::new(0),
            state: AtomicU32::new(0),
            identity: AtomicU64::new(0),
            _reserved: [const { AtomicU64::new(0) }; 2],
            next: AtomicUsize::new(0),
        }
    }

    /// Takes it, if that is simple: it is nobody's, nobody waits, and this thread has a record. Otherwise [`Owner::take`] knows more.
    #[inline(always)]
    pub(crate) fn take_quickly(&self) -> Option<Taken<'_>> {
        let (record, thread) = table::this_thread()?;
        let session = record.begin(&self.next)?;
        if self.word.compare_exchange(0, thread, Acquire, Relaxed).is_err() {
            session.cancel();
            return None;
        }
        let slot = session.add(&self.next);
        Some(Taken::new(self, Some((record, slot)), thread, false))
    }

    /// Takes it, if it is nobody's.
    ///
    /// # Errors
    /// [`Refused::Held`], [`Refused::Own`].
    #[cold]
    pub(crate) fn try_take(&self) -> Result<Taken<'_>, Refused> {
        self.take_by(|me, seen| self.take_from_dead(me, seen))
    }

    /// Takes it, and waits for that at most until the deadline.
    ///
    /// # Errors
    /// [`Refused::TimedOut`], [`Refused::Own`].
    #[cold]
    pub(crate) fn take(&self, deadline: Option<&Deadline>) -> Result<Taken<'_>, Refused> {
        self.take_by(|me, seen| self.wait(me, seen, deadline))
    }

    /// What this thread has taken, and has forgotten, and whether the last owner had died with it.
    ///
    /// # Safety
    /// It is forgotten: of two that are dropped, the second one would give back what is another's by then.
    pub(crate) unsafe fn taken_again(&self, died: bool) -> Option<Taken<'_>> {
        let word = self.word.load(Relaxed);
        let me = word & (THREAD | UNLISTED);
        if word & UNLISTED != 0 {
            return (me & THREAD == table::this_number()).then(|| Taken::new(self, None, me, died));
        }
        let (record, thread) = table::this_thread().filter(|&(_, thread)| thread == me)?;
        let slot = record.slot_before(&self.next)?;
        Some(Taken::new(self, Some((record, slot)), thread, died))
    }

    /// Takes it, or does `otherwise` with this thread's word and the one that was there.
    fn take_by(
        &self,
        otherwise: impl FnOnce(u32, u32) -> Result<bool, Refused>,
    ) -> Result<Taken<'_>, Refused> {
        let Some((record, thread)) = table::this_thread() else { return self.take_unlisted(otherwise) };
        let Some(session) = record.begin(&self.next) else { return self.take_unlisted(otherwise) };
        // From here on it is pending: if this thread is killed after it was woken, the kernel wakes the next one.
        match word::try_take(&self.word, thread).or_else(|seen| otherwise(thread, seen)) {
            Ok(died) => {
                let slot = session.add(&self.next);
                Ok(Taken::new(self, Some((record, slot)), thread, died))
            }
            Err(refused) => {
                session.cancel();
                Err(refused)
            }
        }
    }

    #[cold]
    fn take_unlisted(
        &self,
        otherwise: impl FnOnce(u32, u32) -> Result<bool, Refused>,
    ) -> Result<Taken<'_>, Refused> {
        let thread = table::this_number();
        let me = thread | UNLISTED;
        let died = word::try_take(&self.word, me).or_else(|seen| otherwise(me, seen))?;
        self.identity.store(Identity::now(thread).0, Relaxed);
        Ok(Taken::new(self, None, me, died))
    }

    /// For who does not wait: an owner that has died may be found out here too.
    #[cold]
    fn take_from_dead(&self, me: u32, seen: u32) -> Result<bool, Refused> {
        let refused = if seen & THREAD == me & THREAD { Refused::Own } else { Refused::Held };
        match self.mark_if_dead(seen) {
            true => word::try_take(&self.word, me).map_err(|_| Refused::Held),
            false => Err(refused),
        }
    }

    /// Waits until it has taken it, and says whether the last owner has died with it.
    #[cold]
    fn wait(&self, me: u32, mut seen: u32, deadline: Option<&Deadline>) -> Result<bool, Refused> {
        if self.is_own(seen, me) {
            return Err(Refused::Own);
        }
        let attempt = || {
            // Whoever comes while others are asleep sleeps too.
            let word = self.word.load(Relaxed);
            match word & THREAD {
                0 => word::try_take(&self.word, me).ok().map(Ok),
                _ => (word & WAITERS != 0).then_some(Err(word)),
            }
        };
        match sleep::spin(attempt) {
            Some(Ok(died)) => return Ok(died),
            Some(Err(word)) => seen = word,
            None => {}
        }
        loop {
            let slept = match word::announce(&self.word, seen) {
                Ok(announced) => sleep::sleep::<ProcessShared>(&self.word, announced, deadline),
                Err(_) if deadline.is_some_and(Deadline::is_over) => Slept::Over,
                Err(_) => Slept::Woken,
            };
            if slept == Slept::Long {
                self.mark_if_gone(self.word.load(Relaxed));
            }
            match word::try_take(&self.word, me) {
                Ok(died) => return Ok(died),
                Err(_) if slept == Slept::Over => return Err(Refused::TimedOut),
                Err(word) => seen = word,
            }
        }
    }

    fn is_own(&self, seen: u32, me: u32) -> bool {
        seen & THREAD == me & THREAD && !self.mark_if_dead(seen)
    }

    /// Marks the death of an unlisted owner. Whether there was one to mark.
    #[cold]
    fn mark_if_dead(&self, seen: u32) -> bool {
        let identity = Identity(self.identity.load(Relaxed));
        seen & UNLISTED != 0 && life::is_over(seen & THREAD, identity) && word::mark_dead(&self.word, seen)
    }

    /// As [`Owner::mark_if_dead`], for listed owners too, after a while: the kernel may not have come to this entry of the list, if
    /// another lock of the dead thread lay in memory that was gone, or in which somebody had stored something else.
    #[cold]
    fn mark_if_gone(&self, seen: u32) -> bool {
        match seen & THREAD {
            0 => false,
            _ if seen & UNLISTED != 0 => self.mark_if_dead(seen),
            thread => life::is_gone(thread) && word::mark_dead(&self.word, seen),
        }
    }

    /// What the word says of the owner.
    #[inline]
    pub(crate) fn look(&self) -> Seen {
        let word = self.word.load(Acquire);
        match word & THREAD {
            0 if word & DIED != 0 => Seen::Died,
            0 => Seen::Free,
            _ => Seen::Held,
        }
    }

    /// As [`Owner::look`], after having found out whether the owner lives, where the kernel does not say so.
    pub(crate) fn look_closely(&self) -> Seen {
        self.mark_if_dead(self.word.load(Relaxed));
        self.look()
    }

    /// Says that somebody is going to sleep on the word, and what it is now. Who looks after that whether there is a reason to
    /// sleep sees what the owner has done, or the owner sees the bit.
    pub(crate) fn announce(&self) -> u32 {
        let word = self.word.fetch_or(WAITERS, AcqRel) | WAITERS;
        fence(SeqCst);
        word
    }

    /// The word, for who sleeps on several at once after [`Owner::announce`].
    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.word
    }

    /// Sleeps until the owner calls [`Taken::wake`], leaves or dies; not at all if `is_ready` says so after it was announced
    /// that somebody is going to sleep. It may also end for no reason: look again.
    pub(crate) fn sleep(&self, deadline: Option<&Deadline>, is_ready: impl FnOnce() -> bool) -> Slept {
        let word = self.announce();
        if is_ready() {
            return Slept::Woken;
        }
        let slept = sleep::sleep::<ProcessShared>(&self.word, word, deadline);
        match slept {
            Slept::Long => self.mark_if_gone(self.word.load(Relaxed)),
            Slept::Over => self.mark_if_dead(self.word.load(Relaxed)),
            Slept::Woken => false,
        };
        slept
    }
}

impl<'a> Taken<'a> {
    #[inline(always)]
    fn new(owner: &'a Owner, listed: Option<(&'static Record, NonNull<Node>)>, me: u32, died: bool) -> Self {
        Self {
            owner,
            listed,
            me_and_died: u64::from(me) | u64::from(died) << u32::BITS,
            not_send: PhantomData,
        }
    }

    /// The word, but for who waits.
    #[inline(always)]
    fn me(&self) -> u32 {
        self.me_and_died as u32
    }

    /// Whether the last owner has died with it.
    #[inline(always)]
    pub(crate) fn was_dead(&self) -> bool {
        self.me_and_died >> u32::BITS != 0
    }

    /// As if the last owner had not died.
    pub(crate) fn forget_death(&mut self) {
        self.me_and_died = self.me().into();
    }

    /// What was taken.
    #[inline(always)]
    pub(crate) fn owner(&self) -> &'a Owner {
        self.owner
    }

    /// Whether it is this thread's still: it is not in a forked child, nor where another process has stored something else.
    pub(crate) fn is_held(&self) -> bool {
        self.is_this_thread() && self.owner.word.load(Relaxed) & !WAITERS & !DIED == self.me()
    }

    /// Wakes all who sleep by [`Owner::sleep`]. What was stored before is seen by them, and by who is just going to sleep.
    #[inline(always)]
    pub(crate) fn wake(&self) {
        fence(SeqCst);
        self.wake_after_exchange();
    }

    /// As [`Taken::wake`], after a sequentially consistent exchange of what the sleepers look at: on x86_64 that is the barrier.
    #[inline(always)]
    pub(crate) fn wake_after_exchange(&self) {
        if self.owner.word.load(SeqCst) & WAITERS != 0 {
            self.wake_sleepers();
        }
    }

    #[cold]
    fn wake_sleepers(&self) {
        self.owner.word.fetch_and(!WAITERS, AcqRel);
        sleep::wake::<ProcessShared>(&self.owner.word, u32::MAX);
    }

    fn is_this_thread(&self) -> bool {
        match self.listed {
            Some((record, _)) => record.thread() == Some(self.me()) && table::is_still(self.me()),
            None => table::this_number() == self.me() & THREAD,
        }
    }

    #[cold]
    fn wake_next(&self) {
        let count = sleep::wake::<ProcessShared>(&self.owner.word, 1);
        word::woke(&self.owner.word, count);
    }

    #[cold]
    fn leave_unlisted(&self) {
        if !self.is_this_thread() {
            return;
        }
        // So that the next one, before it has come to store its own, is not judged by this.
        self.owner.identity.store(0, Relaxed);
        if word::leave(&self.owner.word, self.me()) {
            self.wake_next();
        }
    }
}

impl Drop for Taken<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        let Some((record, slot)) = self.listed else { return self.leave_unlisted() };
        if !table::is_still(self.me()) {
            return;
        }
        let Some(leaving) = record.begin_to_leave(self.me(), slot, &self.owner.next) else { return };
        if word::leave(&self.owner.word, self.me()) {
            self.wake_next();
        }
        leaving.end();
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.word.load(Relaxed) & THREAD {
            0 => write!(f, "Owner({:?})", self.look()),
            thread => write!(f, "Owner(thread {thread})"),
        }
    }
}

/// How the death of who holds a lock is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The kernel walks a list of the thread's locks, and wakes who waits.
    RobustList,
    /// Who waits looks ten times a second whether the owner lives, as a thread of this number, which it does also after an execve(2): in QEMU's user mode, which has no such lists, and in a thread
    /// whose libc has a list of another kind, as musl's is.
    OwnerCheck,
}

/// The [`Engine`] for locks that this thread takes.
///
/// ```
/// use baremap::sync::{self, Engine};
///
/// let robust = sync::engine() == Engine::RobustList;
/// assert!(robust || !baremap::Caps::ROBUST_LISTS.work());
/// ```
#[must_use]
pub fn engine() -> Engine {
    if table::this_thread().is_some() { Engine::RobustList } else { Engine::OwnerCheck }
}
