//! What is to be reached.

/// A ratio of best values that is to be reached.
#[derive(Clone, Copy)]
pub struct Target {
    /// Whose value,
    pub row: &'static str,
    /// divided by whose,
    pub of: &'static str,
    /// is at most this.
    pub most: f64,
}

impl Target {
    /// What [`row`](Self::row), [`of`](Self::of) and [`most`](Self::most) say.
    #[must_use]
    pub const fn new(row: &'static str, of: &'static str, most: f64) -> Self {
        Self { row, of, most }
    }
}
