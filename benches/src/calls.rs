//! Closures in one process, in turn.

use std::hint::black_box;
use std::time::Instant;

use crate::table::{Row, Target, print};

/// How many rounds each way gets.
const ROUNDS: usize = 400;
/// How long a round takes, in nanoseconds: long beside the clock's resolution, short beside a time slice.
const ROUND: f64 = 200_000.0;

/// One way to do something.
pub type Way<'a> = (&'a str, &'a mut dyn FnMut());

/// Prints the time of each way for once, in nanoseconds, with its ratio to the first, and returns the best times.
pub fn compare<const N: usize>(title: &str, ways: [Way<'_>; N]) -> [f64; N] {
    compare_with(title, 1, false, ways, &[])
}

/// The same, of ways that do a thing `things` times, and beside each row what is to be reached.
pub fn compare_with<const N: usize>(
    title: &str,
    things: usize,
    quick: bool,
    mut ways: [Way<'_>; N],
    targets: &[Target],
) -> [f64; N] {
    let calls = ways.each_mut().map(|(_, way)| calibrate(way));
    let mut rows = ways.each_ref().map(|(name, _)| Row::new(name));
    for _ in 0..if quick { ROUNDS / 8 } else { ROUNDS } {
        for ((way, calls), row) in ways.iter_mut().zip(calls).zip(&mut rows) {
            row.times.push(time(&mut way.1, calls) / things as f64);
        }
    }
    print(title, &mut rows, targets);
    rows.map(|row| row.best())
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
