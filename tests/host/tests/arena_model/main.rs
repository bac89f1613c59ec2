//! Random operations on arenas and their scopes, against a model: blocks do not overlap, are aligned, and keep their bytes for
//! as long as they are promised to. The tests of a buffer make no system call, so that Miri runs them:
//! `MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test -p baremap-host-tests --test arena_model buffer`.

mod model;
mod op;

use baremap::alloc::{AnonPages, Arena, Buffer, MapPages, PageSource};
use baremap::map::GrowMap;
use baremap::{AnonMap, SharedMap};
use model::Model;
use op::{Op, ops};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::cell::Cell;
use std::ptr::NonNull;

/// Runs operations on an arena over each of some sources, three times, with a reset between.
fn check<S: PageSource>(source: impl Fn() -> S) {
    let config = Config {
        cases: if cfg!(miri) { 10 } else { 60 },
        failure_persistence: None,
        max_shrink_iters: 10_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    runner
        .run(&ops(), |ops| {
            run::<_, 1>(&source(), &ops)?;
            run::<_, 8>(&source(), &ops)?;
            run::<_, 16>(&source(), &ops)
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

fn run<S: PageSource, const MIN_ALIGN: usize>(source: &S, ops: &[Op]) -> Result<(), TestCaseError> {
    let mut arena = Arena::<&S, MIN_ALIGN>::with_min_align_over(source);
    for keep in [usize::MAX, 0, 100_000] {
        arena.set_keep(keep);
        let mut model = Model::default();
        model.run(&arena.scope(), None, ops)?;
        model.end(&arena)?;
        arena.set_keep(keep / 2);
        arena.reset();
        prop_assert!(arena.allocated_bytes() <= keep / 2);
    }
    Ok(())
}

/// Fails at every call of which the bit is set.
struct Flaky<S> {
    /// In a box, since a buffer does not move while it is used.
    source: Box<S>,
    failures: Cell<u64>,
}

impl<S> Flaky<S> {
    fn new(source: S, failures: u64) -> Self {
        Self { source: Box::new(source), failures: Cell::new(failures) }
    }

    fn call(&self) -> Option<()> {
        let failures = self.failures.get();
        self.failures.set(failures.rotate_right(1));
        (failures & 1 == 0).then_some(())
    }
}

// SAFETY: it is another source, or gives nothing.
unsafe impl<S: 'static> PageSource for Flaky<S>
where
    for<'a> &'a S: PageSource,
{
    const ZEROED: bool = <&'static S>::ZEROED;

    fn granule(&self) -> usize {
        (&*self.source).granule()
    }

    fn allocate(&self, len: usize, align: usize) -> Option<NonNull<u8>> {
        self.call()?;
        (&*self.source).allocate(len, align)
    }

    unsafe fn resize(
        &self,
        start: NonNull<u8>,
        old: usize,
        new: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        self.call()?;
        // SAFETY: passed on to the caller.
        unsafe { (&*self.source).resize(start, old, new, may_move) }
    }

    unsafe fn discard(&self, start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        unsafe { (&*self.source).discard(start, len) }
    }

    unsafe fn release(&self, start: NonNull<u8>, len: usize) {
        // SAFETY: passed on to the caller.
        unsafe { (&*self.source).release(start, len) }
    }
}

#[test]
fn a_buffer() {
    check(|| Flaky::new(Buffer::<100_000>::new(), 0));
}

#[test]
fn a_small_buffer() {
    check(|| Flaky::new(Buffer::<999>::new(), 0));
}

#[test]
fn a_buffer_that_fails_now_and_then() {
    for failures in [0x5555_5555_5555_5555, 0xf0ff_0f0f_00f0_0f11, 1, u64::MAX] {
        check(|| Flaky::new(Buffer::<100_000>::new(), failures));
    }
}

#[test]
#[cfg_attr(miri, ignore = "system calls")]
fn anonymous_pages() {
    check(AnonPages::new);
    check(|| AnonPages::new().limit(100_000));
    check(|| Flaky::new(AnonPages::new(), 0xf0ff_0f0f_00f0_0f11));
}

#[test]
#[cfg_attr(miri, ignore = "system calls")]
fn maps() {
    check(|| MapPages::new(GrowMap::new(1 << 30).unwrap()).unwrap());
    check(|| MapPages::new(GrowMap::new(200_000).unwrap()).unwrap());
    check(|| MapPages::new(AnonMap::new(200_000).unwrap()).unwrap());
    // SAFETY: nobody else uses it.
    check(|| unsafe { MapPages::over(SharedMap::new(200_000).unwrap()) });
}
