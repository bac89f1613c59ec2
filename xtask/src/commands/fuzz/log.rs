//! What libFuzzer prints.

use std::{fmt, path::PathBuf};

use indicatif::HumanCount;

/// As many lines of a finding as are read.
const MOST: usize = 40;

/// The output of one run, read line by line.
#[derive(Debug, Default)]
pub struct Log {
    pub counts: Counts,
    /// The input that it stopped at.
    pub artifact: Option<PathBuf>,
    /// What was said of it, or of why there was no run.
    pub details: String,
    lines: usize,
    /// Within what nobody reads: the stack.
    skipping: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub runs: u64,
    pub per_second: u64,
    /// Edges between pieces of code that were taken.
    pub coverage: u64,
    /// Inputs that each take another way.
    pub inputs: u64,
}

impl Log {
    /// Whether the line has new counts.
    pub fn read(&mut self, line: &str) -> bool {
        if let Some(counts) = status(line) {
            self.counts = counts;
            return true;
        }
        if let Some(runs) = line.strip_prefix("stat::number_of_executed_units:") {
            self.counts.runs = runs.trim().parse().unwrap_or(self.counts.runs);
        } else if let Some(rate) = line.strip_prefix("stat::average_exec_per_sec:") {
            self.counts.per_second = rate.trim().parse().unwrap_or(self.counts.per_second);
        } else if let Some((_, path)) = line.split_once("Test unit written to ") {
            self.artifact = Some(path.trim().into());
        } else {
            self.note(line);
        }
        false
    }

    fn note(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.starts_with("Running `") {
            // What was said before is of the build, which has succeeded.
            *self = Log::default();
            return;
        }
        match trimmed {
            "stack backtrace:" | "Reproduce with:" => self.skipping = true,
            "Output of `std::fmt::Debug`:" => self.skipping = false,
            // The input's bytes follow.
            _ if trimmed.starts_with("SUMMARY:") => {
                self.skipping = true;
                return;
            }
            _ => {}
        }
        let is_noise = ["INFO:", "NEW_FUNC", "Done ", "stat::", "###", "───"]
            .iter()
            .any(|start| trimmed.starts_with(start));
        if trimmed.is_empty() || self.skipping || is_noise || self.lines == MOST {
            return;
        }
        self.lines += 1;
        self.details.push_str("    ");
        self.details.push_str(line.trim_end());
        self.details.push('\n');
    }
}

/// `#4096 NEW cov: 354 ft: 997 corp: 213/7597b lim: 128 exec/s: 6475 rss: 44Mb …`
fn status(line: &str) -> Option<Counts> {
    let words: Vec<&str> = line.strip_prefix('#')?.split_whitespace().collect();
    let after = |name: &str| {
        let index = words.iter().position(|word| *word == name)?;
        let number = words.get(index + 1)?.split('/').next()?;
        number.parse().ok()
    };
    Some(Counts {
        runs: words.first()?.trim_end_matches(':').parse().ok()?,
        per_second: after("exec/s:")?,
        coverage: after("cov:").unwrap_or_default(),
        inputs: after("corp:").unwrap_or_default(),
    })
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [runs, per_second, coverage, inputs] =
            [self.runs, self.per_second, self.coverage, self.inputs].map(HumanCount);
        write!(f, "{runs} runs, {per_second} a second, coverage {coverage}, corpus {inputs}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> Log {
        let mut log = Log::default();
        for line in output.lines() {
            log.read(line);
        }
        log
    }

    #[test]
    fn counts() {
        let log = read(
            "warning: of the compiler
     Running `target/env`
INFO: Seed: 1
#2	INITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 40Mb
#4096	pulse  cov: 354 ft: 997 corp: 213/7597b lim: 128 exec/s: 6475 rss: 444Mb
",
        );
        let counts = Counts { runs: 4096, per_second: 6475, coverage: 354, inputs: 213 };
        assert_eq!((log.counts, log.artifact, log.details.as_str()), (counts, None, ""));
        assert_eq!(counts.to_string(), "4,096 runs, 6,475 a second, coverage 354, corpus 213");
        let log = read("stat::number_of_executed_units: 5000\nstat::average_exec_per_sec:     50\n");
        assert_eq!((log.counts.runs, log.counts.per_second), (5000, 50));
    }

    #[test]
    fn a_finding_has_its_reason_and_its_input() {
        let log = read(
            "#2	INITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 40Mb
thread '<unnamed>' (1) panicked at src/env.rs:1:2:
a reason
stack backtrace:
   0: somewhere
SUMMARY: libFuzzer: deadly signal
0x37,0x66,
artifact_prefix='/a/'; Test unit written to /a/crash-1
Output of `std::fmt::Debug`:

	Plan { }

Reproduce with:

	cargo fuzz run env crash-1
",
        );
        assert_eq!(log.artifact, Some("/a/crash-1".into()));
        assert!(
            log.details.contains("    a reason\n") && log.details.contains("Plan { }"),
            "{}",
            log.details
        );
        assert!(!log.details.contains("somewhere"), "{}", log.details);
    }
}
