//! The table of results in the README.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};

use super::summary::Summary;
use crate::workspace;

const BEGIN: &str = "<!-- Written by `cargo xtask test --write-readme`: -->\n";
const END: &str = "<!-- Until here. -->\n";

/// Puts the results of a run between the marks in the README.
pub fn write(summary: &Summary) -> Result<()> {
    let path = workspace::root().join("README.md");
    let readme = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let readme = replace(&readme, &table(summary)).context("README.md has no marks for the table")?;
    fs::write(&path, readme).with_context(|| path.display().to_string())
}

fn table(summary: &Summary) -> String {
    let rows: Vec<_> = summary.rows().iter().map(|row| (row.suite.as_str(), row.counts())).collect();
    let width = rows.iter().map(|(suite, _)| suite.len()).max().unwrap_or(0);
    let mut table = format!("| {:width$} | passed | failed | skipped |\n", "");
    writeln!(table, "|-{:-<width$}-|-------:|-------:|--------:|", "").expect("a String takes everything");
    for (suite, [passed, failed, skipped]) in rows {
        writeln!(table, "| {suite:width$} | {passed:>6} | {failed:>6} | {skipped:>7} |")
            .expect("a String takes everything");
    }
    table
}

fn replace(readme: &str, table: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{super::summary::Row, *};
    use crate::libtest::Results;

    #[test]
    fn replaces_what_is_between_the_marks() {
        let readme = format!("# a\n{BEGIN}old\n{END}b\n");
        let once = replace(&readme, "new\n").unwrap();
        assert_eq!(once, format!("# a\n{BEGIN}\nnew\n\n{END}b\n"));
        assert_eq!(replace(&once, "new\n"), Some(once));
        assert_eq!(replace("# a\n", "new\n"), None);
    }

    #[test]
    fn the_readme_has_the_marks() {
        let readme = fs::read_to_string(workspace::root().join("README.md")).unwrap();
        assert!(replace(&readme, "").is_some());
    }

    #[test]
    fn the_columns_are_even() {
        let mut summary = Summary::default();
        for suite in ["native", "kernel 6.1"] {
            let results = Results { passed: vec!["a".into()], ..Results::default() };
            summary.add(Row { suite: suite.into(), machine: None, results });
        }
        let table = table(&summary);
        assert!(table.contains("\n| native     |      1 |      0 |       0 |\n"), "{table}");
        assert!(table.lines().all(|line| line.len() == table.lines().next().unwrap().len()), "{table}");
    }
}
