//! Closures in this process.

use std::hint::black_box;
use std::time::Instant;

/// How many rounds each way gets.
pub(crate) const ROUNDS: usize = 400;
/// How long a round takes, in nanoseconds: long beside the clock's resolution, short beside a time slice.
const ROUND: f64 = 200_000.0;

/// How many calls make a round.
pub(crate) fn calibrate(way: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    while time(way, calls) * f64::from(calls) < ROUND {
        calls *= 2;
    }
    calls
}

/// Nanoseconds a call.
pub(crate) fn time(way: &mut dyn FnMut(), calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(&mut *way)();
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}
