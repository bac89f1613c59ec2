//! The lines of JSON that a benchmark writes and the report reads.

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::way::Role;

/// A line of a file; the first is the header, all others are rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// Where and how.
    Header(Header),
    /// A row of a table.
    Row(Record),
    /// What could not be measured here, and why: never left out in silence.
    Missing(Missing),
}

/// Where and how a file's rows were measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The benchmark, which has the name of its area or is a part of it.
    pub benchmark: String,
    /// What it is about, in a line.
    pub about: String,
    /// What the user typed.
    pub command: String,
    /// Whether it was for a first impression.
    pub quick: bool,
    /// On what.
    pub machine: Machine,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What is measured together.
    pub area: String,
    /// The table's title.
    pub table: String,
    /// Who does it.
    pub row: String,
    /// Whose that is.
    pub role: Role,
    /// What the values count.
    pub unit: Unit,
    /// Of how many rounds: 1 where a value is known and not measured.
    pub rounds: usize,
    /// The least of all rounds.
    pub best: f64,
    /// That of the rounds.
    pub median: f64,
    /// Half of what lies between the quartiles, by the median.
    pub spread: f64,
    /// `best` by that of the table's first row.
    pub ratio: f64,
    /// Bytes that pass in one, where a rate is what people think in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<f64>,
    /// The most memory of any round, in KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak: Option<usize>,
    /// What is to be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Reached>,
    /// For our rows: who is best among the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// For rows that fall short: the reasons, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What became of a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// The row that the ratio is to.
    pub of: String,
    /// What the ratio may be.
    pub most: f64,
    /// What it is.
    pub ratio: f64,
    /// Whether that is reached.
    pub met: bool,
}

/// A row beside another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// The other row.
    pub row: String,
    /// Our best by theirs.
    pub ratio: f64,
}

/// In what a row falls short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortfall<'a> {
    /// The other row.
    pub of: &'a str,
    /// Our best by theirs.
    pub ratio: f64,
    /// What it may be, where that is a target: else no more than [`EQUAL`].
    pub wanted: Option<f64>,
}

impl Shortfall<'_> {
    /// By how much the ratio is more than it may be: 0.1 is a tenth.
    #[must_use]
    pub fn excess(&self) -> f64 {
        self.ratio / self.wanted.unwrap_or(1.0) - 1.0
    }
}

/// A row, or a table, that there could have been.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// What is measured together.
    pub area: String,
    /// The table's title.
    pub table: String,
    /// Who would do it; empty, if it is all of the table.
    pub row: String,
    /// Why it is not there.
    pub reason: String,
}

/// What values count. Less is better, of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Time.
    Nanoseconds,
    /// Bytes of a file or of memory.
    Bytes,
    /// Instructions that are executed.
    Instructions,
    /// System calls.
    Calls,
    /// Pages of memory.
    Pages,
}

/// By how much two may differ and still be equal: what a repetition of the same run differs by.
pub const EQUAL: f64 = 1.02;

/// What is said where no reason is known.
pub const UNKNOWN: &str = "not known yet";

impl Record {
    /// Whether the best of the others is better.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.beside.as_ref().is_some_and(|beside| beside.ratio > EQUAL)
    }

    /// Whom it is behind, and which targets it misses: nothing twice, and the target where both are of one row.
    #[must_use]
    pub fn shortfalls(&self) -> Vec<Shortfall<'_>> {
        let missed = self.targets.iter().filter(|target| !target.met);
        let missed = missed.map(|Reached { of, most, ratio, .. }| Shortfall {
            of,
            ratio: *ratio,
            wanted: Some(*most),
        });
        let missed: Vec<_> = missed.collect();
        let behind = self
            .beside
            .as_ref()
            .filter(|beside| self.is_behind() && missed.iter().all(|missed| missed.of != beside.row));
        let behind = behind.map(|beside| Shortfall { of: &beside.row, ratio: beside.ratio, wanted: None });
        behind.into_iter().chain(missed).collect()
    }

    /// `best`, for people.
    #[must_use]
    pub fn best_text(&self) -> String {
        self.unit.text(self.best)
    }

    /// The rate of the best round in gigabytes a second, where there is one.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.bytes.map(|bytes| bytes / self.best)
    }
}

impl Unit {
    /// A value, for people.
    #[must_use]
    pub fn text(self, value: f64) -> String {
        match self {
            Unit::Nanoseconds => nanoseconds(value),
            Unit::Bytes => count(value),
            Unit::Instructions | Unit::Calls | Unit::Pages => count(value),
        }
    }

    /// What stands above values that do not name it themselves.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "best",
            Unit::Bytes => "bytes",
            Unit::Instructions => "instructions",
            Unit::Calls => "calls",
            Unit::Pages => "pages",
        }
    }
}

/// A ratio, for people: two digits behind the point, or as many as say something.
#[must_use]
pub fn ratio_text(ratio: f64) -> String {
    match ratio {
        ..0.1 => format!("{ratio:.4}"),
        ..10.0 => format!("{ratio:.2}"),
        ..100.0 => format!("{ratio:.1}"),
        _ => format!("{ratio:.0}"),
    }
}

/// In a unit that suits.
fn nanoseconds(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2} ns"),
        ..1e4 => format!("{value:.1} ns"),
        ..1e7 => format!("{:.1} µs", value / 1e3),
        ..1e10 => format!("{:.1} ms", value / 1e6),
        _ => format!("{:.1} s", value / 1e9),
    }
}

/// A number, its thousands apart.
fn count(value: f64) -> String {
    if value.fract() != 0.0 {
        return format!("{value:.2}");
    }
    indicatif::HumanCount(value as u64).to_string()
}
