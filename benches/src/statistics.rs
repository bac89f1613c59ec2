//! Rounds, and what they come to.

/// The rounds of one way.
#[derive(Default)]
pub(crate) struct Rounds {
    values: Vec<f64>,
    /// The most memory of any round, in KiB, where that was measured.
    pub(crate) peak: Option<usize>,
}

/// What they come to.
pub(crate) struct Summary {
    pub(crate) best: f64,
    pub(crate) median: f64,
    /// Half of what lies between the quartiles, by the median.
    pub(crate) spread: f64,
    pub(crate) rounds: usize,
}

impl Rounds {
    pub(crate) fn push(&mut self, value: f64) {
        self.values.push(value);
    }

    pub(crate) fn summary(&self) -> Summary {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        let [low, median, high] = [25, 50, 75].map(|percent| percentile(&values, percent));
        let spread = if median == 0.0 { 0.0 } else { (high - low) / 2.0 / median };
        Summary { best: values[0], median, spread, rounds: values.len() }
    }
}

/// The value of which so many percent are less, or what lies there between two.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = (sorted.len() - 1) * percent;
    let (low, high) = (sorted[place / 100], sorted[place.div_ceil(100)]);
    low + (high - low) * (place % 100) as f64 / 100.0
}
