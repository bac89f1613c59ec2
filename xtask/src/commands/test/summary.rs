//! The end of a test run: a table, what failed, what was skipped and why, and a line with the sums.

use std::{collections::BTreeMap, fmt};

use crate::{libtest::Results, table};

#[derive(Default)]
pub struct Summary {
    /// What each suite reported.
    rows: Vec<(String, Results)>,
    sum: Results,
}

impl Summary {
    pub fn add(&mut self, suite: String, results: Results) {
        self.sum.append(results.clone());
        self.rows.push((suite, results));
    }

    /// Whether no test was found.
    pub fn is_empty(&self) -> bool {
        self.sum == Results::default()
    }

    pub fn is_success(&self) -> bool {
        self.sum.failed.is_empty()
    }

    /// The skipped tests with the suites that skipped them, by reason.
    fn skips(&self) -> BTreeMap<&str, BTreeMap<&str, Vec<&str>>> {
        let mut reasons = BTreeMap::<_, BTreeMap<_, Vec<_>>>::new();
        for (suite, results) in &self.rows {
            for skip in &results.skipped {
                let tests = reasons.entry(skip.reason.as_str()).or_default();
                tests.entry(skip.test.as_str()).or_default().push(suite.as_str());
            }
        }
        reasons
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = table::new(&["", "passed", "failed", "skipped"]);
        for (suite, results) in &self.rows {
            let counts = [results.passed, results.failed.len(), results.skipped.len()];
            let mut row = vec![suite.as_str().into()];
            row.extend(counts.map(table::number));
            table.add_row(row);
        }
        writeln!(f, "\n{table}")?;

        if !self.is_success() {
            writeln!(f, "\nFailed:")?;
        }
        for (suite, results) in &self.rows {
            for test in &results.failed {
                writeln!(f, "  {suite}: {test}")?;
            }
        }

        for (reason, tests) in self.skips() {
            writeln!(f, "\nSkipped, because {reason}:")?;
            for (test, suites) in tests {
                writeln!(f, "  {test} ({})", suites.join("; "))?;
            }
        }

        let Results { passed, failed, skipped } = &self.sum;
        writeln!(f, "\n{passed} passed, {} failed, {} skipped", failed.len(), skipped.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libtest::Skip;

    #[test]
    fn shows_failures_reasons_and_sums() {
        let skip = |test: &str| Skip { test: test.into(), reason: "it is too big".into() };
        let mut summary = Summary::default();
        assert!(summary.is_empty());
        summary.add("native".into(), Results { passed: 3, failed: Vec::new(), skipped: vec![skip("b")] });
        assert!(summary.is_success());
        summary.add(
            "qemu".into(),
            Results { passed: 1, failed: vec!["a".into()], skipped: vec![skip("b"), skip("c")] },
        );
        assert!(!summary.is_success() && !summary.is_empty());

        let text = summary.to_string();
        assert!(text.contains("\nFailed:\n  qemu: a\n"), "{text}");
        let skipped = "\nSkipped, because it is too big:\n  b (native; qemu)\n  c (qemu)\n";
        assert!(text.contains(skipped), "{text}");
        assert!(text.ends_with("\n\n4 passed, 1 failed, 3 skipped\n"), "{text}");
    }
}
