use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    arch::Arch,
    build, c, examples,
    machine::{Machine, PageSize},
    toolchain::Toolchain,
};

/// Build and run one of the programs in examples/
///
/// Output and exit code are the program's own, paths are taken from the current folder. Without NAME: lists the programs.
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask run map_file --arch aarch64 -- /tmp/numbers
  cargo xtask run --c map_file -- /tmp/numbers")]
pub struct Run {
    /// The program
    name: Option<String>,

    /// The program of that name in C, in examples/c: by gcc or clang, with the library that `cargo xtask capi` makes
    #[arg(long)]
    c: bool,

    /// The architecture to build it for; QEMU runs it if that is not this machine's [default: this machine's]
    #[arg(long)]
    arch: Option<Arch>,

    /// The page size of the machine that QEMU plays (aarch64 only, if not 4096)
    #[arg(long)]
    page_size: Option<PageSize>,

    /// The program's arguments
    #[arg(last = true)]
    args: Vec<OsString>,
}

impl Run {
    pub fn execute(self) -> Result<ExitCode> {
        let examples = if self.c { c::examples() } else { examples::all() }?;
        let list = examples::list(&examples);
        let Some(name) = &self.name else {
            print!("{list}");
            return Ok(ExitCode::SUCCESS);
        };
        if !examples.iter().any(|example| example.name == *name) {
            bail!("there is no program `{name}`; there are\n{}", list.trim_end());
        }
        let machine = Machine::choose(self.arch, self.page_size)?;
        let program = match self.c {
            true => c::example(machine.arch(), name)?,
            false => build::example(&Toolchain::ensure(machine.arch())?, name)?,
        };

        let mut words = machine.words()?;
        words.push(program.display().to_string());
        // In place of this process, which is in place of cargo: signals and the terminal reach the program, and its exit
        // code or the signal that killed it reaches the shell.
        let error = Command::new(&words[0]).args(&words[1..]).args(&self.args).exec();
        Err(error).with_context(|| words.join(" "))
    }
}
