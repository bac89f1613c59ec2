//! The freestanding programs of one architecture.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::built;
use crate::{arch::Arch, build, toolchain::Toolchain};

pub struct Programs {
    pub arch: Arch,
    /// The folder of the examples, where something runs them.
    examples: Option<PathBuf>,
    pub harness: PathBuf,
    /// The tests with a crate that asks them before each system call, where something runs them.
    pub hooked_harness: Option<PathBuf>,
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
        built(&format!("building the programs for {arch}"), || {
            let toolchain = toolchain?;
            let examples = || build::folder(&build::examples(&toolchain)?).map(Path::to_owned);
            let examples = extras.examples.then(examples).transpose()?;
            let harness = build::harness(&toolchain)?;
            let hooked_harness = || build::hooked_harness(&toolchain);
            let hooked_harness = extras.hooked_harness.then(hooked_harness).transpose()?;
            Ok(Programs { arch, examples, harness, hooked_harness })
        })
    }

    pub fn examples(&self) -> Result<&Path> {
        self.examples.as_deref().context("the examples were not built")
    }
}
