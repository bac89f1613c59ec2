//! The words that say whose a lock is, with owners and waiters that are killed.

#[path = "../../../../src/sync/owner/word.rs"]
mod word;

mod atomic {
    pub(super) use loom::sync::atomic::AtomicU32;
}

use super::check;
use super::futex::Futex;
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
use word::{DIED, THREAD, WAITERS};

struct World {
    futex: Futex,
    /// Numbers of threads.
    next: AtomicU32,
    /// How often somebody was told of a death.
    told: AtomicU32,
    /// Touched by the owner only: loom says where that is not so.
    value: UnsafeCell<u32>,
}

// SAFETY: loom sees to it that the value is touched in an order.
unsafe impl Sync for World {}

impl World {
    fn new() -> Self {
        let (next, told) = (AtomicU32::new(1), AtomicU32::new(0));
        Self { futex: Futex::new(0), next, told, value: UnsafeCell::new(0) }
    }

    fn number(&self) -> u32 {
        self.next.fetch_add(1, Relaxed)
    }

    /// As `Owner::wait` does it.
    fn take(&self, me: u32) {
        let word = &self.futex.word;
        let mut taken = word::try_take(word, me);
        while let Err(seen) = taken {
            if let Ok(announced) = word::announce(word, seen) {
                self.futex.sleep(announced);
            }
            taken = word::try_take(word, me);
        }
        if taken == Ok(true) {
            self.told.fetch_add(1, Relaxed);
        }
        // SAFETY: loom sees to it that nobody else touches it.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn leave(&self, me: u32) {
        if word::leave(&self.futex.word, me) {
            word::woke(&self.futex.word, self.futex.wake(1));
        }
    }

    /// What the kernel does with a lock of a thread that has ended; `pending` is one that it was taking or leaving.
    fn die(&self, me: u32, pending: bool) {
        let word = &self.futex.word;
        let mut seen = word.load(Relaxed);
        loop {
            match seen & THREAD {
                0 if pending => {
                    self.futex.wake(1);
                    return;
                }
                thread if thread != me => return,
                _ => {}
            }
            // An atomic of the kernel's orders all.
            match word.compare_exchange(
                seen,
                (seen & WAITERS) | DIED,
                loom::sync::atomic::Ordering::AcqRel,
                Relaxed,
            ) {
                Ok(_) => break,
                Err(other) => seen = other,
            }
        }
        if seen & WAITERS != 0 {
            self.futex.wake(1);
        }
    }
}

fn visit(world: &World) {
    let me = world.number();
    world.take(me);
    world.leave(me);
}

fn free(world: &World) {
    assert_eq!(word::try_take(&world.futex.word, 100), Ok(false));
}

#[test]
fn a_lock_is_ones() {
    check(World::new, &[visit, visit], free);
    check(World::new, &[visit, visit, visit], free);
}

#[test]
fn the_next_owner_is_told_of_a_death() {
    fn die(world: &World) {
        let me = world.number();
        world.take(me);
        world.die(me, false);
    }
    // Whoever comes next is told, once; and if nobody does, it stays to be told.
    let told = |world: &World| {
        let told = world.told.load(Relaxed);
        assert_eq!(told + u32::from(word::try_take(&world.futex.word, 100) == Ok(true)), 1);
    };
    check(World::new, &[die, visit], told);
    check(World::new, &[die, visit, visit], told);
}

#[test]
fn who_is_killed_before_it_wakes_anybody_is_no_obstacle() {
    fn die(world: &World) {
        let me = world.number();
        world.take(me);
        let _ = word::leave(&world.futex.word, me);
        world.die(me, true);
    }
    check(World::new, &[die, visit], free);
    check(World::new, &[die, visit, visit], free);
}

#[test]
fn who_is_killed_after_it_was_woken_is_no_obstacle() {
    fn die(world: &World) {
        let me = world.number();
        if let Err(seen) = word::try_take(&world.futex.word, me)
            && let Ok(announced) = word::announce(&world.futex.word, seen)
        {
            world.futex.sleep(announced);
        }
        world.die(me, true);
    }
    check(World::new, &[die, visit], |_| {});
    check(World::new, &[die, visit, visit], |_| {});
}

#[test]
fn one_of_two_finds_the_dead() {
    fn find(world: &World) {
        let me = world.number();
        let seen = world.futex.word.load(Relaxed);
        if seen & THREAD == 1000 && word::mark_dead(&world.futex.word, seen) {
            world.futex.wake(1);
        }
        world.take(me);
        world.leave(me);
    }
    check(
        || {
            let world = World::new();
            world.futex.word.store(1000, Relaxed);
            world
        },
        &[find, find],
        |world| {
            assert_eq!(world.told.load(Relaxed), 1);
            free(world);
        },
    );
}
