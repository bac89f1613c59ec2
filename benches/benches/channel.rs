//! Rings beside pipes and a bare atomic: round trips, on two processors and on one, and messages of 64 bytes to 64 KiB.
//!
//! `cargo bench -p baremap-benches --bench channel -- [--quick] [FILTER]`
//!
//! Each round has a child of its own, at work when the clock starts.

use std::cell::RefCell;
use std::hint::{black_box, spin_loop};
use std::io::{Read as _, Write as _, pipe};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use baremap::channel::{self, Receiver, Sender};
use baremap::process;
use baremap::{Result, SharedMap};
use baremap_benches::options::Options;
use baremap_benches::table::{Row, Target, print};

/// What is timed: how long so many take, on these processors.
type Way<'a> = (&'a str, &'a dyn Fn(u64, [usize; 2]) -> f64);

fn main() {
    let options = Options::get();
    let rounds = if options.quick { 5 } else { 30 };
    let compare = |title: &str, count: u64, processors: [usize; 2], ways: &[Way<'_>], targets: &[Target]| {
        if !title.contains(&options.filter) {
            return;
        }
        let mut rows: Vec<Row> = ways.iter().map(|(name, _)| Row::new(name)).collect();
        for _ in 0..rounds {
            for ((_, way), row) in ways.iter().zip(&mut rows) {
                row.times.push(way(count, processors) * 1e9 / count as f64);
            }
        }
        print(title, &mut rows, targets);
    };

    println!("ratio of the best times, best, median, half the way between the quartiles");
    compare(
        "round trip, two processors",
        100_000,
        [0, 1],
        &[("atomic", &bare_trips), ("message rings", &ring_trips)],
        &[Target { row: "message rings", of: "atomic", most: 1.2 }],
    );
    compare(
        "round trip with the kernel's help, two processors",
        5_000,
        [0, 1],
        &[("pipes", &pipe_trips), ("message rings", &ring_trips)],
        &[],
    );
    compare(
        "round trip, one processor",
        20_000,
        [0, 0],
        &[("pipes", &pipe_trips), ("message rings", &ring_trips)],
        &[Target { row: "message rings", of: "pipes", most: 0.75 }],
    );
    for size in [64, 1 << 10, 8 << 10, 64 << 10] {
        let count = (256 << 20) / size as u64 / if options.quick { 4 } else { 1 };
        let targets = [Target { row: "ring of 4 MiB", of: "pipe", most: 1.0 / 15.0 }];
        compare(
            &format!("messages of {size} bytes"),
            count.min(1 << 20),
            [0, 1],
            &[
                ("pipe", &|count, processors| pipe_messages(size, count, processors)),
                ("ring of 256 KiB", &|count, processors| {
                    ring_messages(size, 256 << 10, false, count, processors)
                }),
                ("ring of 4 MiB", &|count, processors| {
                    ring_messages(size, 4 << 20, false, count, processors)
                }),
                ("ring of 4 MiB, in batches", &|count, processors| {
                    ring_messages(size, 4 << 20, true, count, processors)
                }),
            ],
            if size == 1 << 10 { &targets } else { &[] },
        );
    }
}

/// The time of `work` here, on one processor, with a child at work on another since before the clock starts.
fn timed(
    processors: [usize; 2],
    child: impl FnOnce() -> Result<()>,
    first: &mut dyn FnMut(),
    work: impl FnOnce(),
) -> f64 {
    pin(processors[0]);
    // SAFETY: this process has one thread; the child uses what it is given.
    let child = unsafe {
        process::spawn(|| {
            pin(processors[1]);
            child()
        })
    }
    .expect("one more is allowed");
    first();
    let start = Instant::now();
    work();
    let time = start.elapsed().as_secs_f64();
    assert!(child.wait().expect("nobody else waits").success());
    time
}

/// So many steps, after a first one that waits for the child.
fn timed_steps(
    processors: [usize; 2],
    count: u64,
    child: impl FnOnce() -> Result<()>,
    step: &RefCell<impl FnMut()>,
) -> f64 {
    timed(processors, child, &mut || (step.borrow_mut())(), || {
        let mut step = step.borrow_mut();
        (0..count).for_each(|_| step());
    })
}

/// Keeps this process on one processor, if there are as many.
fn pin(processor: usize) {
    // SAFETY: a set of processors is bits, and the kernel reads it.
    unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

fn bare_trips(count: u64, processors: [usize; 2]) -> f64 {
    let map = SharedMap::new(256).expect("a page");
    let (there, back): (&AtomicU64, &AtomicU64) =
        (map.value(0).expect("room"), map.value(128).expect("room"));
    let echo = || {
        for number in 1..=count + 1 {
            while there.load(SeqCst) != number {
                spin_loop();
            }
            back.store(number, SeqCst);
        }
        Ok(())
    };
    let mut number = 0;
    let step = RefCell::new(|| {
        number += 1;
        there.store(number, SeqCst);
        while back.load(SeqCst) != number {
            spin_loop();
        }
    });
    timed_steps(processors, count, echo, &step)
}

fn ring_trips(count: u64, processors: [usize; 2]) -> f64 {
    let map = || SharedMap::new(channel::size_for(1 << 10)).expect("small maps");
    let (there, back) = (map(), map());
    let echo = || {
        let (mut receiver, mut sender) = (Receiver::attach(&there)?, Sender::attach(&back)?);
        for _ in 0..=count {
            let mut bytes = [0; 8];
            receiver.receive()?.expect("the parent lives").take(&mut bytes)?;
            sender.send(&bytes)?;
        }
        Ok(())
    };
    let mut sender = Sender::attach(&there).expect("nobody else sends");
    let mut receiver = Receiver::attach(&back).expect("nobody else receives");
    let step = RefCell::new(|| {
        let mut bytes = [7; 8];
        sender.send(&bytes).expect("the child lives");
        receiver.receive().expect("the child lives").expect("it goes on").take(&mut bytes).expect("room");
    });
    timed_steps(processors, count, echo, &step)
}

fn pipe_trips(count: u64, processors: [usize; 2]) -> f64 {
    let ((mut receiver, mut there), (mut back, mut sender)) =
        (pipe().expect("pipes"), pipe().expect("pipes"));
    let echo = || {
        let mut bytes = [0; 8];
        for _ in 0..=count {
            receiver.read_exact(&mut bytes).expect("the parent lives");
            sender.write_all(&bytes).expect("the parent lives");
        }
        Ok(())
    };
    let step = RefCell::new(|| {
        let mut bytes = [7; 8];
        there.write_all(&bytes).expect("the child lives");
        back.read_exact(&mut bytes).expect("the child lives");
    });
    timed_steps(processors, count, echo, &step)
}

/// What the child says when it is at work, and when it has everything.
fn wait_for(number: &AtomicU64, value: u64) {
    while number.load(SeqCst) != value {
        spin_loop();
    }
}

fn ring_messages(size: usize, ring: usize, batches: bool, count: u64, processors: [usize; 2]) -> f64 {
    let map = SharedMap::new(channel::size_for(ring)).expect("a few MiB");
    // So that the first round through the ring is as the others.
    let _ = map.pages().prefault_write();
    let states = SharedMap::new(8).expect("a page");
    let state: &AtomicU64 = states.value(0).expect("room");
    let drain = || {
        let mut receiver = Receiver::attach(&map)?;
        let mut buffer = vec![0; size];
        state.store(1, SeqCst);
        let mut left = count;
        while left > 0 {
            if batches {
                let message = receiver.receive()?.expect("the parent lives");
                message.take(&mut buffer)?;
                left -= 1;
                left -= receiver.receive_all(|message| {
                    message.copy_to_slice(&mut buffer).expect("room");
                })? as u64;
            } else {
                receiver.receive()?.expect("the parent lives").take(&mut buffer)?;
                left -= 1;
            }
            black_box(&buffer);
        }
        state.store(2, SeqCst);
        Ok(())
    };
    let mut sender = Sender::attach(&map).expect("nobody else sends");
    let message = vec![7; size];
    timed(processors, drain, &mut || wait_for(state, 1), || {
        for number in 1..=count {
            if batches && number % 16 != 0 {
                sender.send_later(black_box(&message)).expect("the child lives");
            } else {
                sender.send(black_box(&message)).expect("the child lives");
            }
        }
        sender.flush();
        wait_for(state, 2);
    })
}

fn pipe_messages(size: usize, count: u64, processors: [usize; 2]) -> f64 {
    let (mut receiver, mut sender) = pipe().expect("a pipe");
    let states = SharedMap::new(8).expect("a page");
    let state: &AtomicU64 = states.value(0).expect("room");
    let drain = || {
        let mut buffer = vec![0; size];
        state.store(1, SeqCst);
        for _ in 0..count {
            receiver.read_exact(&mut buffer).expect("the parent lives");
            black_box(&buffer);
        }
        state.store(2, SeqCst);
        Ok(())
    };
    let message = vec![7; size];
    timed(processors, drain, &mut || wait_for(state, 1), || {
        for _ in 0..count {
            sender.write_all(black_box(&message)).expect("the child lives");
        }
        wait_for(state, 2);
    })
}
