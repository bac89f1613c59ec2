//! Programs, in turn: one process for each round.

use std::process::{Command, Stdio};

use crate::table::{Row, Target, print};

/// A program: its name, and where cargo has put it.
pub type Program<'a> = (&'a str, &'a str);

/// Runs the programs in turn, and prints what they have measured: a [`subject`](crate::subject)'s arguments, of which `memory` is
/// the first.
pub fn compare(
    title: &str,
    arguments: &[&str],
    rounds: usize,
    memory: usize,
    programs: &[Program<'_>],
    targets: &[Target],
) {
    let mut rows: Vec<_> = programs.iter().map(|(name, _)| Row::new(name)).collect();
    for _ in 0..rounds {
        for ((name, program), row) in programs.iter().zip(&mut rows) {
            let output = Command::new(program)
                .arg(memory.to_string())
                .args(arguments)
                .stderr(Stdio::inherit())
                .output();
            let output = output.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
            let text = String::from_utf8_lossy(&output.stdout);
            let mut words = text.split_whitespace();
            let (Some(Ok(time)), Some(Ok(peak))) =
                (words.next().map(str::parse), words.next().map(str::parse::<usize>))
            else {
                panic!("{name} {arguments:?} says {text:?} and ends with {}", output.status);
            };
            row.times.push(time);
            row.peak = row.peak.max(peak);
        }
    }
    print(title, &mut rows, targets);
}
