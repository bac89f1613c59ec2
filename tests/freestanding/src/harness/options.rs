//! What the command line asks for.

use baremap::page;
use core::time::Duration;

use super::Test;
use super::arguments::{Argument, Arguments, Misuse};

pub(super) const HELP: &str = "\
Usage: freestanding [OPTIONS] [FILTERS...]

Runs the tests whose name contains one of the filters, or all.

    --exact             A filter is a whole name
    --skip FILTER       Leave out tests whose name contains this (more than once)
    --ignored           Run only ignored tests
    --include-ignored   Run ignored tests too
    --list              Print the names and run nothing
    --nocapture         Let tests print as they run
    --test-threads N    Run N tests at a time (default 4)
    --timeout-secs N    Kill a test after N seconds (default 10)
    --format FORMAT     pretty (default) or terse
    -q, --quiet         The same as --format terse
    --under qemu-user   Ignore tests that cannot hold in QEMU's user mode
    --self-test         Run the tests of this harness instead, many of which fail";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A line for each test.
    Pretty,
    /// A character for each test.
    Terse,
}

#[derive(Clone, Copy)]
pub(super) enum Action {
    Run,
    List,
    Help,
}

/// Which ignored tests to run.
#[derive(Clone, Copy)]
enum Ignored {
    Leave,
    Include,
    Only,
}

pub(super) struct Options {
    pub(super) action: Action,
    pub(super) format: Format,
    pub(super) capture: bool,
    pub(super) threads: usize,
    /// How long a test may take, unless it says otherwise itself.
    pub(super) limit: Duration,
    pub(super) self_test: bool,
    exact: bool,
    ignored: Ignored,
    under_qemu: bool,
    arguments: Arguments,
}

impl Options {
    pub(super) fn parse(arguments: Arguments) -> Result<Self, Misuse> {
        let mut options = Self {
            action: Action::Run,
            format: Format::Pretty,
            capture: true,
            threads: 4,
            limit: Duration::from_secs(10),
            self_test: false,
            exact: false,
            ignored: Ignored::Leave,
            under_qemu: false,
            arguments: arguments.clone(),
        };
        for argument in arguments {
            match argument? {
                Argument::Filter(_) | Argument::Skip(_) => {}
                Argument::Exact => options.exact = true,
                Argument::Ignored => options.ignored = Ignored::Only,
                Argument::IncludeIgnored => options.ignored = Ignored::Include,
                Argument::List => options.action = Action::List,
                Argument::Help => options.action = Action::Help,
                Argument::NoCapture => options.capture = false,
                Argument::Format(format) => options.format = format,
                Argument::TestThreads(threads) => options.threads = threads,
                Argument::TimeoutSecs(seconds) => options.limit = Duration::from_secs(seconds),
                Argument::UnderQemuUser => options.under_qemu = true,
                Argument::SelfTest => options.self_test = true,
            }
        }
        Ok(options)
    }

    /// Whether the test is one of those that are asked for.
    pub(super) fn selects(&self, test: &Test) -> bool {
        let matches =
            |filter: &str| if self.exact { test.name == filter } else { test.name.contains(filter) };
        let (mut filtered, mut matched) = (false, false);
        for argument in self.arguments.clone().flatten() {
            match argument {
                Argument::Skip(filter) if matches(filter) => return false,
                Argument::Filter(filter) => {
                    filtered = true;
                    matched |= matches(filter);
                }
                _ => {}
            }
        }
        (matched || !filtered) && !(matches!(self.ignored, Ignored::Only) && test.ignored.is_none())
    }

    /// Why a test that is asked for does not run, if it does not.
    pub(super) fn obstacle(&self, test: &Test) -> Option<&'static str> {
        let ignored = test.ignored.filter(|_| matches!(self.ignored, Ignored::Leave));
        // The machines that QEMU runs on have pages of 4 KiB, the smallest that there are.
        let has_large_pages = page::size() > 1 << 12;
        let skipped = test.not_under_qemu.or(test.not_with_qemu_pages.filter(|_| has_large_pages));
        ignored.or(skipped.filter(|_| self.under_qemu))
    }
}
