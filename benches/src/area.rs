//! A benchmark: a program of tables.

use std::env;
use std::fs::File;
use std::io::Write as _;

use crate::machine::Machine;
use crate::options::Options;
use crate::record::{Header, Line, Missing};
use crate::table::Table;

/// A benchmark while it runs: what the user asked for, and where its rows go.
pub struct Area {
    name: &'static str,
    options: Options,
    json: Option<File>,
}

impl Area {
    /// The benchmark `benchmark` of the area `area`, as the command line wants it; a wrong command line ends the program.
    ///
    /// `about` is a line for the report: what is measured.
    #[must_use]
    pub fn start(area: &'static str, benchmark: &str, about: &str) -> Self {
        let options = Options::get();
        let json = options.json.as_ref().map(|path| {
            File::create(path).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()))
        });
        let mut this = Self { name: area, options, json };
        if this.json.is_some() {
            let command = this.options.command.clone().unwrap_or_else(|| own_command(benchmark));
            this.write(&Line::Header(Header {
                benchmark: benchmark.into(),
                about: about.into(),
                command,
                quick: this.options.quick,
                machine: Machine::this(),
            }));
        }
        println!("{about}");
        println!("ratio of the bests, best, median, half the way between the quartiles");
        this
    }

    /// `full`, or `quick` where a first impression is enough.
    #[must_use]
    pub fn either<T>(&self, full: T, quick: T) -> T {
        if self.options.quick { quick } else { full }
    }

    /// A table, unless the user asks for others.
    pub fn table(&mut self, title: impl Into<String>) -> Option<Table<'_>> {
        let title = title.into();
        title.contains(&self.options.filter).then(|| Table::new(self, title))
    }

    /// A whole table that cannot be measured here, and why.
    pub fn missing(&mut self, table: &str, reason: &str) {
        if table.contains(&self.options.filter) {
            println!("{table}\n    not measured: {reason}");
            self.write_missing(table, "", reason);
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn write_missing(&mut self, table: &str, row: &str, reason: &str) {
        self.write(&Line::Missing(Missing {
            area: self.name.into(),
            table: table.into(),
            row: row.into(),
            reason: reason.into(),
        }));
    }

    pub(crate) fn write(&mut self, line: &Line) {
        if let Some(file) = &mut self.json {
            let mut text = serde_json::to_string(line).expect("numbers and strings");
            text.push('\n');
            file.write_all(text.as_bytes()).expect("room for a line");
        }
    }
}

/// How this program is started by itself.
fn own_command(benchmark: &str) -> String {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    format!("cargo bench -p baremap-benches --bench {benchmark} -- {}", arguments.join(" "))
}
