//! What is said on the command line.

use std::path::PathBuf;

use clap::Parser;

/// How to measure, and what.
#[derive(Parser)]
pub struct Options {
    /// Fewer rounds: a first impression
    #[arg(long)]
    pub quick: bool,
    /// Write each row as a line of JSON into this file, beside the tables that are printed
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What the user typed, for the file [default: this program's own command line]
    #[arg(long, hide = true)]
    pub command: Option<String>,
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
