//! What the command line asks for.

use crate::support::version::version;
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
    --timeout-factor N  Multiply that, and the limits that tests have of their own, by N
    --fewer-rounds N    Divide by N how often tests repeat at random what they do, for slow machines
    --format FORMAT     pretty (default) or terse
    -q, --quiet         The same as --format terse
    --under MACHINE     The machine that this is:
                          qemu-user  ignores tests that cannot hold in QEMU's user mode
                          virt       runs tests of the devices of QEMU's arm64 machine `virt`
    --init              As the first process of a kernel: mount what tests need, and power off at the end
    --report-time       Show how long each test took
    --report            Show the tables that tests print: the calls that were made to fail, and how often
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

/// What tests run on, where that is not any kernel on any machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Machine {
    QemuUser,
    /// A kernel on QEMU's arm64 machine of this name.
    Virt,
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
    /// By how much longer everything takes on this machine.
    pub(super) factor: u32,
    /// By how much fewer rounds tests make.
    pub(super) divisor: usize,
    pub(super) init: bool,
    pub(super) report: bool,
    pub(super) report_time: bool,
    pub(super) self_test: bool,
    exact: bool,
    ignored: Ignored,
    machine: Option<Machine>,
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
            factor: 1,
            divisor: 1,
            init: false,
            report: false,
            report_time: false,
            self_test: false,
            exact: false,
            ignored: Ignored::Leave,
            machine: None,
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
                Argument::TimeoutFactor(factor) => options.factor = factor,
                Argument::FewerRounds(divisor) => options.divisor = divisor,
                Argument::Under(machine) => options.machine = Some(machine),
                Argument::Init => options.init = true,
                Argument::Report => options.report = true,
                Argument::ReportTime => options.report_time = true,
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
        let skipped = skipped.filter(|_| self.machine == Some(Machine::QemuUser));
        let elsewhere = test.only_on_virt.filter(|_| self.machine != Some(Machine::Virt));
        let later = test.since.filter(|&(since, _)| version() < since).map(|(_, reason)| reason);
        ignored.or(skipped).or(elsewhere).or(later)
    }
}
