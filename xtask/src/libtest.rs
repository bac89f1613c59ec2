//! The output of Rust's test programs, which the freestanding tests share.

/// What test programs reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    pub passed: usize,
    pub failed: Vec<String>,
    pub skipped: Vec<Skip>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    pub test: String,
    pub reason: String,
}

impl Results {
    pub fn append(&mut self, other: Results) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
    }
}

/// The output of one test program, read line by line.
#[derive(Default)]
pub struct Transcript {
    pub results: Results,
    /// What is worth reading if a test failed: all but the tests that did not.
    pub details: String,
    /// Whether it came to its end.
    pub is_complete: bool,
    /// Within what failed tests printed, which may look like results.
    quoting: bool,
}

impl Transcript {
    pub fn read(&mut self, line: &str) {
        if line.starts_with("test result: ") {
            self.quoting = false;
            self.is_complete = true;
        } else if line == "failures:" {
            self.quoting = true;
        }
        match parse(line) {
            Some((_, Outcome::Passed)) if !self.quoting => return self.results.passed += 1,
            Some((test, Outcome::Skipped(reason))) if !self.quoting => {
                return self.results.skipped.push(Skip { test: test.into(), reason: reason.into() });
            }
            Some((test, Outcome::Failed)) if !self.quoting => self.results.failed.push(test.into()),
            _ => {}
        }
        self.details.push_str(line);
        self.details.push('\n');
    }
}

enum Outcome<'a> {
    Passed,
    Failed,
    Skipped(&'a str),
}

/// `test NAME ... ok`, `FAILED`, `ignored` or `ignored, REASON`.
fn parse(line: &str) -> Option<(&str, Outcome<'_>)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let outcome = match outcome {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        "ignored" => Outcome::Skipped("no reason is given"),
        _ => Outcome::Skipped(outcome.strip_prefix("ignored, ")?),
    };
    Some((name, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 5 tests
test sys::mmap::maps ... ok
test sys::mmap::refuses - should panic ... ok
test sys::futex::robust ... ignored, QEMU's user mode has no set_robust_list
test slow ... ignored
test sys::close::twice ... FAILED

failures:

---- sys::close::twice stdout ----
test quoted ... ok

failures:
    sys::close::twice

test result: FAILED. 2 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    fn read(output: &str) -> Transcript {
        let mut transcript = Transcript::default();
        output.lines().for_each(|line| transcript.read(line));
        transcript
    }

    #[test]
    fn counts_what_a_test_program_reports() {
        let transcript = read(OUTPUT);
        let skip = |test: &str, reason: &str| Skip { test: test.into(), reason: reason.into() };
        assert_eq!(
            transcript.results,
            Results {
                passed: 2,
                failed: vec!["sys::close::twice".into()],
                skipped: vec![
                    skip("sys::futex::robust", "QEMU's user mode has no set_robust_list"),
                    skip("slow", "no reason is given")
                ],
            }
        );
        assert!(transcript.is_complete);
    }

    #[test]
    fn keeps_what_explains_a_failure() {
        let details = read(OUTPUT).details;
        assert!(details.contains("\ntest sys::close::twice ... FAILED\n"));
        assert!(details.contains("\ntest quoted ... ok\n"));
        assert!(!details.contains("maps"));
    }

    #[test]
    fn several_runs_in_one_output_add_up() {
        let results = read(&[OUTPUT, OUTPUT].concat()).results;
        assert_eq!((results.passed, results.failed.len(), results.skipped.len()), (4, 2, 4));
    }

    #[test]
    fn notices_an_output_that_breaks_off() {
        assert!(!read("running 2 tests\ntest a ... ok\n").is_complete);
    }

    #[test]
    fn results_add_up() {
        let mut sum = Results { passed: 1, ..Results::default() };
        sum.append(Results { passed: 2, failed: vec!["a".into()], skipped: Vec::new() });
        assert_eq!(sum, Results { passed: 3, failed: vec!["a".into()], skipped: Vec::new() });
    }
}
