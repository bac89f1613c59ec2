//! The end of a test run: a table, what failed, what was skipped, why, and where it ran instead, and a line with the sums.

use std::{collections::BTreeMap, fmt};

use crate::{
    arch::Arch,
    libtest::{Results, Skip},
    table,
};

/// What the reasons begin with of tests that are about one machine's devices: no other architecture has to run them. The
/// freestanding harness has the same words.
const ONE_MACHINE: &str = "only on ";

#[derive(Default)]
pub struct Summary {
    /// Whether every machine had its turn, so that no test may have run on none.
    pub is_whole: bool,
    rows: Vec<Row>,
    sum: Results,
}

/// What a suite reported.
pub struct Row {
    pub suite: String,
    /// The architecture of the machine that it ran on, where it is about one.
    pub machine: Option<Arch>,
    pub results: Results,
}

/// Tests that were skipped for one reason on the same machines, and ran on the same others.
struct Skips<'a> {
    reason: &'a str,
    tests: Vec<&'a str>,
    on: Vec<&'a str>,
    /// Where they passed, by the architecture on which they were skipped.
    instead: Vec<(Arch, Vec<&'a str>)>,
}

impl Summary {
    pub fn add(&mut self, row: Row) {
        self.sum.append(row.results.clone());
        self.rows.push(row);
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether no test was found.
    pub fn is_empty(&self) -> bool {
        self.sum == Results::default()
    }

    pub fn is_success(&self) -> bool {
        self.sum.failed.is_empty() && !(self.is_whole && self.skips().iter().any(Skips::ran_nowhere))
    }

    fn skips(&self) -> Vec<Skips<'_>> {
        let mut rows_by_test = BTreeMap::<_, Vec<&Row>>::new();
        for row in &self.rows {
            for Skip { reason, test } in &row.results.skipped {
                rows_by_test.entry((reason.as_str(), test.as_str())).or_default().push(row);
            }
        }
        let mut groups = BTreeMap::<_, Vec<&str>>::new();
        for ((reason, test), rows) in rows_by_test {
            let on: Vec<&str> = rows.iter().map(|row| row.suite.as_str()).collect();
            let mut arches: Vec<Arch> = rows.iter().filter_map(|row| row.machine).collect();
            arches.sort();
            arches.dedup();
            let instead: Vec<_> = arches.iter().map(|&arch| (arch, self.ran(test, arch, reason))).collect();
            groups.entry((reason, on, instead)).or_default().push(test);
        }
        let groups = groups.into_iter();
        groups.map(|((reason, on, instead), tests)| Skips { reason, tests, on, instead }).collect()
    }

    /// Where a test passed that counts for an architecture: each has code of its own.
    fn ran(&self, test: &str, arch: Arch, reason: &str) -> Vec<&str> {
        let counts = |row: &&Row| match row.machine {
            Some(machine) => machine == arch || reason.starts_with(ONE_MACHINE),
            None => false,
        };
        let passed = |row: &&Row| row.results.passed.iter().any(|passed| passed == test);
        self.rows.iter().filter(counts).filter(passed).map(|row| row.suite.as_str()).collect()
    }
}

impl Row {
    /// Passed, failed, skipped.
    pub fn counts(&self) -> [usize; 3] {
        let Results { passed, failed, skipped, .. } = &self.results;
        [passed.len(), failed.len(), skipped.len()]
    }
}

impl Skips<'_> {
    fn ran_nowhere(&self) -> bool {
        self.instead.iter().any(|(_, suites)| suites.is_empty())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = table::new(&["", "passed", "failed", "skipped"]);
        for row in &self.rows {
            let mut cells = vec![row.suite.as_str().into()];
            cells.extend(row.counts().map(table::number));
            table.add_row(cells);
        }
        writeln!(f, "\n{table}")?;

        for row in self.rows.iter().filter(|row| !row.results.tables.is_empty()) {
            write!(f, "\nOn {}:\n\n{}\n", row.suite, row.results.tables.trim_end())?;
        }

        let skips = self.skips();
        for skips in &skips {
            write!(f, "\n{skips}")?;
        }

        if !self.sum.failed.is_empty() {
            writeln!(f, "\nFailed:")?;
        }
        for row in &self.rows {
            for test in &row.results.failed {
                writeln!(f, "  {}: {test}", row.suite)?;
            }
        }
        if skips.iter().any(Skips::ran_nowhere) {
            let weight = if self.is_whole { "which fails the whole" } else { "as some machines had no turn" };
            writeln!(f, "\nSkipped, and run on no machine of the architecture, {weight}:")?;
        }
        for skips in skips.iter().filter(|skips| skips.ran_nowhere()) {
            for (arch, _) in skips.instead.iter().filter(|(_, suites)| suites.is_empty()) {
                for test in &skips.tests {
                    writeln!(f, "  {arch}: {test}")?;
                }
            }
        }

        let Results { passed, failed, skipped, .. } = &self.sum;
        writeln!(f, "\n{} passed, {} failed, {} skipped", passed.len(), failed.len(), skipped.len())
    }
}

impl fmt::Display for Skips<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Skipped, because {}:", self.reason)?;
        for test in &self.tests {
            writeln!(f, "  {test}")?;
        }
        writeln!(f, "  on: {}", self.on.join("; "))?;
        // A test of one machine counts for every architecture, and is named once.
        let mut instead = Vec::new();
        for &suite in self.instead.iter().flat_map(|(_, suites)| suites) {
            if !instead.contains(&suite) {
                instead.push(suite);
            }
        }
        match self.instead.as_slice() {
            [] => Ok(()),
            _ if instead.is_empty() => writeln!(f, "  ran nowhere"),
            _ => writeln!(f, "  ran on: {}", instead.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(suite: &str, machine: Arch, passed: &[&str], skipped: &[(&str, &str)]) -> Row {
        let skip = |&(test, reason): &(&str, &str)| Skip { test: test.into(), reason: reason.into() };
        let passed = passed.iter().map(|test| test.to_string()).collect();
        let skipped = skipped.iter().map(skip).collect();
        let results = Results { passed, skipped, ..Results::default() };
        Row { suite: suite.into(), machine: Some(machine), results }
    }

    fn summary(is_whole: bool, rows: impl IntoIterator<Item = Row>) -> Summary {
        let mut summary = Summary { is_whole, ..Summary::default() };
        rows.into_iter().for_each(|row| summary.add(row));
        summary
    }

    const SKIPPED: &[(&str, &str)] = &[("a", "it is too big"), ("b", "it is too big")];

    #[test]
    fn shows_failures_reasons_and_sums() {
        assert!(Summary::default().is_empty());
        let mut failing = row("qemu", Arch::X86_64, &["d"], SKIPPED);
        failing.results.failed.push("e".into());
        let summary = summary(false, [row("native", Arch::X86_64, &["a", "b"], &[]), failing]);
        assert!(!summary.is_success() && !summary.is_empty());

        let text = summary.to_string();
        let skipped = "\nSkipped, because it is too big:\n  a\n  b\n  on: qemu\n  ran on: native\n";
        assert!(text.contains(skipped), "{text}");
        assert!(text.contains("\nFailed:\n  qemu: e\n"), "{text}");
        assert!(text.ends_with("\n\n3 passed, 1 failed, 2 skipped\n"), "{text}");
    }

    #[test]
    fn shows_the_tables_of_tests() {
        let mut reporting = row("native", Arch::X86_64, &["sweep"], &[]);
        reporting.results.tables = "---- sweep ----\nclose 5\n\n".into();
        let text = summary(false, [reporting]).to_string();
        assert!(text.contains("\n\nOn native:\n\n---- sweep ----\nclose 5\n\n1 passed"), "{text}");
    }

    #[test]
    fn a_test_has_to_run_somewhere_on_each_architecture() {
        let rows = || {
            [
                row("qemu", Arch::X86_64, &["c"], SKIPPED),
                row("arm", Arch::Aarch64, &["c"], SKIPPED),
                row("native", Arch::X86_64, &["a", "b"], &[]),
            ]
        };
        assert!(summary(false, rows()).is_success());
        let nowhere = summary(true, rows());
        assert!(!nowhere.is_success());
        let text = nowhere.to_string();
        assert!(text.contains("which fails the whole:\n  aarch64: a\n  aarch64: b\n"), "{text}");

        let kernel = row("kernel", Arch::Aarch64, &["a", "b"], &[]);
        assert!(summary(true, rows().into_iter().chain([kernel])).is_success());
    }

    #[test]
    fn a_test_of_one_machine_runs_there() {
        let skipped = &[("device", "only on QEMU's machine `virt`: a device")];
        let native = || row("native", Arch::X86_64, &[], skipped);
        assert!(!summary(true, [native()]).is_success());
        let arm = || row("qemu", Arch::Aarch64, &[], skipped);
        let kernels = ["4k", "16k"].map(|name| row(name, Arch::Aarch64, &["device"], &[]));
        let summary = summary(true, [native(), arm()].into_iter().chain(kernels));
        assert!(summary.is_success());
        assert!(summary.to_string().contains("\n  ran on: 4k; 16k\n"), "{summary}");
    }

    #[test]
    fn what_this_machine_ignores_need_not_run() {
        let mut ignored = row("this machine's tests", Arch::HOST, &[], &[("a", "it is a child of b")]);
        ignored.machine = None;
        let summary = summary(true, [ignored]);
        assert!(summary.is_success());
        assert!(!summary.to_string().contains("nowhere"), "{summary}");
    }
}
