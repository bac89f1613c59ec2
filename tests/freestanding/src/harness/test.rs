//! A test, and how it is to end.

use baremap::sys::{Signal, WaitStatus};
use core::fmt;
use core::time::Duration;

/// A test. [`tests!`](super::tests) makes them.
pub(crate) struct Test {
    /// `module::function`.
    pub(super) name: &'static str,
    /// Gives the exit code of the test's process.
    pub(super) run: fn() -> u8,
    pub(super) end: End,
    /// How long it may take, where it differs from the limit of the others.
    pub(super) limit: Option<Duration>,
    /// Why it runs only if it is asked for.
    pub(super) ignored: Option<&'static str>,
    /// Why it cannot hold in QEMU's user mode.
    pub(super) not_under_qemu: Option<&'static str>,
    /// Why it cannot hold there where pages are larger than those of the machine below.
    pub(super) not_with_qemu_pages: Option<&'static str>,
    /// That it is about a device of QEMU's arm64 machine `virt`, and which.
    pub(super) only_on_virt: Option<&'static str>,
    /// The first kernel that has what it is about, and what older ones lack.
    pub(super) since: Option<((u32, u32), &'static str)>,
    /// Whether it prints what somebody may want to see though it passes.
    pub(super) reports: bool,
}

/// How the process of a test is to end.
#[derive(Clone, Copy)]
pub(super) enum End {
    Exit(u8),
    Killed(Signal),
}

/// What may stand above a test in [`tests!`](super::tests).
pub(crate) enum Attribute {
    /// It ends by this signal.
    Signal(Signal),
    /// It ends with this exit code.
    Exit(u8),
    /// It may take so many seconds.
    Timeout(u64),
    /// It runs only if it is asked for.
    Ignore(&'static str),
    /// It cannot hold in QEMU's user mode.
    SkipUnderQemu(&'static str),
    /// It cannot hold there where pages are larger than those of the machine below.
    SkipWithQemuPages(&'static str),
    /// It is about a device of QEMU's arm64 machine `virt`.
    OnlyOnVirt(&'static str),
    /// It is about what no kernel before this version has, and what that is.
    Since((u32, u32), &'static str),
    /// What it prints is shown if reports are asked for.
    Report,
}

impl Test {
    /// `path` is the test's path with that of all tests' common module, to which the name is relative.
    pub(crate) const fn new(path: &'static str, run: fn() -> u8) -> Self {
        const ROOT: &str = "freestanding::tests::";
        let name = path.split_at(ROOT.len()).1;
        Self {
            name,
            run,
            end: End::Exit(0),
            limit: None,
            ignored: None,
            not_under_qemu: None,
            not_with_qemu_pages: None,
            only_on_virt: None,
            since: None,
            reports: false,
        }
    }

    pub(crate) const fn with(mut self, attribute: Attribute) -> Self {
        match attribute {
            Attribute::Signal(signal) => self.end = End::Killed(signal),
            Attribute::Exit(code) => self.end = End::Exit(code),
            Attribute::Timeout(seconds) => self.limit = Some(Duration::from_secs(seconds)),
            Attribute::Ignore(reason) => self.ignored = Some(reason),
            Attribute::SkipUnderQemu(reason) => self.not_under_qemu = Some(reason),
            Attribute::SkipWithQemuPages(reason) => self.not_with_qemu_pages = Some(reason),
            Attribute::OnlyOnVirt(reason) => self.only_on_virt = Some(reason),
            Attribute::Since(version, reason) => self.since = Some((version, reason)),
            Attribute::Report => self.reports = true,
        }
        self
    }
}

impl End {
    /// Whether a process that ended like this ended as expected.
    pub(super) fn is(self, status: WaitStatus) -> bool {
        match self {
            End::Exit(code) => status.code() == Some(code),
            End::Killed(signal) => status.signal() == Some(signal),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Exit(code) => write!(f, "exit code {code}"),
            End::Killed(signal) => write!(f, "killed by {signal}"),
        }
    }
}
