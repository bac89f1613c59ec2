//! Fuzzing. `target` says what there is, `log` reads what libFuzzer prints.

mod log;
mod target;

use std::{
    fmt,
    num::NonZero,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use console::style;

use self::{
    log::{Counts, Log},
    target::Target,
};
use crate::{libtest::Results, process, progress::Step, setup::fuzzer, table, workspace};

/// A run of one input takes this long if it hangs.
const TIMEOUT: Duration = Duration::from_secs(60);
/// What a run may take longer than it was told: building, and the inputs that are kept.
const SLACK: Duration = Duration::from_secs(20 * 60);

/// Run the fuzz targets, each for some time
///
/// cargo-fuzz builds them with a nightly compiler and AddressSanitizer. The inputs that are kept come first: what this machine has
/// found (fuzz/corpus), what is there to begin with (fuzz/seeds), and what once found something (fuzz/regressions). A
/// finding ends its target's run, and goes to fuzz/artifacts.
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask fuzz
  cargo xtask fuzz file_map --seconds 600
  cargo xtask fuzz --list")]
pub struct Fuzz {
    /// Only this one
    target: Option<String>,

    /// How long each one runs
    #[arg(long, short, value_name = "N", default_value = "60")]
    seconds: NonZero<u64>,

    /// How many run at once [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZero<usize>>,

    /// Show which there are
    #[arg(long, conflicts_with_all = ["target", "seconds", "jobs"])]
    list: bool,
}

impl Fuzz {
    pub fn execute(self) -> Result<ExitCode> {
        if self.list {
            Target::all()?.iter().for_each(|target| println!("{}", target.name));
            return Ok(ExitCode::SUCCESS);
        }
        let targets = Target::select(self.target.as_deref())?;
        let jobs = self.jobs.map_or_else(thread::available_parallelism, Ok);
        let jobs = jobs.context("how many processors there are is unknown: use --jobs")?.get();
        fuzzer::ensure()?;
        build(self.target.as_deref())?;

        let time = Duration::from_secs(self.seconds.get());
        let (queue, done) = (Mutex::new(targets.iter()), Mutex::new(Vec::new()));
        let next = || queue.lock().expect("nobody panics with it").next();
        thread::scope(|scope| {
            for _ in 0..jobs.min(targets.len()) {
                scope.spawn(|| {
                    while let Some(target) = next() {
                        let run = show(target, time);
                        done.lock().expect("nobody panics with it").push(run);
                    }
                });
            }
        });
        let mut runs = done.into_inner().expect("nobody panicked with it");
        runs.sort_by(|one, other| one.target.cmp(&other.target));
        report(&runs);
        Ok(super::exit_code(runs.iter().all(Run::is_success)))
    }
}

/// Runs a target, with a line of progress.
fn show(target: &Target, time: Duration) -> Run {
    let step = Step::start_timed(&target.name, time);
    let run = Run::of(target, time, |counts| step.note(counts.to_string()));
    match &run.end {
        End::Well => step.done(run.counts),
        End::Finding(input) => step.failed(format_args!("{}: {}", run.counts, input.display())),
        End::Failure => step.failed_because("could not run", &run.details),
    }
    run
}

/// All, and what to do about findings.
fn report(runs: &[Run]) {
    let mut table = table::new(&["", "runs", "a second", "coverage", "corpus", ""]);
    for Run { target, counts, end, .. } in runs {
        let mut cells = vec![target.as_str().into()];
        let Counts { runs, per_second, coverage, inputs } = *counts;
        cells.extend([runs, per_second, coverage, inputs].map(|count| table::number(count as usize)));
        cells.push(end.to_string().into());
        table.add_row(cells);
    }
    println!("\n{table}");
    let findings: Vec<&Run> = runs.iter().filter(|run| matches!(run.end, End::Finding(_))).collect();
    findings.iter().for_each(|run| print!("\n{}", run.explain()));
    let sum: u64 = runs.iter().map(|run| run.counts.runs).sum();
    let sum = indicatif::HumanCount(sum);
    match findings.len() {
        0 => println!("\n{sum} runs of {} targets, no finding", runs.len()),
        1 => println!("\n{sum} runs of {} targets, {}", runs.len(), style("1 finding").red()),
        some => {
            println!("\n{sum} runs of {} targets, {}", runs.len(), style(format!("{some} findings")).red())
        }
    }
}

fn build(target: Option<&str>) -> Result<()> {
    let step = Step::start("building the fuzz targets");
    let words: Vec<_> = ["build"].into_iter().chain(target).map(String::from).collect();
    let built = process::quietly(&fuzzer::cargo_fuzz(&words));
    match &built {
        Ok(()) => step.done("done"),
        Err(_) => step.failed("failed"),
    }
    built.context("the fuzz targets were not built")
}

/// All targets, built, to run for a short time each as a part of the tests.
pub struct Short {
    targets: Vec<Target>,
    time: Duration,
}

impl Short {
    /// Sets up what is missing, and builds.
    pub fn build(time: Duration) -> Result<Short> {
        fuzzer::ensure()?;
        build(None)?;
        Ok(Short { targets: Target::all()?, time })
    }

    /// Runs one target after the other. Adds to `output` what is to be known about findings.
    pub fn run(&self, note: impl Fn(String), output: &mut String) -> Results {
        let mut results = Results::default();
        for target in &self.targets {
            let run = Run::of(target, self.time, |counts| note(format!("{}: {counts}", target.name)));
            let test = format!("fuzz::{}", target.name);
            if run.is_success() {
                results.passed.push(test);
            } else {
                results.failed.push(test);
                output.push_str(&run.explain());
            }
        }
        results
    }
}

/// What came of a target.
struct Run {
    target: String,
    counts: Counts,
    end: End,
    details: String,
}

#[derive(Debug)]
enum End {
    Well,
    /// It stopped at this input.
    Finding(PathBuf),
    Failure,
}

impl Run {
    fn of(target: &Target, time: Duration, on_counts: impl Fn(Counts)) -> Run {
        let mut log = Log::default();
        let status = command(target, time).and_then(|words| {
            process::stream_within(time + SLACK, &fuzzer::cargo_fuzz(&words), |line| {
                if log.read(line) {
                    on_counts(log.counts);
                }
            })
        });
        let Log { counts, artifact, mut details, .. } = log;
        let end = match (status, artifact) {
            (_, Some(artifact)) => End::Finding(relative(&artifact)),
            (Ok(status), None) if status.success() && counts.runs > 0 => End::Well,
            (Ok(status), None) => {
                details.push_str(&format!("    it ended without having run ({status})\n"));
                End::Failure
            }
            (Err(error), None) => {
                details.push_str(&format!("    {error:#}\n"));
                End::Failure
            }
        };
        Run { target: target.name.clone(), counts, end, details }
    }

    fn is_success(&self) -> bool {
        matches!(self.end, End::Well)
    }

    /// What there is to know about a finding, and what to type.
    fn explain(&self) -> String {
        let Run { target, details, .. } = self;
        let End::Finding(input) = &self.end else { return format!("{target}:\n{details}") };
        let input = input.display();
        format!(
            "{target}:
{details}  see it again  cargo +nightly fuzz run {target} {input}
  shorten it    cargo +nightly fuzz tmin {target} {input}
  keep it       mkdir -p fuzz/regressions/{target} && cp {input} fuzz/regressions/{target}/WHAT-IT-WAS
"
        )
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            End::Well => "",
            End::Finding(_) => "a finding",
            End::Failure => "could not run",
        })
    }
}

/// `cargo fuzz` and these run a target.
fn command(target: &Target, time: Duration) -> Result<Vec<String>> {
    let mut words = vec!["run".to_owned(), target.name.clone()];
    for folder in target.inputs()? {
        let Some(folder) = folder.to_str() else { bail!("{} is no UTF-8", folder.display()) };
        words.push(folder.into());
    }
    words.push("--".into());
    // Long inputs from the start: what is worth finding takes many operations.
    words.push("-len_control=0".into());
    words.push(format!("-max_total_time={}", time.as_secs()));
    words.push(format!("-timeout={}", TIMEOUT.as_secs()));
    words.push("-print_final_stats=1".into());
    words.extend(target.dictionary().map(|dictionary| format!("-dict={}", dictionary.display())));
    Ok(words)
}

/// As one types it at the top of the workspace.
fn relative(path: &Path) -> PathBuf {
    path.strip_prefix(workspace::root()).unwrap_or(path).to_owned()
}
