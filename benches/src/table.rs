//! Rounds, and what they come to.

/// The rounds of one way.
pub struct Row {
    name: String,
    /// Nanoseconds, one for each round.
    pub times: Vec<f64>,
    /// The most memory of any round, in KiB, where that was measured.
    pub peak: usize,
}

/// A ratio of best times that is to be reached.
#[derive(Clone, Copy)]
pub struct Target {
    /// Whose time,
    pub row: &'static str,
    /// divided by whose,
    pub of: &'static str,
    /// is at most this.
    pub most: f64,
}

impl Row {
    /// No rounds yet.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), times: Vec::new(), peak: 0 }
    }

    /// The shortest time.
    #[must_use]
    pub fn best(&self) -> f64 {
        self.times.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The time of which so many percent are shorter, or what lies there between two; the times are sorted.
    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.times.len() - 1) * percent;
        let (low, high) = (self.times[place / 100], self.times[place.div_ceil(100)]);
        low + (high - low) * (place % 100) as f64 / 100.0
    }
}

/// Prints the rows: ratio of the best times to the first row's; best and median; how far the middle half of the rounds lies
/// apart, in percent of the median; what is to be reached, and whether it is.
pub fn print(title: &str, rows: &mut [Row], targets: &[Target]) {
    println!("{title}");
    for row in &mut *rows {
        row.times.sort_by(f64::total_cmp);
    }
    for row in &*rows {
        let [best, low, median, high] =
            [row.best(), row.percentile(25), row.percentile(50), row.percentile(75)];
        print!(
            "    {:24} {:7.3}   {:>9} {:>9} ±{:3.0} %",
            row.name,
            best / rows[0].best(),
            human(best),
            human(median),
            (high - low) / 2.0 / median * 100.0
        );
        if row.peak > 0 {
            print!(" {:5} MiB", row.peak >> 10);
        }
        for target in targets.iter().filter(|target| target.row == row.name) {
            let Some(of) = rows.iter().find(|row| row.name == target.of) else { continue };
            let ratio = best / of.best();
            let verdict = if ratio <= target.most { "met" } else { "MISSED" };
            print!("   {ratio:.3} of {}, at most {}: {verdict}", target.of, target.most);
        }
        println!();
    }
}

/// Nanoseconds, in a unit that suits.
fn human(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e4 => format!("{nanoseconds:.2} ns"),
        ..1e7 => format!("{:.1} µs", nanoseconds / 1e3),
        _ => format!("{:.1} ms", nanoseconds / 1e6),
    }
}
