//! Event, semaphore, barrier, condition variable, and the lock among threads.

use super::check;
use super::futex::Futex;
use super::steps::barrier::Arrival;
use super::steps::{barrier, condvar, event, lock, semaphore};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};

struct World {
    one: Futex,
    other: Futex,
    waiters: AtomicU32,
    /// Touched only in an order: loom says where there is none.
    value: UnsafeCell<u32>,
}

// SAFETY: loom sees to it that the value is touched in an order.
unsafe impl Sync for World {}

impl World {
    fn with(one: u32) -> Self {
        Self {
            one: Futex::new(one),
            other: Futex::new(0),
            waiters: AtomicU32::new(0),
            value: UnsafeCell::new(0),
        }
    }

    fn new() -> Self {
        Self::with(0)
    }

    fn write(&self) {
        // SAFETY: loom sees to it that nobody else touches it.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn read(&self) -> u32 {
        // SAFETY: loom sees to it that nobody changes it.
        self.value.with(|value| unsafe { *value })
    }
}

fn nothing(_: &World) {}

#[test]
fn who_waits_for_an_event_sees_what_was_before() {
    fn wait(world: &World) {
        assert!(event::wait(&world.one.word, |expected| world.one.sleep(expected)));
        assert_eq!(world.read(), 1);
    }
    fn set(world: &World) {
        world.write();
        if event::set(&world.one.word) {
            world.one.wake(usize::MAX);
        }
    }
    check(World::new, &[wait, wait, set], nothing);
}

#[test]
fn each_permit_is_one() {
    fn acquire(world: &World) {
        assert!(semaphore::acquire(&world.one.word, |expected| world.one.sleep(expected)));
    }
    fn release(world: &World) {
        let wake = |count: u32| world.one.wake(count as usize);
        assert!(semaphore::release(&world.one.word, 1, wake).is_ok());
    }
    fn release_two(world: &World) {
        let wake = |count: u32| world.one.wake(count as usize);
        assert!(semaphore::release(&world.one.word, 2, wake).is_ok());
    }
    fn give_up(world: &World) {
        // If it comes to a permit, the others are short of one.
        if semaphore::acquire(&world.one.word, |expected| world.one.sleep_no_more(expected)) {
            release(world);
        }
    }
    let none = |world: &World| assert_eq!(semaphore::permits(&world.one.word), 0);
    check(World::new, &[acquire, acquire, release_two], none);
    check(World::new, &[acquire, release, |world| (release(world), acquire(world)).1], none);
    check(World::new, &[acquire, give_up, release], none);
}

#[test]
fn a_permit_lets_one_at_a_time_through() {
    fn visit(world: &World) {
        assert!(semaphore::acquire(&world.one.word, |expected| world.one.sleep(expected)));
        world.write();
        assert!(semaphore::release(&world.one.word, 1, |count| world.one.wake(count as usize)).is_ok());
    }
    check(|| World::with(1), &[visit, visit], |world| assert_eq!(world.read(), 2));
    check(|| World::with(1), &[visit, visit, visit], |world| assert_eq!(world.read(), 3));
}

fn take(futex: &Futex) {
    if !lock::try_take(&futex.word) {
        assert!(lock::wait(&futex.word, |expected| futex.sleep(expected)));
    }
}

fn leave(futex: &Futex) {
    if lock::leave(&futex.word) {
        futex.wake(1);
    }
}

#[test]
fn a_lock_is_ones() {
    fn visit(world: &World) {
        take(&world.one);
        world.write();
        leave(&world.one);
    }
    fn give_up(world: &World) {
        if lock::try_take(&world.one.word)
            || lock::wait(&world.one.word, |expected| world.one.sleep_no_more(expected))
        {
            leave(&world.one);
        }
    }
    check(World::new, &[visit, visit], |world| assert_eq!(world.read(), 2));
    check(World::new, &[visit, visit, visit], |world| assert_eq!(world.read(), 3));
    check(World::new, &[visit, visit, give_up], |world| assert_eq!(world.read(), 2));
}

#[test]
fn a_notification_reaches_who_waits() {
    fn wait(world: &World) {
        take(&world.one);
        while world.read() == 0 {
            let seen = condvar::begin(&world.other.word, &world.waiters);
            leave(&world.one);
            let sleep = |expected| world.other.sleep(expected);
            assert!(condvar::wait(&world.other.word, &world.waiters, seen, sleep));
            take(&world.one);
        }
        leave(&world.one);
    }
    fn notify(world: &World) {
        take(&world.one);
        world.write();
        leave(&world.one);
        if condvar::notify(&world.other.word, &world.waiters) {
            world.other.wake(usize::MAX);
        }
    }
    let gone = |world: &World| assert_eq!(world.waiters.load(Relaxed), 0);
    check(World::new, &[wait, notify], gone);
    check(World::new, &[wait, wait, notify], gone);
}

#[test]
fn a_barrier_opens_when_all_are_there() {
    fn pass(world: &World, participants: u32) -> Arrival {
        let arrival = barrier::wait(&world.one.word, participants, |expected| world.one.sleep(expected));
        if arrival == Arrival::Last {
            world.one.wake(usize::MAX);
        }
        assert!(matches!(arrival, Arrival::Last | Arrival::Other));
        arrival
    }
    fn two(world: &World) {
        // Before the second round, one of the two has written, and both have passed the first.
        if pass(world, 2) == Arrival::Last {
            world.write();
        }
        pass(world, 2);
        assert_eq!(world.read(), 1);
    }
    fn three(world: &World) {
        pass(world, 3);
    }
    check(World::new, &[two, two], nothing);
    check(World::new, &[three, three, three], nothing);
}

#[test]
fn who_is_late_breaks_a_barrier_or_passes() {
    fn come(world: &World, sleep: impl FnMut(u32) -> super::futex::Slept) {
        let arrival = barrier::wait(&world.one.word, 2, sleep);
        if matches!(arrival, Arrival::Last | Arrival::Late) {
            world.one.wake(usize::MAX);
        }
        if matches!(arrival, Arrival::Last | Arrival::Other) {
            world.waiters.fetch_add(1, Relaxed);
        }
    }
    fn patient(world: &World) {
        come(world, |expected| world.one.sleep(expected));
    }
    fn late(world: &World) {
        come(world, |expected| world.one.sleep_no_more(expected));
    }
    check(World::new, &[patient, late], |world| {
        let passed = world.waiters.load(Relaxed);
        assert_eq!(passed, if barrier::is_broken(&world.one.word) { 0 } else { 2 });
        assert!(barrier::reset(&world.one.word) && !barrier::is_broken(&world.one.word));
    });
}
