//! Building, and finding what was built.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, Message, MetadataCommand};
use duct::Expression;

use crate::{toolchain::Toolchain, workspace};

/// Link flags for the last bytes, on top of those that every freestanding program has.
const SMALLEST_CONFIG: &str = "examples/smallest.toml";

/// A program that cargo built.
#[derive(Debug)]
pub struct Executable {
    pub name: String,
    pub path: PathBuf,
    /// The folder of its package.
    pub package: PathBuf,
    /// Whether it is a test program.
    pub is_test: bool,
}

/// Builds one example.
pub fn example(toolchain: &Toolchain, name: &str) -> Result<PathBuf> {
    let demanding = demanding_examples()?;
    let features = demanding.iter().find(|example| example.name == name).map(|example| &*example.features);
    let built = examples_by(toolchain, features.unwrap_or_default(), &["--example", name])?;
    built
        .into_iter()
        .next()
        .map(|example| example.path)
        .with_context(|| format!("cargo built no example {name}"))
}

/// Builds all examples.
pub fn examples(toolchain: &Toolchain) -> Result<Vec<Executable>> {
    let mut built = examples_by(toolchain, &[], &["--examples"])?;
    for Demanding { name, features } in demanding_examples()? {
        built.extend(examples_by(toolchain, &features, &["--example", &name])?);
    }
    Ok(built)
}

/// An example that takes more features than `rt`, which would not do for the others.
struct Demanding {
    name: String,
    features: Vec<String>,
}

/// What Cargo.toml says about examples.
fn demanding_examples() -> Result<Vec<Demanding>> {
    let metadata = MetadataCommand::new().current_dir(workspace::root()).no_deps().exec()?;
    let package = metadata.packages.into_iter().find(|package| package.name == "baremap");
    let targets = package.context("the workspace has no package baremap")?.targets.into_iter();
    let demanding = targets.filter(|target| target.is_example() && !target.required_features.is_empty());
    Ok(demanding.map(|target| Demanding { name: target.name, features: target.required_features }).collect())
}

fn examples_by(toolchain: &Toolchain, features: &[String], which: &[&str]) -> Result<Vec<Executable>> {
    let features = [&["rt".to_owned()], features].concat().join(",");
    let mut args = vec!["--package", "baremap", "--features", &features, "--profile", "freestanding"];
    args.extend(["--config", SMALLEST_CONFIG]);
    args.extend(which);
    executables(|report| toolchain.cargo("build", &[&args, report].concat()))
}

/// Builds the freestanding tests.
pub fn harness(toolchain: &Toolchain) -> Result<PathBuf> {
    harness_by(toolchain, &["--profile", "freestanding-test"])
}

/// Builds the freestanding tests with a crate that asks them before each system call.
pub fn hooked_harness(toolchain: &Toolchain) -> Result<PathBuf> {
    harness_by(
        toolchain,
        &[
            "--config",
            "target.'cfg(all())'.rustflags=['--cfg=baremap_inject']",
            // The same profile, but a folder of its own.
            "--config",
            "profile.freestanding-test-hooked.inherits='freestanding-test'",
            "--profile",
            "freestanding-test-hooked",
        ],
    )
}

fn harness_by(toolchain: &Toolchain, args: &[&str]) -> Result<PathBuf> {
    let package = ["--package", "baremap-freestanding-tests"];
    let built = executables(|report| toolchain.cargo("build", &[&package, args, report].concat()))?;
    built.into_iter().next().map(|harness| harness.path).context("cargo built no freestanding tests")
}

/// Builds the static library for C, as rustc makes it.
pub fn static_library(toolchain: &Toolchain, features: &str) -> Result<PathBuf> {
    let args = ["--package", "baremap-c", "--lib", "--crate-type", "staticlib"];
    let args = [&args[..], &["--profile", "capi", "--features", features]].concat();
    let artifacts = artifacts(|report| toolchain.cargo_for_c("rustc", &[&args, report].concat()))?;
    let files = artifacts.into_iter().flat_map(|artifact| artifact.filenames);
    let archive = files.map(PathBuf::from).find(|path| path.extension().is_some_and(|end| end == "a"));
    archive.context("cargo built no static library")
}

/// Builds the tests that run on this machine: those of the host and of xtask itself.
pub fn host_tests() -> Result<Vec<Executable>> {
    let args = [
        "test",
        "--no-run",
        "--package",
        "baremap-host-tests",
        "--package",
        "baremap-instructions",
        "--package",
        "xtask",
    ];
    tests(|report| duct::cmd(workspace::cargo(), args.iter().chain(report)).dir(workspace::root()))
}

/// The test programs of [`executables`]: cargo builds the programs of a package along with its tests.
pub fn tests(command: impl FnOnce(&[&str]) -> Expression) -> Result<Vec<Executable>> {
    let mut built = executables(command)?;
    built.retain(|executable| executable.is_test);
    if built.is_empty() { bail!("cargo built no tests") } else { Ok(built) }
}

/// Runs the cargo command that `command` makes of the arguments by which cargo reports what it built.
pub fn executables(command: impl FnOnce(&[&str]) -> Expression) -> Result<Vec<Executable>> {
    let mut executables = Vec::new();
    for artifact in artifacts(command)? {
        if let Some(path) = artifact.executable {
            let package = artifact.manifest_path.parent().context("a package without a folder")?;
            executables.push(Executable {
                name: artifact.target.name,
                path: path.into(),
                package: package.into(),
                is_test: artifact.profile.test,
            });
        }
    }
    Ok(executables)
}

/// Everything that was built.
fn artifacts(command: impl FnOnce(&[&str]) -> Expression) -> Result<Vec<Artifact>> {
    let command = command(&["--quiet", "--message-format", "json-render-diagnostics"]);
    let output = command.stdout_capture().stderr_capture().unchecked().run()?;
    if !output.status.success() {
        bail!("the build failed\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(output.stdout.as_slice()) {
        if let Message::CompilerArtifact(artifact) = message? {
            artifacts.push(artifact);
        }
    }
    Ok(artifacts)
}

/// The folder that all of `executables` lie in.
pub fn folder(executables: &[Executable]) -> Result<&Path> {
    executables.first().and_then(|executable| executable.path.parent()).context("cargo built no program")
}
