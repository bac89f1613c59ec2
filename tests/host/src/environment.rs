//! What `cargo xtask test` says in the environment.

use std::env;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::Program;

/// The architecture of the freestanding programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// x86_64.
    X86_64,
    /// aarch64.
    Aarch64,
}

impl Arch {
    /// The one that the programs were built for.
    #[must_use]
    pub fn of_programs() -> Arch {
        variable("BAREMAP_ARCH").parse().unwrap_or_else(|error| panic!("BAREMAP_ARCH: {error}"))
    }
}

impl FromStr for Arch {
    type Err = String;

    fn from_str(name: &str) -> Result<Arch, String> {
        match name {
            "x86_64" => Ok(Arch::X86_64),
            "aarch64" => Ok(Arch::Aarch64),
            _ => Err(format!("`{name}` is neither x86_64 nor aarch64")),
        }
    }
}

/// An example, as it was built.
#[must_use]
pub fn example(name: &str) -> Program {
    Program::new(Path::new(&variable("BAREMAP_BIN")).join(name))
}

/// The folder with header and archive for C.
#[must_use]
pub fn library() -> PathBuf {
    PathBuf::from(variable("BAREMAP_CAPI"))
}

/// The same with an archive that no program begins with.
#[must_use]
pub fn library_without_start() -> PathBuf {
    PathBuf::from(variable("BAREMAP_CAPI_WITHOUT_START"))
}

/// The names of all examples, by their sources: one that was not built is missed.
#[must_use]
pub fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let sources = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = sources
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// The freestanding tests, as they were built.
#[must_use]
pub fn harness() -> Program {
    Program::new(PathBuf::from(variable("BAREMAP_HARNESS")))
}

/// The words before a program's own: an emulator and its options, or nothing.
pub(crate) fn runner() -> Vec<String> {
    env::var("BAREMAP_RUNNER").unwrap_or_default().split_whitespace().map(String::from).collect()
}

/// Whether the programs run under an emulator, whose kernel differs from this machine's here and there.
#[must_use]
pub fn is_emulated() -> bool {
    !runner().is_empty()
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run these tests by `cargo xtask test`"))
}
