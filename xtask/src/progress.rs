//! xtask's own words, all on standard error: standard output belongs to results and to the programs that it runs.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use console::style;
use indicatif::{ProgressBar, ProgressStyle};

/// One line to the user.
pub fn say(message: impl Display) {
    eprintln!("{} {message}", style("xtask:").for_stderr().bold());
}

/// A piece of work: a spinner while it lasts (on a terminal), a line once it is done.
pub struct Step {
    label: String,
    begin: Instant,
    spinner: ProgressBar,
}

impl Step {
    pub fn start(label: impl Into<String>) -> Step {
        let label = label.into();
        let spinner = ProgressBar::new_spinner()
            .with_style(
                ProgressStyle::with_template("{spinner} {prefix} {wide_msg:.dim}").expect("a valid template"),
            )
            .with_prefix(label.clone());
        spinner.enable_steady_tick(Duration::from_millis(100));
        Step { label, begin: Instant::now(), spinner }
    }

    /// Shows what is being done right now; gone with the next note.
    pub fn note(&self, message: impl Into<String>) {
        self.spinner.set_message(message.into());
    }

    pub fn done(self, outcome: impl Display) {
        self.end(style("✓").green(), outcome);
    }

    pub fn failed(self, outcome: impl Display) {
        self.end(style("✗").red(), outcome);
    }

    fn end(self, mark: console::StyledObject<&str>, outcome: impl Display) {
        self.spinner.finish_and_clear();
        let seconds = self.begin.elapsed().as_secs_f32();
        eprintln!(
            "{} {}  {outcome}  {}",
            mark.for_stderr(),
            self.label,
            style(format!("{seconds:.1} s")).for_stderr().dim()
        );
    }
}
