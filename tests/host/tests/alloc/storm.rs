//! Many threads at once; forks and signals meanwhile.
//!
//! `BAREMAP_OPERATIONS=10000000` makes it that many for each thread, in place of a twentieth of that.

use baremap::alloc::Bump;
use std::env;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, RwLock};
use std::thread;

use crate::worker::{Slots, Worker, slots};

const THREADS: usize = 8;
/// Short, so that several lie close together: then threads share a shard, if they have none of their own.
const STACK: usize = 32 << 10;

fn operations() -> usize {
    let number = env::var("BAREMAP_OPERATIONS").ok();
    number.map_or(500_000, |number| number.parse().expect("BAREMAP_OPERATIONS is a number"))
}

/// Starts so many threads at work on a heap, and something beside them, which ends before they do.
fn work(heap: &Bump, threads: usize, operations: usize, slots: &Slots, beside: impl FnOnce(&AtomicBool)) {
    let (working, gate) = (AtomicBool::new(true), &RwLock::new(()));
    thread::scope(|scope| {
        // All at once. Should one not start, nobody waits for it.
        let closed = gate.write();
        let workers: Vec<_> = (0..threads)
            .map(|seed| {
                let worker = move || {
                    drop(gate.read());
                    Worker::new(heap, seed as u64).work(operations, slots)
                };
                thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker).unwrap()
            })
            .collect();
        drop(closed);
        let stop = scope.spawn(|| {
            let right = workers.into_iter().all(|worker| worker.join().unwrap());
            working.store(false, Relaxed);
            right
        });
        beside(&working);
        assert!(stop.join().unwrap(), "a block was null or had other bytes than were written");
    });
    let usage = heap.usage();
    assert!(usage.used <= usage.mapped && usage.chunks >= 1, "{usage:?}");
}

#[test]
fn threads() {
    static HEAP: Bump = Bump::new();
    work(&HEAP, THREADS, operations(), &slots(), |_| ());
}

// There are 64 shards for threads: those that come when each has an owner share some.
#[test]
fn threads_without_a_shard() {
    static HEAP: Bump = Bump::new();
    const OWNERS: usize = 200;
    let (gate, ready) = (&RwLock::new(()), &Barrier::new(OWNERS + 1));
    thread::scope(|scope| {
        let closed = gate.write();
        for owner in 0..OWNERS as u64 {
            let owner = move || {
                let right = Worker::new(&HEAP, owner).work(1, &slots());
                ready.wait();
                drop(gate.read());
                assert!(right);
            };
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, owner).unwrap();
        }
        ready.wait();
        work(&HEAP, THREADS, operations(), &slots(), |_| ());
        drop(closed);
    });
}

// A thread that ends leaves its shard to the next one with its thread pointer.
#[test]
fn threads_that_come_and_go() {
    static HEAP: Bump = Bump::new();
    let slots = slots();
    for round in 0..300 {
        work(&HEAP, 3, 100, &slots, |_| ());
        assert!(HEAP.usage().chunks <= 80, "round {round}: {:?}", HEAP.usage());
    }
}

#[test]
fn children_of_threads_that_allocate() {
    static HEAP: Bump = Bump::new();
    let slots = slots();
    let mut own = Worker::new(&HEAP, 99);
    let mut children = 0;
    work(&HEAP, THREADS, operations(), &slots, |working| {
        while working.load(Relaxed) || children < 50 {
            assert!(own.work(100, &slots));
            // SAFETY: the child allocates from the heap, which nothing that another thread did can have left broken.
            match unsafe { libc::fork() } {
                -1 => panic!("fork: {}", std::io::Error::last_os_error()),
                0 => {
                    // Blocks enough for chunks of the child's own.
                    let right = own.work(2000, &slots) && (0..20).all(|seed| all_sizes(&HEAP, seed));
                    // SAFETY: ends the process, and runs nothing that the parent has registered.
                    unsafe { libc::_exit(i32::from(!right)) }
                }
                child => {
                    let mut status = 0;
                    // SAFETY: the kernel writes the status.
                    while unsafe { libc::waitpid(child, &raw mut status, 0) } != child {}
                    assert_eq!(status, 0, "how child {children} ended");
                }
            }
            children += 1;
        }
    });
}

/// A block of each size, that all live at once.
fn all_sizes(heap: &Bump, seed: u8) -> bool {
    use std::alloc::{GlobalAlloc, Layout};
    let layout = |shift: usize| Layout::from_size_align(1 << shift, 8).expect("short");
    let mut blocks = [ptr::null_mut::<u8>(); 18];
    for (shift, block) in blocks.iter_mut().enumerate() {
        // SAFETY: the block has so many bytes, if it is one.
        unsafe {
            *block = heap.alloc(layout(shift));
            if block.is_null() {
                return false;
            }
            block.write_bytes(seed ^ shift as u8, 1 << shift);
        }
    }
    blocks.iter().enumerate().all(|(shift, &block)| {
        // SAFETY: it lives, until here.
        unsafe {
            let right =
                block.read() == seed ^ shift as u8 && block.add((1 << shift) - 1).read() == block.read();
            heap.dealloc(block, layout(shift));
            right
        }
    })
}

static INTERRUPTED: Bump = Bump::new();
static SIGNALS: AtomicUsize = AtomicUsize::new(0);
static WRONG: AtomicUsize = AtomicUsize::new(0);

/// What handlers leave for the next.
static LEFT: Slots = slots();

/// Frees what it allocates, so that the interrupted thread finds its shard as it was, or leaves a block, so that it does not.
extern "C" fn on_signal(_: i32) {
    let count = SIGNALS.fetch_add(1, Relaxed);
    let mut worker = Worker::new(&INTERRUPTED, count as u64);
    let right = worker.work(count % 7, &LEFT) && (count.is_multiple_of(3) || worker.hand_over(count, &LEFT));
    WRONG.fetch_add(usize::from(!right), Relaxed);
}

/// Sends the thread that made it SIGUSR1, every 50 microseconds, until it is dropped.
struct Timer(libc::timer_t);

impl Timer {
    fn start() -> Self {
        let time = libc::timespec { tv_sec: 0, tv_nsec: 50_000 };
        let interval = libc::itimerspec { it_interval: time, it_value: time };
        let mut timer = ptr::null_mut();
        // SAFETY: zeros are an event; the kernel reads it and the time, and writes the timer.
        unsafe {
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGUSR1;
            event.sigev_notify_thread_id = libc::gettid();
            assert_eq!(libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer), 0);
            assert_eq!(libc::timer_settime(timer, 0, &raw const interval, ptr::null_mut()), 0);
        }
        Self(timer)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: it was made, and is not used any more.
        unsafe { libc::timer_delete(self.0) };
    }
}

#[test]
fn handlers_that_interrupt_allocations() {
    // SAFETY: zeros are an action. The handler uses the allocator and atomics.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()), 0);
    }
    let slots = &slots();
    thread::scope(|scope| {
        for seed in 0..2 {
            scope.spawn(move || {
                let _timer = Timer::start();
                let mut worker = Worker::new(&INTERRUPTED, seed);
                while SIGNALS.load(Relaxed) < operations() / 250 && WRONG.load(Relaxed) == 0 {
                    assert!(worker.work(1000, slots));
                }
            });
        }
    });
    assert_eq!(WRONG.load(Relaxed), 0, "of {} signals", SIGNALS.load(Relaxed));
}
