use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use indicatif::HumanCount;

use crate::{
    arch::Arch,
    capi::{self, Folder, Parts},
    progress::Step,
};

/// Build header, archive and pkg-config files for C programs
///
/// The archive has everything: the functions that begin by bm_, the POSIX names, and what a program without a libc begins with. A
/// linker takes what a program asks for and no more, so that there is seldom a reason to leave something out.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask capi --arch aarch64 --out /tmp/baremap")]
pub struct Capi {
    /// The architecture [default: both]
    #[arg(long)]
    arch: Option<Arch>,

    /// The folder to build into, in which each architecture has one [default: target/capi]
    #[arg(long)]
    out: Option<PathBuf>,

    /// Leave the POSIX names out
    #[arg(long)]
    no_posix: bool,

    /// Leave `_start` and its kin out: for linkers that do not go by an archive's index (lld, mold), beside a libc
    #[arg(long)]
    no_start: bool,
}

impl Capi {
    pub fn execute(self) -> Result<ExitCode> {
        let parts = Parts { posix: !self.no_posix, start: !self.no_start };
        for arch in self.arch.map_or(Arch::ALL.to_vec(), |arch| vec![arch]) {
            let folder = self.out.as_ref().map_or_else(|| Folder::of(arch), |out| out.join(arch.name()));
            let step = Step::start(format!("for {arch}"));
            let built = capi::build(arch, parts, &folder)?;
            let (archive, header) = (size(&built.archive())?, size(&built.header())?);
            step.done(format_args!(
                "{}, {archive} bytes; baremap.h, {header} bytes",
                built.archive().display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn size(path: &std::path::Path) -> Result<HumanCount> {
    Ok(HumanCount(path.metadata()?.len()))
}
