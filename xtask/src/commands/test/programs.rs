//! The freestanding programs of one architecture.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::built;
use crate::{
    arch::Arch,
    build, c,
    capi::{self, Folder, Parts},
    libtest::Skip,
    setup::{c_compiler::Compiler, test_compilers},
    toolchain::Toolchain,
};

pub struct Programs {
    pub arch: Arch,
    /// The folder of the examples, where something runs them.
    examples: Option<PathBuf>,
    pub harness: PathBuf,
    /// The tests with a crate that asks them before each system call, where something runs them.
    pub hooked_harness: Option<PathBuf>,
    /// Header and archive for C, where something uses them.
    library: Option<PathBuf>,
    /// The same without `_start`.
    library_without_start: Option<PathBuf>,
    /// The folder of the examples in C, or why they cannot be compiled here.
    c_examples: Option<Result<PathBuf, String>>,
    /// The tests that lack a compiler.
    pub without_compiler: Vec<Skip>,
}

/// What is built beside the tests.
#[derive(Clone, Copy)]
pub struct Extras {
    pub examples: bool,
    pub hooked_harness: bool,
}

impl Programs {
    /// Builds them; an error is shown.
    pub fn build(arch: Arch, extras: Extras) -> Option<Programs> {
        // Before the progress is shown: this may have a line of its own to say.
        let toolchain = Toolchain::ensure(arch);
        let without_compiler = if extras.examples { test_compilers::ensure(arch) } else { Vec::new() };
        built(&format!("building the programs for {arch}"), || {
            let toolchain = toolchain?;
            let examples = || build::folder(&build::examples(&toolchain)?).map(Path::to_owned);
            let examples = extras.examples.then(examples).transpose()?;
            let harness = build::harness(&toolchain)?;
            let hooked_harness = || build::hooked_harness(&toolchain);
            let hooked_harness = extras.hooked_harness.then(hooked_harness).transpose()?;
            let library = || capi::build(arch, Parts::ALL, &Folder::of(arch));
            let library = extras.examples.then(library).transpose()?;
            let c_examples = library.as_ref().map(|library| c_examples(arch, library)).transpose()?;
            let library = library.map(|_| Folder::of(arch));
            let library_without_start = library.as_ref().map(|library| library.join("without_start"));
            if let Some(folder) = &library_without_start {
                capi::build(arch, Parts { start: false, ..Parts::ALL }, folder)?;
            }
            Ok(Programs {
                arch,
                examples,
                harness,
                hooked_harness,
                library,
                library_without_start,
                c_examples,
                without_compiler,
            })
        })
    }

    pub fn examples(&self) -> Result<&Path> {
        self.examples.as_deref().context("the examples were not built")
    }

    /// The folder with header and archive for C.
    pub fn library(&self) -> Result<&Path> {
        self.library.as_deref().context("the library for C was not built")
    }

    /// The same with an archive that no program begins with.
    pub fn library_without_start(&self) -> Result<&Path> {
        self.library_without_start.as_deref().context("the library for C was not built")
    }

    /// The folder of the examples in C, or why they cannot be compiled here.
    pub fn c_examples(&self) -> Result<Result<&Path, &str>> {
        let found = self.c_examples.as_ref().context("the examples in C were not built")?;
        Ok(found.as_deref().map_err(String::as_str))
    }
}

/// Builds the examples in C, where there is a compiler or one can be had.
fn c_examples(arch: Arch, library: &Folder) -> Result<Result<PathBuf, String>> {
    match Compiler::ensure(arch) {
        Ok(compiler) => build::folder(&c::all(arch, &compiler, library)?).map(Path::to_owned).map(Ok),
        Err(obstacle) => Ok(Err(format!("{obstacle:#}"))),
    }
}
