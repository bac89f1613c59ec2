//! The output of Rust's test programs, which the freestanding tests share.

/// What test programs reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    pub passed: Vec<String>,
    pub failed: Vec<String>,
    pub skipped: Vec<Skip>,
    /// The tables of those freestanding tests that have one to show.
    pub tables: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    pub test: String,
    pub reason: String,
}

impl Results {
    pub fn append(&mut self, other: Results) {
        self.passed.extend(other.passed);
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
        self.tables.push_str(&other.tables);
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
    /// Within the table of a test.
    in_table: bool,
}

impl Transcript {
    pub fn read(&mut self, line: &str) {
        if line.starts_with("test result: ") {
            self.quoting = false;
            self.in_table = false;
            self.is_complete = true;
        } else if line == "failures:" {
            self.quoting = true;
            self.in_table = false;
        } else if !self.quoting && line.starts_with("---- ") {
            self.in_table = true;
        }
        if self.in_table {
            self.results.tables.push_str(line);
            return self.results.tables.push('\n');
        }
        match parse(line) {
            Some((test, Outcome::Passed)) if !self.quoting => return self.results.passed.push(test.into()),
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
                passed: vec!["sys::mmap::maps".into(), "sys::mmap::refuses - should panic".into()],
                failed: vec!["sys::close::twice".into()],
                skipped: vec![
                    skip("sys::futex::robust", "QEMU's user mode has no set_robust_list"),
                    skip("slow", "no reason is given")
                ],
                tables: String::new(),
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
        assert_eq!((results.passed.len(), results.failed.len(), results.skipped.len()), (4, 2, 4));
    }

    #[test]
    fn notices_an_output_that_breaks_off() {
        assert!(!read("running 2 tests\ntest a ... ok\n").is_complete);
    }

    #[test]
    fn tables_are_kept_apart() {
        let table = "---- sweep ----\ncall   failures\ntest a ... ok\n";
        let Transcript { results, details, .. } =
            read(&format!("test sweep ... ok\n\n{table}\ntest result: ok. 1 passed\n"));
        assert_eq!((results.passed.len(), results.tables.trim_end()), (1, table.trim_end()));
        assert!(!details.contains("failures"));
        assert_eq!(read(OUTPUT).results.tables, "");
    }

    #[test]
    fn results_add_up() {
        let mut sum = Results { passed: vec!["a".into()], ..Results::default() };
        let other = Results { passed: vec!["b".into()], failed: vec!["c".into()], ..Results::default() };
        sum.append(other);
        let both = vec!["a".into(), "b".into()];
        assert_eq!(sum, Results { passed: both, failed: vec!["c".into()], ..Results::default() });
    }
}
