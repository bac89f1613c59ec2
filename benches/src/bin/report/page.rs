//! The page.

use std::fmt::Write as _;

use baremap_benches::machine::Machine;
use baremap_benches::record::{Reached, Record, Shortfall, UNKNOWN, ratio_text};
use baremap_benches::way::Role;

use crate::files::{Benchmark, ORDER, Table};

const BEGIN: &str = "# Benchmarks

What this crate does beside what people take in its place, and beside what neither can better. Written by `cargo xtask bench`, which
builds and runs all of it; `cargo xtask bench AREA…` measures a part anew, and `--quick` gives a first impression in two minutes
and writes nothing here.

How to read it: the ways take turns, A B A B, in many short rounds, and the best round of each counts, since whatever else the machine
does only ever adds time. The ratio is to the first row; **less is better** in every column but rates. The spread is half of what lies
between the quartiles, by the median: where it is large, the machine was not quiet, and bests say more than medians. Rows of this
crate are **bold**; *italic* ones are bounds, which do less than is asked for. Compare ratios, not times of different machines.
";

/// The page of all benchmarks, with pictures in that folder.
pub(crate) fn text(benchmarks: &[Benchmark], pictures: &str) -> String {
    let mut page = String::from(BEGIN);
    let machine = &benchmarks[0].header.machine;
    let same = benchmarks.iter().all(|benchmark| is_same(&benchmark.header.machine, machine));
    if same {
        page.push_str(&describe(machine));
    }
    page.push_str(&unmeasured(benchmarks));
    page.push_str(&behind(benchmarks));
    for benchmark in benchmarks {
        let header = &benchmark.header;
        write(&mut page, format_args!("\n## {}\n\n{}\n", header.benchmark, header.about));
        if !same {
            page.push_str(&describe(&header.machine));
        }
        let load = header.machine.load;
        write(
            &mut page,
            format_args!(
                "\n`{}`{}; load when it began: {load:.1}.\n\n![{}]({pictures}/{}.svg)\n",
                header.command,
                if header.quick { ", in few rounds" } else { "" },
                header.about,
                header.benchmark
            ),
        );
        for part in &benchmark.tables {
            page.push_str(&table(&header.benchmark, part));
        }
    }
    page
}

fn write(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a String takes everything");
}

/// Whether two files were measured on one machine with the same versions.
fn is_same(one: &Machine, other: &Machine) -> bool {
    Machine { load: 0.0, ..one.clone() } == Machine { load: 0.0, ..other.clone() }
}

fn describe(machine: &Machine) -> String {
    let Machine { processor, processors, page, memory_gib, kernel, arch, rustc, glibc, versions, .. } =
        machine;
    let versions: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    format!(
        "\n| | |\n|---|---|\n| machine | {processor}, {processors} processors, {memory_gib} GiB, pages of {page} bytes |\n\
         | kernel | Linux {kernel}, {arch} |\n| compiler | {rustc} |\n| glibc | {glibc} |\n| peers | {} |\n",
        versions.join(", ")
    )
}

/// Benchmarks that have not run yet.
fn unmeasured(benchmarks: &[Benchmark]) -> String {
    let has_run = |name: &str| benchmarks.iter().any(|benchmark| benchmark.header.benchmark == name);
    let names: Vec<&str> = ORDER.into_iter().filter(|name| !has_run(name)).collect();
    if names.is_empty() { String::new() } else { format!("\nNot measured yet: {}.\n", names.join(", ")) }
}

/// Our rows that are behind or miss a target, all in one place.
fn behind(benchmarks: &[Benchmark]) -> String {
    let mut text = String::from("\n## Where we are not ahead\n\n");
    let mut rows = String::new();
    for benchmark in benchmarks {
        for row in benchmark.tables.iter().flat_map(|table| &table.rows) {
            if row.shortfalls().is_empty() {
                continue;
            }
            let area = &benchmark.header.benchmark;
            write(
                &mut rows,
                format_args!(
                    "| [{}](#{}) | {} | {} | {} |\n",
                    cell(&row.table),
                    anchor_of(area, &row.table),
                    cell(&row.row),
                    shortfalls(row),
                    why(row)
                ),
            );
        }
    }
    if rows.is_empty() {
        text.push_str("Nowhere: every row is ahead of its best peer, or as good, and reaches its targets.\n");
    } else {
        text.push_str("| table | row | by how much | why |\n|---|---|---|---|\n");
        text.push_str(&rows);
    }
    text
}

/// In what a row falls short.
fn shortfalls(row: &Record) -> String {
    let text = |shortfall: &Shortfall<'_>| {
        let wanted = shortfall.wanted.map_or(String::new(), |most| format!(", wanted {}", ratio_text(most)));
        format!("{} of {}{wanted}", ratio_text(shortfall.ratio), cell(shortfall.of))
    };
    row.shortfalls().iter().map(text).collect::<Vec<_>>().join("; ")
}

fn why(row: &Record) -> String {
    cell(row.why.as_deref().unwrap_or(UNKNOWN))
}

/// Above a table: tables of different benchmarks may have the same title.
fn heading(benchmark: &str, table: &str) -> String {
    format!("{benchmark}: {table}")
}

fn table(benchmark: &str, table: &Table) -> String {
    let mut text = String::new();
    write(&mut text, format_args!("\n### {}\n\n", heading(benchmark, &table.title)));
    if !table.rows.is_empty() {
        text.push_str(&rows(&table.rows));
    }
    for missing in &table.missing {
        let what = if missing.row.is_empty() { "all".into() } else { cell(&missing.row) };
        write(&mut text, format_args!("\nNot measured: {what}: {}\n", missing.reason.trim()));
    }
    text
}

fn rows(rows: &[Record]) -> String {
    let is_measured = rows.iter().any(|row| row.rounds > 1);
    let has_rate = rows.iter().any(|row| row.bytes.is_some());
    let has_peak = rows.iter().any(|row| row.peak.is_some());
    let has_targets = rows.iter().any(|row| !row.targets.is_empty() || row.is_behind());

    let mut columns = vec!["", "ratio", rows[0].unit.heading()];
    if is_measured {
        columns.extend(["median", "spread"]);
    }
    if has_rate {
        columns.push("rate");
    }
    if has_peak {
        columns.push("peak memory");
    }
    if has_targets {
        columns.push("to be reached");
    }
    let mut text = line(&columns.iter().map(|column| column.to_string()).collect::<Vec<_>>());
    let alignments = columns.iter().map(|column| match *column {
        "" | "to be reached" => "---".to_string(),
        _ => "---:".to_string(),
    });
    text.push_str(&line(&alignments.collect::<Vec<_>>()));
    for row in rows {
        let mut cells = vec![name(row), ratio_text(row.ratio), row.best_text()];
        if is_measured {
            cells.extend([row.unit.text(row.median), format!("±{:.0} %", row.spread * 100.0)]);
        }
        if has_rate {
            cells.push(row.rate().map_or(String::new(), |rate| format!("{rate:.2} GB/s")));
        }
        if has_peak {
            cells.push(row.peak.map_or(String::new(), |kib| format!("{} MiB", kib >> 10)));
        }
        if has_targets {
            cells.push(reached(row));
        }
        text.push_str(&line(&cells));
    }
    for row in rows.iter().filter(|row| !row.shortfalls().is_empty()) {
        write(&mut text, format_args!("\n{}: {}\n", row.row, why(row)));
    }
    text
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn name(row: &Record) -> String {
    let name = cell(&row.row);
    match row.role {
        Role::Ours => format!("**{name}**"),
        Role::Peer => name,
        Role::Bound => format!("*{name}*"),
    }
}

/// Targets and what became of them.
fn reached(row: &Record) -> String {
    let mut parts: Vec<String> = row
        .targets
        .iter()
        .map(|Reached { of, most, ratio: reached, met }| {
            let verdict = if *met { "met" } else { "**missed**" };
            format!("{} of {}, at most {}: {verdict}", ratio_text(*reached), cell(of), ratio_text(*most))
        })
        .collect();
    if let Some(beside) = row.beside.as_ref().filter(|_| row.is_behind()) {
        let is_named = row.targets.iter().any(|target| target.of == beside.row);
        if !is_named {
            parts.push(format!("{} of {}, which is ahead", ratio_text(beside.ratio), cell(&beside.row)));
        }
    }
    parts.join("; ")
}

/// Text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

/// What a table's heading is linked by.
pub(crate) fn anchor_of(benchmark: &str, table: &str) -> String {
    let title = heading(benchmark, table);
    let kept = title.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}
