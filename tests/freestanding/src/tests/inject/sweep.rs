//! Drives every operation with every error at every call that it makes.

use crate::support::engine::Engine;
use crate::support::inject::{Failure, Shared};
use crate::support::{child, resources, rounds, storm};
use baremap::sys::WaitStatus;
use baremap::{Errno, eprintln};
use core::cell::Cell;
use core::time::Duration;

use super::calls::{self, CALLS, Call, NUMBERS};
use super::exceptions::{self, Outcome};
use super::operations::{Copies, Operation};

/// More calls of a kind no operation makes.
const MOST: u32 = 100;

/// So long an operation takes at the most, with all its errors.
const LIMIT: Duration = Duration::from_secs(30);

/// What makes calls fail.
pub(super) trait Adversity {
    fn begin(&self);
    fn end(&self);

    /// The error that is planned, if there is one.
    fn errno(&self) -> Option<Errno> {
        None
    }
}

impl Adversity for Shared {
    fn begin(&self) {
        self.arm();
    }

    fn end(&self) {
        self.disarm();
    }

    fn errno(&self) -> Option<Errno> {
        self.planned().map(|failure| failure.errno)
    }
}

/// What an operation is given: it calls what is to fail by [`Calls::fail`], once.
pub(super) struct Calls<'sweep> {
    adversity: &'sweep dyn Adversity,
    outcome: Cell<Option<Outcome>>,
}

impl Calls<'_> {
    /// Makes the calls of this closure those that fail, and hands on what it comes to.
    pub(super) fn fail<T, E: Into<Errno> + Copy>(&self, run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.fail_with(run, |&error| error.into())
    }

    /// [`Calls::fail`] where an error gives a map back.
    pub(super) fn fail_change<T, M>(
        &self,
        run: impl FnOnce() -> baremap::map::Changed<T, M>,
    ) -> baremap::map::Changed<T, M> {
        self.fail_with(run, |failed| failed.error().errno())
    }

    /// The error that is planned, if there is one.
    pub(super) fn errno(&self) -> Option<Errno> {
        self.adversity.errno()
    }

    fn fail_with<T, E>(
        &self,
        run: impl FnOnce() -> Result<T, E>,
        errno: impl FnOnce(&E) -> Errno,
    ) -> Result<T, E> {
        self.adversity.begin();
        let result = run();
        self.adversity.end();
        let outcome = match &result {
            Ok(_) => Outcome::Success,
            Err(error) => Outcome::Error(errno(error)),
        };
        assert!(self.outcome.replace(Some(outcome)).is_none(), "an operation fails in one place");
        result
    }
}

/// Drives the operations; how many calls of theirs did not fail as they should.
pub(super) fn sweep<'operation>(
    shared: &Shared,
    operations: impl Iterator<Item = &'operation Operation>,
) -> u32 {
    let mut bad = 0;
    for operation in operations {
        if !is_there(operation) {
            eprintln!("{}: left out, since this kernel lacks {:?}", operation.name, operation.needs);
            continue;
        }
        let Some(counts) = record(shared, operation) else {
            bad += 1;
            continue;
        };
        let made = counts.iter().zip(CALLS).filter(|(count, _)| **count != 0);
        bad += made.map(|(_, call)| u32::from(!drive(shared, operation, call))).sum::<u32>();
    }
    bad
}

/// Whether this kernel has what an operation needs.
pub(super) fn is_there(operation: &Operation) -> bool {
    operation.needs.is_empty() || child::run(|| u8::from(operation.needs.work())).code() == Some(1)
}

/// How often an operation makes each of the calls when all goes well.
fn record(shared: &Shared, operation: &Operation) -> Option<[u32; CALLS.len()]> {
    let status = shared.run(NUMBERS, || {
        prepare(operation);
        shared.record();
        assert_eq!(once(shared, operation), Outcome::Success, "nothing fails yet");
    });
    let (recorded, unknown) = shared.recorded();
    let mut counts = [0; CALLS.len()];
    for (slot, (_, count)) in counts.iter_mut().zip(recorded) {
        *slot = count;
    }
    if let Some(number) = unknown {
        eprintln!("{}: call {number} is not in the table", operation.name);
        return None;
    }
    if !status.success() {
        eprintln!("{}, without a failure: {status}", operation.name);
        return None;
    }
    Some(counts)
}

/// Tries every error of a call at every place; whether each came to what it should.
fn drive(shared: &Shared, operation: &Operation, call: &Call) -> bool {
    let may_leak = operation.stays
        || resources::WITH_QEMU_S_OWN && operation.is_large
        || exceptions::leaks(operation.name, call.number);
    let mut is_right = true;
    // First every one, then one after the other, until there is none of that number.
    for nth in 0..MOST {
        let before = shared.tried_in_all();
        let places = call.errnos.iter().enumerate().filter(|(place, _)| is_tried(operation, *place, nth));
        let failures = places.map(|(_, &errno)| Failure { call: call.number, nth, errno });
        let mut left = failures.peekable();
        // One child for all errors, or one for each where the process remembers.
        let many = if operation.remembers { 1 } else { call.errnos.len() };
        while left.peek().is_some() {
            let status = shared.run(&[call.number], || {
                prepare(operation);
                let mut wrong = 0;
                let attempts = || left.clone().take(many).map(|failure| attempt(shared, operation, failure));
                let leak = resources::leak(|| wrong = attempts().sum());
                let Some((before, after)) = leak.filter(|_| !may_leak) else { return wrong };
                eprintln!("{}, {} {nth}: began with {before}, ends with {after}", operation.name, call.name);
                wrong + 1
            });
            match status.code() {
                Some(0) => {}
                // It has said what is wrong.
                Some(wrong) if usize::from(wrong) <= many + 1 => is_right = false,
                _ => {
                    explain(shared, operation, status);
                    return false;
                }
            }
            left.by_ref().take(many).for_each(drop);
        }
        if shared.tried_in_all() == before {
            break;
        }
    }
    is_right
}

fn explain(shared: &Shared, operation: &Operation, status: WaitStatus) {
    if let Some(Failure { call, nth, errno }) = shared.planned() {
        eprintln!("{}, {} {nth} with {errno:?}: {status}", operation.name, calls::named(call));
    }
}

/// What a child does before anything fails.
pub(super) fn prepare(operation: &Operation) {
    storm::alarm(LIMIT);
    match operation.copies {
        Copies::Undecided => {}
        Copies::ByHandler => Engine::Handler.choose(),
        Copies::ByKernel => Engine::Kernel.choose(),
    }
}

/// Whether an error is tried at a place. A slow machine takes long to make a child: there, an operation that needs one for each
/// error takes another quarter of them at each place.
fn is_tried(operation: &Operation, errno: usize, nth: u32) -> bool {
    !(rounds::are_fewer() && operation.remembers) || errno % 4 == nth as usize % 4
}

/// Runs an operation once with a failure, and compares what came with what should; 1 if it is not the same.
fn attempt(shared: &Shared, operation: &Operation, failure: Failure) -> u8 {
    let Failure { call, nth, errno } = failure;
    shared.plan(failure);
    let outcome = once(shared, operation);
    let has_failed = shared.failed() != 0;
    let reported = if has_failed { Outcome::Error(errno) } else { Outcome::Success };
    let exception = if has_failed { exceptions::of(operation.name, failure) } else { None };
    let (is_right, expected) = match exception {
        // Where it fails each time, what takes its place may fail as well.
        Some((_, expected)) => (outcome == expected || nth == 0 && outcome == reported, expected),
        None => (outcome == reported, reported),
    };
    if has_failed {
        shared.tally();
    }
    if let Some((row, expected)) = exception
        && outcome == expected
    {
        shared.mark(row);
    }
    if !is_right {
        let call = calls::named(call);
        eprintln!("{}, {call} {nth} with {errno:?}: {outcome:?} in place of {expected:?}", operation.name);
    }
    u8::from(!is_right)
}

/// Runs an operation; what it came to.
pub(super) fn once(adversity: &dyn Adversity, operation: &Operation) -> Outcome {
    let calls = Calls { adversity, outcome: Cell::new(None) };
    let result = operation.run(&calls);
    let outcome = calls.outcome.into_inner();
    // What went wrong outside of what is to fail.
    if let (Err(error), None | Some(Outcome::Success)) = (result, outcome) {
        panic!("{}: {error:?}", operation.name);
    }
    outcome.expect("it calls `fail`")
}
