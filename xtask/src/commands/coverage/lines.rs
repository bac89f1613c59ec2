//! Lines and how often they were executed, as lcov's format has them.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, ensure};

#[derive(Default)]
pub struct Lines {
    files: Vec<File>,
}

/// A file of the crate.
pub struct File {
    /// From the top of the workspace.
    pub name: String,
    counts: BTreeMap<u32, u64>,
}

impl Lines {
    /// Reads the output of `llvm-cov export --format=lcov`.
    pub fn parse(text: &str, root: &Path) -> Result<Lines> {
        let mut lines = Lines::default();
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("SF:") {
                let path = Path::new(path);
                let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
                lines.files.push(File { name, counts: BTreeMap::new() });
            } else if let Some(counted) = line.strip_prefix("DA:") {
                let (number, count) = counted.split_once(',').context("a line without a count")?;
                let file = lines.files.last_mut().context("a line without a file")?;
                file.counts.insert(number.parse()?, count.parse()?);
            }
        }
        lines.files.retain(|file| !file.counts.is_empty());
        lines.files.sort_by(|one, other| one.name.cmp(&other.name));
        ensure!(!lines.files.is_empty(), "no line of the crate was counted");
        Ok(lines)
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    pub fn total(&self) -> usize {
        self.files().map(File::lines).sum()
    }

    pub fn executed(&self) -> usize {
        self.files().map(File::executed).sum()
    }

    pub fn percent(&self) -> f64 {
        percent(self.executed(), self.total())
    }
}

impl File {
    pub fn lines(&self) -> usize {
        self.counts.len()
    }

    pub fn executed(&self) -> usize {
        self.counts.values().filter(|count| **count > 0).count()
    }

    pub fn percent(&self) -> f64 {
        percent(self.executed(), self.lines())
    }

    /// The numbers of the lines that were not executed.
    pub fn missing(&self) -> String {
        let missing =
            self.counts.iter().filter(|(_, count)| **count == 0).map(|(number, _)| number.to_string());
        missing.collect::<Vec<_>>().join(", ")
    }
}

fn percent(executed: usize, lines: usize) -> f64 {
    100.0 * executed as f64 / lines as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_llvm_exports() {
        let text = "SF:/top/src/b.rs\nFN:1,main\nDA:1,2\nDA:3,0\nDA:4,0\nend_of_record\nSF:/top/src/a.rs\nDA:7,1\nend_of_record\n";
        let lines = Lines::parse(text, Path::new("/top")).unwrap();
        let files: Vec<(&str, usize, usize, String)> = lines
            .files()
            .map(|file| (file.name.as_str(), file.lines(), file.executed(), file.missing()))
            .collect();
        assert_eq!(files, [("src/a.rs", 1, 1, String::new()), ("src/b.rs", 3, 1, "3, 4".into())]);
        assert_eq!((lines.total(), lines.executed(), lines.percent()), (4, 2, 50.0));
    }

    #[test]
    fn nothing_is_no_coverage() {
        assert!(Lines::parse("", Path::new("/top")).is_err());
        assert!(Lines::parse("DA:1,1", Path::new("/top")).is_err());
    }
}
