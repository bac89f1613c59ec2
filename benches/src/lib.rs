//! Times of several ways to do one thing, measured in turn.
//!
//! A machine that others use as well is now fast and now slow. So the ways take turns in many short rounds, and the best
//! round of each counts: interruptions only ever add time.

use std::hint::black_box;
use std::time::Instant;

/// How many rounds each way gets.
const ROUNDS: usize = 400;
/// How long a round takes, in nanoseconds: long beside the clock's resolution, short beside a time slice.
const ROUND: f64 = 200_000.0;

/// One way to do something.
pub type Way<'a> = (&'a str, &'a mut dyn FnMut());

/// Prints the time of each way for once, in nanoseconds, with its ratio to the first, and returns the times.
pub fn compare<const N: usize>(title: &str, mut ways: [Way<'_>; N]) -> [f64; N] {
    let calls = ways.each_mut().map(|(_, way)| calibrate(way));
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for ((way, calls), best) in ways.iter_mut().zip(calls).zip(&mut best) {
            *best = best.min(time(&mut way.1, calls));
        }
    }
    println!("{title}");
    for ((name, _), time) in ways.iter().zip(best) {
        println!("    {name:32} {time:10.2} ns   {:6.3} of {}", time / best[0], ways[0].0);
    }
    best
}

/// How many calls make a round.
fn calibrate(way: &mut &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    while time(way, calls) * f64::from(calls) < ROUND {
        calls *= 2;
    }
    calls
}

/// Nanoseconds a call.
fn time(way: &mut &mut dyn FnMut(), calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(&mut *way)();
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}
