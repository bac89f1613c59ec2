//! A picture for each benchmark: bars of ratios, a panel for each table.

use std::path::Path;

use baremap_benches::machine::Machine;
use baremap_benches::record::{Record, ratio_text};
use baremap_benches::way::Role;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::files::{Benchmark, Table};

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

const WIDTH: u32 = 900;
const MARGIN: i32 = 16;
/// Where bars begin; names end a little before.
const BARS: i32 = 250;
/// How long the longest is: beyond it, its ratio is written.
const LONGEST: i32 = 500;
const ROW: i32 = 20;
const BAR: i32 = 14;
const TITLE: i32 = 28;
const GAP: i32 = 14;
/// Beyond this, the longest bar would make the others invisible.
const WIDEST: f64 = 25.0;

const OURS: RGBColor = RGBColor(0, 114, 178);
const PEER: RGBColor = RGBColor(170, 170, 170);
const BOUND: RGBColor = RGBColor(225, 225, 225);

/// Writes the picture.
pub(crate) fn draw(benchmark: &Benchmark, path: &Path) {
    let tables: Vec<&Table> = benchmark.tables.iter().filter(|table| table.rows.len() > 1).collect();
    let height: i32 = tables.iter().map(|table| TITLE + ROW * table.rows.len() as i32 + GAP).sum();
    let head = 76 + 12 * versions(&benchmark.header.machine).len() as i32;
    let height = (height + 2 * MARGIN + head) as u32;
    let root = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    let drawn = panels(&root, benchmark, &tables).and_then(|()| root.present());
    drawn.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn panels(root: &Area<'_>, benchmark: &Benchmark, tables: &[&Table]) -> Drawn {
    // A ground of its own, so that it can be read on dark pages too.
    root.fill(&WHITE)?;
    let header = &benchmark.header;
    let machine = &header.machine;
    text(root, &header.about, (MARGIN, MARGIN + 8), 17, HPos::Left)?;
    let place = format!("{}, {} processors, Linux {}", machine.processor, machine.processors, machine.kernel);
    text(root, &format!("{place}, {}", machine.rustc), (MARGIN, MARGIN + 30), 11, HPos::Left)?;
    let mut y = MARGIN + 46;
    for line in versions(machine) {
        text(root, &line, (MARGIN, y), 9, HPos::Left)?;
        y += 12;
    }
    y += 6;
    text(root, &header.command, (MARGIN, y), 11, HPos::Left)?;
    let mut x = BARS + 180;
    for (label, color) in [("this crate", OURS), ("others", PEER), ("bound", BOUND)] {
        root.draw(&Rectangle::new([(x, y - 5), (x + 12, y + 6)], color.filled()))?;
        text(root, label, (x + 17, y), 11, HPos::Left)?;
        x += 90;
    }
    y += 24;
    for table in tables {
        panel(root, table, y)?;
        y += TITLE + ROW * table.rows.len() as i32 + GAP;
    }
    Ok(())
}

/// The peers in lines that fit.
fn versions(machine: &Machine) -> Vec<String> {
    const LINE: usize = 130;
    let mut lines = vec![format!("glibc {}", machine.glibc)];
    for (name, version) in &machine.versions {
        let peer = format!("{name} {version}");
        match lines.last_mut() {
            Some(line) if line.len() + peer.len() < LINE => line.push_str(&format!(", {peer}")),
            _ => lines.push(peer),
        }
    }
    lines
}

fn panel(root: &Area<'_>, table: &Table, top: i32) -> Drawn {
    let scale = Scale::of(&table.rows);
    let kind = if scale.is_logarithmic() { ", logarithmic" } else { "" };
    text(root, &format!("{} (ratio{kind}; less is better)", table.title), (MARGIN, top + 8), 13, HPos::Left)?;
    let bottom = top + TITLE + ROW * table.rows.len() as i32;
    for (index, row) in table.rows.iter().enumerate() {
        let middle = top + TITLE + ROW * index as i32 + ROW / 2;
        text(root, &row.row, (BARS - 8, middle), 12, HPos::Right)?;
        let color = match row.role {
            Role::Ours => OURS,
            Role::Peer => PEER,
            Role::Bound => BOUND,
        };
        let end = BARS + scale.length(row.ratio);
        let bar = [(BARS, middle - BAR / 2), (end, middle + BAR / 2)];
        root.draw(&Rectangle::new(bar, color.filled()))?;
        let label = format!("{} · {}", ratio_text(row.ratio), row.best_text());
        text(root, &label, (end + 6, middle), 11, HPos::Left)?;
    }
    // Where the first row ends.
    let one = BARS + scale.length(1.0);
    root.draw(&PathElement::new(vec![(one, top + TITLE - 3), (one, bottom + 2)], BLACK.mix(0.5)))
}

/// How long a bar is.
enum Scale {
    Linear { most: f64 },
    Logarithmic { least: f64, most: f64 },
}

impl Scale {
    fn of(rows: &[Record]) -> Self {
        let ratios = || rows.iter().map(|row| row.ratio).filter(|ratio| *ratio > 0.0);
        let (least, most) = (ratios().fold(1.0, f64::min), ratios().fold(1.0, f64::max));
        // The least gets a bar too.
        if most / least > WIDEST {
            Self::Logarithmic { least: least / 2.0, most }
        } else {
            Self::Linear { most }
        }
    }

    fn is_logarithmic(&self) -> bool {
        matches!(self, Self::Logarithmic { .. })
    }

    fn length(&self, ratio: f64) -> i32 {
        let part = match self {
            Self::Linear { most } => ratio / most,
            Self::Logarithmic { least, most } => (ratio.max(*least) / least).ln() / (most / least).ln(),
        };
        (part * f64::from(LONGEST)).round() as i32
    }
}

fn text(root: &Area<'_>, words: &str, at: (i32, i32), size: i32, side: HPos) -> Drawn {
    // The backend makes points of pixels.
    let size = f64::from(size) * 1.24;
    let style = ("sans-serif", size).into_font().color(&BLACK).pos(Pos::new(side, VPos::Center));
    root.draw(&Text::new(words, at, style))
}
