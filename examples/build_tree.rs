//! Four workers build a tree in memory that they share, each its part and all at once; their parent joins the parts and walks
//! the tree.
//!
//! With `--kill`, worker 2 is killed in the middle of its part. Nobody waits for it, what it had built is in nobody's way, and
//! another builds its part again.
#![no_std]
#![no_main]

use baremap::alloc::SharedArena;
use baremap::process::{self, Child, sleep};
use baremap::rt::Env;
use baremap::share::{AtomicOffset, PlainCell};
use baremap::sys::Signal;
use baremap::{Result, SharedMap, eprintln, println, shared};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::time::Duration;

baremap::entry!(main);

const WORKERS: usize = 4;
/// The numbers in a worker's part and the one behind them, which joins it to the next.
const PART: u64 = 1 << 14;
/// Odd, so that its multiples come by all numbers of a part; in this ratio they come in an order that keeps the tree low.
const STEP: u64 = 10_125;
/// Which worker is killed.
const VICTIM: usize = 2;

shared! {
    struct Node {
        left: AtomicOffset<Node>,
        right: AtomicOffset<Node>,
        key: PlainCell<u64>,
    }

    /// What a worker has to show.
    struct Work {
        /// How many numbers it has come to.
        done: AtomicU64,
        /// Its part, once that is finished.
        part: AtomicOffset<Node>,
    }
}

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let kill = match (args.next(), args.next()) {
        (None, None) => false,
        (Some(option), None) if option == c"--kill" => true,
        _ => {
            eprintln!("usage: build_tree [--kill]");
            return Ok(2);
        }
    };

    let arena = SharedArena::create(SharedMap::new(4 << 20)?)?;
    let works = arena.alloc_slice_zeroed::<Work>(WORKERS)?;
    let mut workers = Workers::default();
    for (number, worker) in workers.0.iter_mut().enumerate() {
        *worker = Some(start(&arena, number, &works[number], kill && number == VICTIM)?);
    }
    if let (true, Some(victim)) = (kill, &mut workers.0[VICTIM]) {
        // Whoever waits for a process to come somewhere looks whether it still runs.
        while victim.try_wait()?.is_none() {
            if works[VICTIM].done.load(Relaxed) >= PART / 2 {
                victim.kill(Signal::KILL)?;
                break;
            }
            sleep(Duration::from_millis(1));
        }
    }
    for (number, worker) in workers.0.iter_mut().filter_map(Option::take).enumerate() {
        let status = worker.wait()?;
        if status.success() {
            println!("Worker {number} has built its part.");
            continue;
        }
        println!(
            "Worker {number} came to {} numbers, then {status}. Its part is built again.",
            works[number].done.load(Relaxed)
        );
        if !start(&arena, number, &works[number], false)?.wait()?.success() {
            return Ok(1);
        }
    }

    let tree = join(&arena, works)?;
    let mut sum = Sum::default();
    sum.walk(&arena, &tree)?;
    println!("The tree has {} numbers in order; their sum is {}.", sum.count, sum.sum);
    println!("The arena has {} bytes, of which {} are used.", arena.capacity(), arena.used());
    Ok(0)
}

/// The workers that nobody has waited for. None is left behind where something fails.
#[derive(Default)]
struct Workers([Option<Child>; WORKERS]);

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in self.0.iter_mut().filter_map(Option::take) {
            // One that has ended is waited for all the same, and nothing can be done about another error.
            let _ = worker.kill(Signal::KILL);
            let _ = worker.wait();
        }
    }
}

/// Starts a worker, which may stop in the middle and wait for its end.
fn start(arena: &SharedArena, number: usize, work: &Work, stops: bool) -> Result<Child> {
    let build = || {
        // Its own, so that nobody sees the part before it is finished.
        let part = AtomicOffset::default();
        for count in 1..PART {
            insert(arena, &part, number as u64 * PART + count * STEP % PART)?;
            work.done.store(count, Relaxed);
            if stops && count == PART / 2 {
                sleep(Duration::MAX);
            }
        }
        work.part.store(part.load());
        Ok::<_, baremap::Error>(())
    };
    // SAFETY: the child uses nothing but the arena.
    unsafe { process::spawn(build) }
}

/// Puts a number into a tree that nobody else changes.
fn insert(arena: &SharedArena, tree: &AtomicOffset<Node>, key: u64) -> Result<()> {
    let mut place = tree;
    while let Some(node) = arena.get(place.load())? {
        place = if key < node.key.get() { &node.left } else { &node.right };
    }
    let node = arena.alloc(Node {
        left: AtomicOffset::default(),
        right: AtomicOffset::default(),
        key: PlainCell::new(key),
    })?;
    place.store(arena.offset_of(node)?);
    Ok(())
}

/// Makes one tree of the parts, with the numbers that lie between them.
fn join(arena: &SharedArena, works: &[Work]) -> Result<AtomicOffset<Node>> {
    let tree = AtomicOffset::default();
    for (number, work) in works.iter().enumerate() {
        let part = AtomicOffset::new(work.part.load());
        if number == 0 {
            tree.store(part.load());
            continue;
        }
        let left = AtomicOffset::new(tree.load());
        let node = arena.alloc(Node { left, right: part, key: PlainCell::new(number as u64 * PART) })?;
        tree.store(arena.offset_of(node)?);
    }
    Ok(tree)
}

/// What a walk through a tree has come to.
#[derive(Default)]
struct Sum {
    count: u64,
    sum: u64,
    last: u64,
}

impl Sum {
    fn walk(&mut self, arena: &SharedArena, tree: &AtomicOffset<Node>) -> Result<()> {
        let Some(node) = arena.get(tree.load())? else { return Ok(()) };
        self.walk(arena, &node.left)?;
        let key = node.key.get();
        assert!(key > self.last, "{key} comes after {}", self.last);
        (self.count, self.sum, self.last) = (self.count + 1, self.sum + key, key);
        self.walk(arena, &node.right)
    }
}
