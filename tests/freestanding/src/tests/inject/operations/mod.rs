//! What the crate can do, each as a line of a table.
//!
//! An operation makes ready what it needs, then does the one thing in [`Calls::fail`], whose system calls are made to fail.
//! After an error it asserts that what it had is as it was.

mod anon;
mod code;
mod copies;
mod durable;
mod fd;
mod file;
mod file_map;
mod memory;
mod pages;
mod process;
mod sealed;
mod shm;
mod sys;

use baremap::map::ChangeError;
use baremap::{AnonMap, Caps, Errno, Error, File, Result, page};

use super::sweep::Calls;
use crate::support::engine;

/// An operation.
pub(super) struct Operation {
    pub(super) name: &'static str,
    run: Run,
    pub(super) copies: Copies,
    /// What one failure has taught the process changes the next: each failure needs a process of its own.
    pub(super) remembers: bool,
    /// It leaves something behind by design.
    pub(super) stays: bool,
    /// QEMU keeps much memory of its own for the range that it maps.
    pub(super) is_large: bool,
    /// What some kernels lack, and QEMU's user mode.
    pub(super) needs: Caps,
}

/// What an operation does.
enum Run {
    Crate(fn(&Calls<'_>) -> Result<()>),
    Kernel(fn(&Calls<'_>) -> core::result::Result<(), Errno>),
}

/// Who copies to and from maps.
#[derive(Clone, Copy)]
pub(super) enum Copies {
    Undecided,
    ByHandler,
    ByKernel,
}

/// All of them, by the subject that they are about.
pub(super) const ALL: &[&[Operation]] = &[
    anon::OPERATIONS,
    code::OPERATIONS,
    copies::OPERATIONS,
    durable::OPERATIONS,
    fd::OPERATIONS,
    file::OPERATIONS,
    file_map::OPERATIONS,
    memory::OPERATIONS,
    pages::OPERATIONS,
    process::OPERATIONS,
    sealed::OPERATIONS,
    shm::OPERATIONS,
    sys::OPERATIONS,
];

const fn operation(name: &'static str, run: fn(&Calls<'_>) -> Result<()>) -> Operation {
    of(name, Run::Crate(run))
}

/// An operation without errors of its own.
const fn system_call(
    name: &'static str,
    run: fn(&Calls<'_>) -> core::result::Result<(), Errno>,
) -> Operation {
    of(name, Run::Kernel(run))
}

const fn of(name: &'static str, run: Run) -> Operation {
    Operation {
        name,
        run,
        copies: Copies::ByHandler,
        remembers: false,
        stays: false,
        is_large: false,
        needs: Caps::empty(),
    }
}

impl Operation {
    pub(super) fn run(&self, calls: &Calls<'_>) -> core::result::Result<(), Errno> {
        match self.run {
            Run::Crate(run) => Ok(run(calls)?),
            Run::Kernel(run) => run(calls),
        }
    }

    const fn remembers(self) -> Self {
        Self { remembers: true, ..self }
    }

    const fn stays(self) -> Self {
        Self { stays: true, ..self }
    }

    const fn large(self) -> Self {
        Self { is_large: true, ..self }
    }

    const fn needs(self, needs: Caps) -> Self {
        Self { needs, ..self }
    }

    const fn copies(self, copies: Copies) -> Self {
        Self { copies, ..self }
    }
}

/// Three pages of memory with the pattern in them.
fn memory() -> Result<AnonMap> {
    let mut map = AnonMap::new(3 * page::size())?;
    for (offset, byte) in map.iter_mut().enumerate() {
        *byte = engine::pattern(offset);
    }
    Ok(map)
}

/// Asserts that bytes are the pattern's.
#[track_caller]
fn assert_pattern(bytes: &[u8]) {
    assert!(bytes.iter().enumerate().all(|(offset, &byte)| byte == engine::pattern(offset)));
}

/// A file in memory of three pages with the pattern in them.
fn file() -> Result<File> {
    let file = File::unnamed()?;
    file.set_len(3 * page::size() as u64)?;
    engine::fill(&file)?;
    Ok(file)
}

/// Drops something, which reports no error.
fn dropped<T>(calls: &Calls<'_>, value: T) -> Result<()> {
    calls.fail(|| {
        drop(value);
        Result::Ok(())
    })
}

/// Looks at a map that was given back.
fn given_back<M>(failed: ChangeError<M>, look: impl FnOnce(M)) -> Error {
    let error = failed.error();
    look(failed.into_map());
    error
}
