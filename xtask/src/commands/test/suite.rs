//! A row of the summary: some test programs on one machine.

use anyhow::Result;
use duct::Expression;

use crate::{
    libtest::{Results, Skip, Transcript},
    process,
    progress::Step,
};

pub struct Suite {
    pub label: String,
    /// An error is what kept it from being built.
    pub work: Result<Work>,
}

pub enum Work {
    Commands(Vec<Expression>),
    /// Nothing can run there, for this reason.
    Skip(String),
}

impl Suite {
    /// Runs it and shows what failed. What could not be run counts as a failure.
    pub fn run(&self) -> Results {
        let step = Step::start(&self.label);
        let mut results = Results::default();
        let mut output = String::new();
        match &self.work {
            Ok(Work::Commands(commands)) => {
                for command in commands {
                    results.append(run(command, &step, &mut output));
                }
            }
            Ok(Work::Skip(reason)) => {
                results.skipped.push(Skip { test: "all".into(), reason: reason.clone() })
            }
            Err(error) => {
                results.failed.push("could not run".into());
                output = format!("{error:#}\n");
            }
        }
        let counts = format!(
            "{} passed, {} failed, {} skipped",
            results.passed,
            results.failed.len(),
            results.skipped.len()
        );
        if results.failed.is_empty() {
            step.done(counts)
        } else {
            step.failed(counts)
        }
        eprint!("{output}");
        results
    }
}

/// Adds to `output` what a program with failures had to say.
fn run(command: &Expression, step: &Step, output: &mut String) -> Results {
    let mut transcript = Transcript::default();
    let status = process::stream(command, |line| {
        step.note(line);
        transcript.read(line);
    });
    let Transcript { mut results, mut details, is_complete, .. } = transcript;
    match status {
        Ok(status) if !is_complete => results.failed.push(format!("ended without a result ({status})")),
        Ok(status) if !status.success() && results.failed.is_empty() => {
            results.failed.push(format!("no test failed, but the program did ({status})"));
        }
        Ok(_) => {}
        Err(error) => {
            results.failed.push("could not run".into());
            details.push_str(&format!("{error:#}\n"));
        }
    }
    if !results.failed.is_empty() {
        output.push_str(&details);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(script: &str) -> Suite {
        let command = duct::cmd("sh", ["-c", script]);
        Suite { label: "test".into(), work: Ok(Work::Commands(vec![command])) }
    }

    #[test]
    fn counts_the_results_of_all_programs() {
        let script = "echo 'test a ... ok'; echo 'test b ... ignored, why'; echo 'test result: ok.'";
        let mut suite = suite(script);
        if let Ok(Work::Commands(commands)) = &mut suite.work {
            commands.push(commands[0].clone());
        }
        let results = suite.run();
        assert_eq!((results.passed, results.failed.len(), results.skipped.len()), (2, 0, 2));
    }

    #[test]
    fn a_program_that_dies_fails_whatever_it_reported() {
        let died = suite("echo 'test a ... ok'; kill -SEGV $$").run();
        assert_eq!((died.passed, died.failed.len()), (1, 1));
        let silent = suite("true").run();
        assert_eq!(silent.failed.len(), 1);
        let unhappy = suite("echo 'test result: ok.'; exit 3").run();
        assert_eq!(unhappy.failed.len(), 1);
    }

    #[test]
    fn what_cannot_run_fails() {
        let missing = Suite {
            label: "test".into(),
            work: Ok(Work::Commands(vec![duct::cmd!("/nonexistent/program")])),
        };
        assert_eq!(missing.run().failed.len(), 1);
        let unbuilt = Suite { label: "test".into(), work: Err(anyhow::anyhow!("not built")) };
        assert_eq!(unbuilt.run().failed.len(), 1);
    }
}
