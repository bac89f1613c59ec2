//! Programs that measure themselves: one process for each round.

use std::process::{Command, Stdio};

/// Runs a program, and returns what it has measured: it prints the value, in nanoseconds or whatever the table's unit is, and, if
/// it likes, its peak memory in KiB.
pub(crate) fn run(name: &str, program: &[&str], arguments: &[&str]) -> (f64, Option<usize>) {
    let output =
        Command::new(program[0]).args(&program[1..]).args(arguments).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    match words.next().map(str::parse) {
        Some(Ok(value)) if output.status.success() => {
            (value, words.next().map(|peak| peak.parse().expect("a number of KiB")))
        }
        _ => panic!("{name} {arguments:?} says {text:?} and ends with {}", output.status),
    }
}
