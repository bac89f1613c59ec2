//! Runs tests, several at a time.

use crate::support::rounds;
use baremap::sys;
use baremap::{Result, process};
use core::time::Duration;
use linux_raw_sys::prctl::PR_SET_CHILD_SUBREAPER;

use super::Test;
use super::child::Running;
use super::options::Options;
use super::report::Report;

/// More than these at a time are of no use.
const MOST: usize = 64;

/// How long to sleep while no test ends: short beside a test.
const NAP: Duration = Duration::from_millis(1);

/// Runs the tests that are asked for and reports each; whether none failed.
pub(super) fn run(modules: &[&'static [Test]], options: &Options) -> Result<bool> {
    // Orphaned grandchildren become the harness's children, so that it can wait for them. Where the kernel cannot do
    // that, they are killed all the same.
    // SAFETY: changes whose child an orphan is, nothing else.
    let _ = unsafe { sys::prctl(PR_SET_CHILD_SUBREAPER, [1, 0, 0, 0]) };

    rounds::divide(options.divisor);
    let all = || modules.iter().copied().flatten();
    let selected = all().filter(|test| options.selects(test)).count();
    let mut report = Report::start(selected, all().count() - selected, options)?;
    let mut waiting = all().filter(|test| options.selects(test));
    let mut slots = [const { None }; MOST];
    let slots = &mut slots[..options.threads.min(MOST)];

    loop {
        for slot in slots.iter_mut().filter(|slot| slot.is_none()) {
            *slot = next(&mut waiting, options, &mut report)?;
        }
        if slots.iter().all(Option::is_none) {
            return report.finish();
        }
        let mut idle = true;
        for slot in slots.iter_mut() {
            match slot.take().map(Running::poll) {
                Some(Ok(ended)) => {
                    report.ended(&ended)?;
                    idle = false;
                }
                Some(Err(running)) => *slot = Some(running),
                None => {}
            }
        }
        if idle {
            process::sleep(NAP);
        }
    }
}

/// Starts the next test that nothing speaks against.
fn next(
    waiting: &mut impl Iterator<Item = &'static Test>,
    options: &Options,
    report: &mut Report,
) -> Result<Option<Running>> {
    for test in waiting {
        match options.obstacle(test) {
            Some(reason) => report.ignored(test, reason),
            None => return Running::start(test, options).map(Some),
        }
    }
    Ok(None)
}
