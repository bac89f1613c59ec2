//! A table: ways that take turns, and what their rounds come to.

use indicatif::{ProgressBar, ProgressStyle};

use crate::area::Area;
use crate::record::{Beside, Line, Reached, Record, Shortfall, UNKNOWN, Unit};
use crate::statistics::{Rounds, Summary};
use crate::target::Target;
use crate::way::{Call, Program, Role, Round, Value, Way};
use crate::{calls, programs};

/// A table before it is measured.
#[must_use = "nothing is measured yet"]
pub struct Table<'a> {
    area: &'a mut Area,
    title: String,
    unit: Unit,
    bytes: Option<f64>,
    targets: Vec<Target>,
    whys: Vec<Why<'a>>,
    missing: Vec<(&'a str, String)>,
}

/// Why a row of ours falls short.
struct Why<'a> {
    row: &'a str,
    /// Beside whom; nobody, if the reason holds beside all.
    of: Option<&'a str>,
    reason: &'a str,
}

impl<'a> Table<'a> {
    pub(crate) fn new(area: &'a mut Area, title: String) -> Self {
        Self {
            area,
            title,
            unit: Unit::Nanoseconds,
            bytes: None,
            targets: Vec::new(),
            whys: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// What values count: nanoseconds, if nothing is said.
    pub fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// So many bytes pass in one: the rate is shown too.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes as f64);
        self
    }

    /// What is to be reached.
    pub fn targets(mut self, targets: &[Target]) -> Self {
        self.targets.extend(targets);
        self
    }

    /// Why one of our rows is behind a peer or misses a target: shown where it does, whoever the other is.
    ///
    /// A row that falls short by less than its rounds differ by needs no reason.
    pub fn why(mut self, row: &'a str, reason: &'a str) -> Self {
        self.whys.push(Why { row, of: None, reason });
        self
    }

    /// The same, where the other is the row `of`.
    pub fn why_beside(mut self, row: &'a str, of: &'a str, reason: &'a str) -> Self {
        self.whys.push(Why { row, of: Some(of), reason });
        self
    }

    /// A row that cannot be measured here, and why: "not built: ...".
    pub fn missing(mut self, row: &'a str, reason: impl Into<String>) -> Self {
        self.missing.push((row, reason.into()));
        self
    }

    /// Measures closures, each called so often that a round takes 0.2 ms. A call does `things` things, of which one is counted.
    pub fn calls(self, things: usize, ways: &mut [Call<'_>]) {
        let calls: Vec<u32> = ways.iter_mut().map(|way| calls::calibrate(way.work)).collect();
        let rounds = self.area.either(calls::ROUNDS, calls::ROUNDS / 8);
        self.take_turns(ways, rounds, |index, way, rounds| {
            rounds.push(calls::time(way.work, calls[index]) / things as f64);
        });
    }

    /// Measures closures that measure themselves, so many rounds of each.
    pub fn rounds(self, rounds: usize, ways: &mut [Round<'_>]) {
        self.take_turns(ways, rounds, |_, way, rounds| rounds.push((way.work)()));
    }

    /// Measures programs that measure themselves, a process for each round; `arguments` follow those that a program has already.
    pub fn programs(self, rounds: usize, arguments: &[&str], ways: &[Program<'_>]) {
        self.take_turns(&mut ways.to_vec(), rounds, |_, way, rounds| {
            let (value, peak) = programs::run(way.name, way.work, arguments);
            rounds.push(value);
            rounds.peak = rounds.peak.max(peak);
        });
    }

    /// Shows values that are known.
    pub fn values(self, ways: &[Value<'_>]) {
        self.take_turns(&mut ways.to_vec(), 1, |_, way, rounds| rounds.push(way.work));
    }

    /// A B A B: what disturbs one round disturbs all ways alike.
    fn take_turns<W>(
        self,
        ways: &mut [Way<'_, W>],
        rounds: usize,
        mut measure: impl FnMut(usize, &mut Way<'_, W>, &mut Rounds),
    ) {
        let mut rows: Vec<Rounds> = ways.iter().map(|_| Rounds::default()).collect();
        // Drawn between rounds, by this thread: no other takes a processor away.
        let bar = ProgressBar::new((rounds * ways.len()) as u64).with_style(style());
        bar.set_message(self.title.clone());
        for _ in 0..rounds {
            for (index, (way, row)) in ways.iter_mut().zip(&mut rows).enumerate() {
                measure(index, way, row);
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        let names: Vec<_> = ways.iter().map(|way| (way.name, way.role, way.against)).collect();
        self.finish(&names, &rows);
    }

    fn finish(self, ways: &[(&str, Role, Option<&str>)], rows: &[Rounds]) {
        let summaries: Vec<Summary> = rows.iter().map(Rounds::summary).collect();
        let summary_of =
            |row: &str| ways.iter().position(|(name, ..)| *name == row).map(|index| &summaries[index]);
        let records: Vec<Record> = ways
            .iter()
            .zip(rows.iter().zip(&summaries))
            .map(|((name, role, against), (row, summary))| {
                let mut record = Record {
                    area: self.area.name().into(),
                    table: self.title.clone(),
                    row: name.to_string(),
                    role: *role,
                    unit: self.unit,
                    rounds: summary.rounds,
                    best: summary.best,
                    median: summary.median,
                    spread: summary.spread,
                    ratio: summary.best / summaries[0].best,
                    bytes: self.bytes,
                    peak: row.peak,
                    targets: Vec::new(),
                    beside: None,
                    why: None,
                };
                for target in self.targets.iter().filter(|target| target.row == *name) {
                    let Some(of) = summary_of(target.of) else { continue };
                    let (ratio, most) = (summary.best / of.best, target.most);
                    record.targets.push(Reached { of: target.of.into(), most, ratio, met: ratio <= most });
                }
                if *role == Role::Ours {
                    let peers = ways.iter().zip(&summaries).filter(|((peer, role, _), _)| match against {
                        Some(against) => peer == against,
                        None => *role == Role::Peer,
                    });
                    let best = peers
                        .map(|((peer, ..), summary)| (*peer, summary.best))
                        .min_by(|a, b| a.1.total_cmp(&b.1));
                    record.beside =
                        best.map(|(row, best)| Beside { row: row.into(), ratio: summary.best / best });
                }
                let spread_of = |row: &str| summary_of(row).map_or(0.0, |summary| summary.spread);
                record.why = reasons(&record, &self.whys, spread_of);
                record
            })
            .collect();
        print(&self.title, &records);
        for record in records {
            self.area.write(&Line::Row(record));
        }
        for (row, reason) in &self.missing {
            println!("    {row:24} {reason}");
            self.area.write_missing(&self.title, row, reason);
        }
    }
}

/// What is said where the rounds do not show that there is a difference.
const WITHIN_SPREAD: &str =
    "its rounds, or the other's, differ by more than that among themselves: see the spread";

/// Why a row falls short, where it does and any reason is known.
fn reasons(record: &Record, whys: &[Why<'_>], spread_of: impl Fn(&str) -> f64) -> Option<String> {
    let whys: Vec<_> = whys.iter().filter(|why| why.row == record.row).collect();
    let shortfalls = record.shortfalls();
    let reason = |shortfall: &Shortfall<'_>| {
        let beside = |of| whys.iter().find(|why| why.of == of).map(|why| why.reason);
        beside(Some(shortfall.of)).or_else(|| beside(None)).or_else(|| {
            let spread = record.spread.max(spread_of(shortfall.of));
            (shortfall.excess() <= spread).then_some(WITHIN_SPREAD)
        })
    };
    let reasons: Vec<_> = shortfalls.iter().map(reason).collect();
    let first = *reasons.first()?;
    if reasons.iter().all(|reason| *reason == first) {
        return first.map(str::to_owned);
    }
    let texts = shortfalls.iter().zip(reasons);
    let texts =
        texts.map(|(Shortfall { of, .. }, reason)| format!("beside {of}: {}", reason.unwrap_or(UNKNOWN)));
    Some(texts.collect::<Vec<_>>().join("; "))
}

/// A line on standard error, where that is a terminal.
fn style() -> ProgressStyle {
    ProgressStyle::with_template("{wide_bar:.dim} {pos}/{len} {msg}").expect("a valid template")
}

/// Prints the rows: ratio of the best values to the first row's; best and median; spread; what is to be reached, and whether
/// it is; who is ahead, and why.
fn print(title: &str, records: &[Record]) {
    println!("{title}");
    for record in records {
        print!("    {:24} {:7.3}   {:>11}", record.row, record.ratio, record.best_text());
        if record.rounds > 1 {
            print!(" {:>11} ±{:3.0} %", record.unit.text(record.median), record.spread * 100.0);
        }
        if let Some(rate) = record.rate() {
            print!(" {rate:6.2} GB/s");
        }
        if let Some(peak) = record.peak {
            print!(" {:5} MiB", peak >> 10);
        }
        for Reached { of, most, ratio, met } in &record.targets {
            let verdict = if *met { "met" } else { "MISSED" };
            print!("   {ratio:.3} of {of}, at most {most:.3}: {verdict}");
        }
        if let Some(beside) = record.beside.as_ref().filter(|_| record.is_behind()) {
            print!("   {} is ahead: {:.3}", beside.row, beside.ratio);
        }
        println!();
        if !record.shortfalls().is_empty() {
            println!("      {}", record.why.as_deref().unwrap_or(UNKNOWN));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EQUAL;

    /// A row "ours" that is so much behind "peer", and misses a target of 1.0 beside "bound" by the half of that.
    fn row(ratio: f64, spread: f64) -> Record {
        let reached = Reached { of: "bound".into(), most: 1.0, ratio: 1.0 + (ratio - 1.0) / 2.0, met: false };
        Record {
            area: String::new(),
            table: String::new(),
            row: "ours".into(),
            role: Role::Ours,
            unit: Unit::Nanoseconds,
            rounds: 10,
            best: ratio,
            median: ratio,
            spread,
            ratio,
            bytes: None,
            peak: None,
            targets: vec![reached],
            beside: Some(Beside { row: "peer".into(), ratio }),
            why: None,
        }
    }

    const ANY: Why<'_> = Why { row: "ours", of: None, reason: "any" };
    const PEER: Why<'_> = Why { row: "ours", of: Some("peer"), reason: "peer's" };
    const OTHERS: Why<'_> = Why { row: "theirs", of: None, reason: "of another row" };

    fn why(record: &Record, whys: &[Why<'_>], spread: f64) -> Option<String> {
        reasons(record, whys, |_| spread)
    }

    #[test]
    fn a_reason_for_one_stands_before_a_reason_for_all() {
        assert_eq!(why(&row(1.5, 0.0), &[OTHERS, ANY], 0.0).as_deref(), Some("any"));
        let both = why(&row(1.5, 0.0), &[ANY, PEER], 0.0);
        assert_eq!(both.as_deref(), Some("beside peer: peer's; beside bound: any"));
    }

    #[test]
    fn what_the_rounds_do_not_show_needs_no_reason() {
        assert_eq!(why(&row(1.5, 0.0), &[OTHERS], 0.1), None);
        for (own, others) in [(0.5, 0.0), (0.0, 0.5)] {
            assert_eq!(why(&row(1.5, own), &[], others).as_deref(), Some(WITHIN_SPREAD));
        }
        let one = why(&row(1.5, 0.3), &[], 0.0);
        assert_eq!(one, Some(format!("beside peer: {UNKNOWN}; beside bound: {WITHIN_SPREAD}")));
    }

    #[test]
    fn who_is_ahead_needs_no_reason() {
        let ahead = Record { targets: Vec::new(), ..row(EQUAL, 0.0) };
        assert_eq!(why(&ahead, &[ANY, PEER], 0.0), None);
    }
}
