//! The steps on the words of `sync`, in every order of two or three threads that the memory model allows: loom tries them all.
//! Their own source files are compiled here once more, on loom's atomics and a futex made of loom's parts.
//!
//! Nobody looks again after a while here: a wake that is lost is a deadlock, which loom finds.

#![allow(dead_code, unreachable_pub, reason = "of the crate's files, not all is used here")]

mod futex;
mod kinds;
mod owners;
mod steps;

/// Runs threads in every order, and then looks at what they have left.
fn check<W: Sync + Send + 'static>(make: fn() -> W, threads: &[fn(&W)], after: fn(&W)) {
    let threads = threads.to_vec();
    let mut model = loom::model::Builder::new();
    // Of three threads there are too many orders to try more.
    model.preemption_bound = Some(if threads.len() > 2 { 2 } else { 4 });
    model.check(move || {
        let world = loom::sync::Arc::new(make());
        let start = |&run: &fn(&W)| {
            let world = world.clone();
            loom::thread::spawn(move || run(&world))
        };
        for running in threads.iter().map(start).collect::<Vec<_>>() {
            running.join().unwrap();
        }
        after(&world);
    });
}
