//! xtask's own words, all on standard error: standard output belongs to results and to the programs that it runs.

use std::{
    fmt::Display,
    sync::LazyLock,
    time::{Duration, Instant},
};

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// All spinners, a line each, and the lock around what is printed above them.
static SPINNERS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// One line to the user.
pub fn say(message: impl Display) {
    SPINNERS.suspend(|| eprintln!("{} {message}", style("xtask:").for_stderr().bold()));
}

/// A piece of work: a spinner while it lasts (on a terminal), a line once it is done. Several may go on at once.
pub struct Step {
    label: String,
    begin: Instant,
    spinner: ProgressBar,
}

impl Step {
    pub fn start(label: impl Into<String>) -> Step {
        Step::of(label.into(), "{spinner} {prefix} {wide_msg:.dim}")
    }

    /// A piece of work that is known to take so long.
    pub fn start_timed(label: impl Into<String>, limit: Duration) -> Step {
        let seconds = limit.as_secs();
        Step::of(label.into(), &format!("{{spinner}} {{prefix}} {{elapsed}} of {seconds}s {{wide_msg:.dim}}"))
    }

    fn of(label: String, template: &str) -> Step {
        let style = ProgressStyle::with_template(template);
        let spinner = SPINNERS.add(ProgressBar::new_spinner());
        spinner.set_style(style.expect("a valid template"));
        spinner.set_prefix(label.clone());
        spinner.enable_steady_tick(Duration::from_millis(100));
        Step { label, begin: Instant::now(), spinner }
    }

    /// Shows what is being done right now; gone with the next note.
    pub fn note(&self, message: impl Into<String>) {
        self.spinner.set_message(message.into());
    }

    pub fn done(self, outcome: impl Display) {
        self.end(style("✓").green(), outcome, "");
    }

    pub fn failed(self, outcome: impl Display) {
        self.failed_because(outcome, "");
    }

    /// Ends with lines that say why, below its own.
    pub fn failed_because(self, outcome: impl Display, details: impl Display) {
        self.end(style("✗").red(), outcome, details);
    }

    fn end(self, mark: console::StyledObject<&str>, outcome: impl Display, details: impl Display) {
        self.spinner.finish_and_clear();
        let seconds = self.begin.elapsed().as_secs_f32();
        let time = style(format!("{seconds:.1} s")).for_stderr().dim();
        SPINNERS.suspend(|| eprint!("{} {}  {outcome}  {time}\n{details}", mark.for_stderr(), self.label));
    }
}
