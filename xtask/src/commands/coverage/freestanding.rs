//! The profile of programs without a libc, which LLVM's runtime for profiles is not for.
//!
//! Their counters lie in a file that all their processes map: those that are killed count as well. What LLVM reads is
//! made of them and of the program's sections afterwards.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::Expression;
use object::{Object, ObjectSection};

use crate::{arch::Arch, build, nightly::Nightly, workspace};

/// Count, have the counters where the program says, and leave out the runtime.
const FLAGS: [&str; 4] = [
    "-Cinstrument-coverage",
    "-Cllvm-args=-runtime-counter-relocation",
    "-Zno-profiler-runtime",
    "--cfg=baremap_coverage",
];

/// LLVM's version of profiles as they are written, and the bytes that they have for each function.
const VERSION: u64 = 10;
const FUNCTION: usize = 64;
const MAGIC: u64 = u64::from_be_bytes(*b"\xfflprofr\x81");
/// The last kind of values that it counts.
const LAST_KIND: u64 = 2;

/// Builds the freestanding tests.
pub fn build(nightly: &Nightly, target_dir: &Path) -> Result<PathBuf> {
    let target = Arch::HOST.target();
    let flags = format!("target.{target}.rustflags={FLAGS:?}");
    let args = ["build", "--config", "examples/freestanding.toml", "--config", &flags, "--target", target];
    let package = ["--package", "baremap-freestanding-tests", "--profile", "freestanding-test"];
    let built = build::executables(|report| {
        nightly
            .cargo(args.iter().chain(&package).chain(report).copied())
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_TARGET_DIR", target_dir)
    })?;
    built.into_iter().next().map(|harness| harness.path).context("cargo built no freestanding tests")
}

pub fn run(harness: &Path, counters: &Path) -> Expression {
    duct::cmd!(harness).dir(workspace::root()).env("BAREMAP_COUNTERS", counters)
}

/// Writes what LLVM's runtime would have written.
pub fn write_profile(harness: &Path, counters: &Path, profile: &Path) -> Result<()> {
    let program = fs::read(harness).with_context(|| harness.display().to_string())?;
    let elf = object::File::parse(&*program)?;
    let section =
        |name: &str| elf.section_by_name(name).with_context(|| format!("the program has no {name}"));
    let (functions, names) = (section("__llvm_prf_data")?, section("__llvm_prf_names")?);
    let own = section("__llvm_prf_cnts")?;
    let counts = fs::read(counters).with_context(|| counters.display().to_string())?;
    ensure!(counts.len() as u64 == own.size(), "the counters are not this program's");
    let profile_of = Profile {
        functions: functions.data()?,
        counts: &counts,
        names: names.data()?,
        distance: own.address().wrapping_sub(functions.address()),
        names_at: names.address(),
    };
    fs::write(profile, profile_of.bytes()?).with_context(|| profile.display().to_string())
}

struct Profile<'a> {
    functions: &'a [u8],
    counts: &'a [u8],
    names: &'a [u8],
    /// From the functions to the counters, in the program.
    distance: u64,
    names_at: u64,
}

impl Profile<'_> {
    /// As compiler-rt's InstrProfData.inc has it.
    fn bytes(&self) -> Result<Vec<u8>> {
        ensure!(
            self.functions.len().is_multiple_of(FUNCTION),
            "profiles of this compiler are not of version {VERSION}"
        );
        let header = [
            MAGIC,
            VERSION,
            0, // bytes of build ids
            (self.functions.len() / FUNCTION) as u64,
            0, // padding
            (self.counts.len() / size_of::<u64>()) as u64,
            0, // padding
            0, // bytes of bitmaps
            0, // padding
            self.names.len() as u64,
            self.distance,
            0, // to the bitmaps
            self.names_at,
            0, // tables of virtual functions
            0, // bytes of their names
            LAST_KIND,
        ];
        let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
        for part in [self.functions, self.counts, self.names] {
            bytes.extend_from_slice(part);
        }
        bytes.resize(bytes.len().next_multiple_of(size_of::<u64>()), 0);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_header_functions_counters_and_names() {
        let profile = Profile {
            functions: &[1; 2 * FUNCTION],
            counts: &[2; 24],
            names: &[3; 5],
            distance: u64::MAX,
            names_at: 7,
        };
        let bytes = profile.bytes().unwrap();
        assert_eq!(bytes.len(), 16 * 8 + 128 + 24 + 8);
        assert_eq!(&bytes[..8], b"\x81rforpl\xff");
        let word = |index: usize| u64::from_le_bytes(bytes[8 * index..][..8].try_into().unwrap());
        assert_eq!([word(3), word(5), word(9), word(10), word(12)], [2, 3, 5, u64::MAX, 7]);
        let broken = Profile { functions: &[1; 3], ..profile };
        assert!(broken.bytes().is_err());
    }
}
