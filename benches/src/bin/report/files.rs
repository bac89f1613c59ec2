//! What the benchmarks have written.

use std::fs;
use std::path::Path;

use baremap_benches::record::{Header, Line, Missing, Record};

/// The benchmarks in the order of the page.
pub(crate) const ORDER: [&str; 10] =
    ["calls", "programs", "files", "fault", "alloc", "arena", "channel", "sync", "process", "scale"];

/// A file.
pub(crate) struct Benchmark {
    pub(crate) header: Header,
    pub(crate) tables: Vec<Table>,
}

/// Rows of one title.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) rows: Vec<Record>,
    pub(crate) missing: Vec<Missing>,
}

/// All files of a folder, `NAME.jsonl`.
pub(crate) fn read(folder: &Path) -> Vec<Benchmark> {
    let read = |name: &str| {
        let path = folder.join(format!("{name}.jsonl"));
        path.exists().then(|| parse(&fs::read_to_string(&path).expect("it can be read")))
    };
    ORDER.iter().filter_map(|name| read(name)).collect()
}

fn parse(text: &str) -> Benchmark {
    let mut lines = text.lines().map(|line| serde_json::from_str(line).expect("a benchmark has written it"));
    let Some(Line::Header(header)) = lines.next() else { panic!("a file begins with its header") };
    let mut tables: Vec<Table> = Vec::new();
    for line in lines {
        let title = match &line {
            Line::Row(row) => &row.table,
            Line::Missing(missing) => &missing.table,
            Line::Header(_) => panic!("a file has one header"),
        };
        if tables.last().is_none_or(|table| table.title != *title) {
            tables.push(Table { title: title.clone(), rows: Vec::new(), missing: Vec::new() });
        }
        let table = tables.last_mut().expect("there is one now");
        match line {
            Line::Row(row) => table.rows.push(row),
            Line::Missing(missing) => table.missing.push(missing),
            Line::Header(_) => {}
        }
    }
    Benchmark { header, tables }
}
