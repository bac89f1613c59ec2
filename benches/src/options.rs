//! What is said on the command line.

use clap::Parser;

/// How to measure, and what.
#[derive(Parser)]
pub struct Options {
    /// Fewer rounds: a first impression
    #[arg(long)]
    pub quick: bool,
    /// Only what has this in its title
    #[arg(default_value = "")]
    pub filter: String,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// Those of this process; ends it if they are wrong.
    #[must_use]
    pub fn get() -> Self {
        Self::parse()
    }
}
