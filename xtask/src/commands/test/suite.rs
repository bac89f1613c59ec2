//! A row of the summary: some test programs on one machine.

use anyhow::Result;
use duct::Expression;

use crate::{
    arch::Arch,
    commands::fuzz,
    kernel::{
        boot::Boot,
        console::{self, Console},
    },
    libtest::{Results, Skip, Transcript},
    process,
    progress::Step,
};

pub struct Suite {
    pub label: String,
    /// The architecture of the machine whose turn it is; none where it is not about a machine.
    pub machine: Option<Arch>,
    /// Whether the user selects tests, of which it may have none.
    pub may_be_empty: bool,
    /// An error is what kept it from being built.
    pub work: Result<Work>,
}

pub enum Work {
    Commands(Vec<Expression>),
    /// The same without some tests, which cannot run here.
    Without(Vec<Skip>, Vec<Expression>),
    /// A kernel of its own, with the freestanding tests.
    Kernel(Boot),
    /// Each fuzz target for a short time.
    Fuzz(fuzz::Short),
    /// Nothing can run there, for this reason.
    Skip(String),
}

impl Suite {
    /// Whether it takes longer than most.
    pub fn is_long(&self) -> bool {
        // Emulated machines, and the tests of this machine, which come in many programs.
        matches!(self.work, Ok(Work::Kernel(_))) || self.machine.is_none()
    }

    /// Runs it and shows what failed. What could not be run counts as a failure.
    pub fn run(&self) -> Results {
        let step = Step::start(&self.label);
        let mut results = Results::default();
        let mut output = String::new();
        match &self.work {
            Ok(Work::Commands(commands)) => run_all(commands, &step, &mut results, &mut output),
            Ok(Work::Without(skipped, commands)) => {
                run_all(commands, &step, &mut results, &mut output);
                results.skipped.extend(skipped.iter().cloned());
            }
            Ok(Work::Kernel(boot)) => results = run_kernel(boot, &step, &mut output),
            Ok(Work::Fuzz(short)) => results = short.run(|message| step.note(message), &mut output),
            Ok(Work::Skip(reason)) => {
                results.skipped.push(Skip { test: "all".into(), reason: reason.clone() })
            }
            Err(error) => {
                results.failed.push("could not run".into());
                output = format!("{error:#}\n");
            }
        }
        if results == Results::default() && !self.may_be_empty {
            results.failed.push("ran no test".into());
        }
        let counts = format!(
            "{} passed, {} failed, {} skipped",
            results.passed.len(),
            results.failed.len(),
            results.skipped.len()
        );
        if results.failed.is_empty() {
            step.done(counts)
        } else {
            step.failed_because(counts, output)
        }
        results
    }
}

fn run_all(commands: &[Expression], step: &Step, results: &mut Results, output: &mut String) {
    for command in commands {
        results.append(run(command, step, output));
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

/// The same for a machine with a kernel.
fn run_kernel(boot: &Boot, step: &Step, output: &mut String) -> Results {
    let mut console = Console::default();
    let end = process::stream_within(boot.limit, &boot.command, |line| {
        step.note(console::text(line).into_owned());
        console.read(line);
    });
    let (results, details) = console.finish(end);
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
        Suite {
            label: "test".into(),
            machine: None,
            may_be_empty: false,
            work: Ok(Work::Commands(vec![command])),
        }
    }

    #[test]
    fn counts_the_results_of_all_programs() {
        let script = "echo 'test a ... ok'; echo 'test b ... ignored, why'; echo 'test result: ok.'";
        let mut suite = suite(script);
        if let Ok(Work::Commands(commands)) = &mut suite.work {
            commands.push(commands[0].clone());
        }
        let results = suite.run();
        assert_eq!((results.passed.len(), results.failed.len(), results.skipped.len()), (2, 0, 2));
    }

    #[test]
    fn what_is_left_out_is_skipped() {
        let mut suite = suite("echo 'test a ... ok'; echo 'test result: ok.'");
        let Ok(Work::Commands(commands)) = suite.work else { panic!("a suite of commands") };
        let skip = Skip { test: "b".into(), reason: "why".into() };
        suite.work = Ok(Work::Without(vec![skip.clone()], commands));
        assert_eq!(
            suite.run(),
            Results { passed: vec!["a".into()], skipped: vec![skip], ..Results::default() }
        );
    }

    #[test]
    fn a_program_that_dies_fails_whatever_it_reported() {
        let died = suite("echo 'test a ... ok'; kill -SEGV $$").run();
        assert_eq!((died.passed.len(), died.failed.len()), (1, 1));
        let silent = suite("true").run();
        assert_eq!(silent.failed.len(), 1);
        let unhappy = suite("echo 'test result: ok.'; exit 3").run();
        assert_eq!(unhappy.failed.len(), 1);
    }

    #[test]
    fn to_run_nothing_is_no_success() {
        let mut empty = suite("echo 'test result: ok.'");
        assert_eq!(empty.run().failed, ["ran no test"]);
        empty.may_be_empty = true;
        assert!(empty.run().failed.is_empty());
    }

    #[test]
    fn what_cannot_run_fails() {
        let missing = Suite {
            label: "test".into(),
            machine: None,
            may_be_empty: false,
            work: Ok(Work::Commands(vec![duct::cmd!("/nonexistent/program")])),
        };
        assert_eq!(missing.run().failed.len(), 1);
        let unbuilt = Suite {
            label: "test".into(),
            machine: None,
            may_be_empty: false,
            work: Err(anyhow::anyhow!("not built")),
        };
        assert_eq!(unbuilt.run().failed.len(), 1);
    }
}
