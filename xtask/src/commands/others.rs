//! Programs of others, with an allocator of ours beneath them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use clap::Args;
use duct::Expression;

use super::test::{
    suite::{Suite, Work},
    summary::{Row, Summary},
};
use crate::{progress::Step, workspace};

/// Crates whose tests allocate a lot, in many ways: tables, vectors, trees and strings.
const CRATES: [&str; 3] = ["hashbrown", "smallvec", "serde_json"];

/// An allocator under which their tests run.
struct Heap {
    name: &'static str,
    /// Features of baremap, and other dependencies.
    features: &'static str,
    dependencies: &'static str,
    /// The static's type and value.
    is: &'static str,
}

const HEAPS: [Heap; 2] = [
    Heap {
        name: "bump",
        features: "",
        dependencies: "",
        is: "baremap::alloc::Bump = baremap::alloc::Bump::new()",
    },
    Heap {
        name: "talc",
        features: "\"talc\"",
        dependencies: "spin = \"0.12\"\ntalc = { version = \"5.1\", default-features = false }\n",
        is: "talc::TalcLock<spin::Mutex<()>, baremap::alloc::adapt::TalcSource> =\n    \
             talc::TalcLock::new(baremap::alloc::adapt::TalcSource::new())",
    },
];

/// Run the tests of hashbrown, smallvec and serde_json with our allocators as their global allocator
///
/// The crates are the newest that cargo gets, their tests unchanged: copies in target/others gain a line that links an
/// allocator, Bump and then talc over AnonPages. The first run fetches and builds what the tests depend on, which takes minutes.
#[derive(Args)]
pub struct Others {
    /// Only these crates
    #[arg(value_parser = CRATES)]
    crates: Vec<String>,
}

impl Others {
    pub fn execute(self) -> Result<ExitCode> {
        let folder = workspace::target_dir().join("others");
        let step = Step::start("fetching the crates");
        let sources = sources(&folder)?;
        step.done(sources.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>().join(", "));

        let mut summary = Summary::default();
        for (label, source) in &sources {
            if !self.crates.is_empty() && !self.crates.iter().any(|name| label.starts_with(name.as_str())) {
                continue;
            }
            for heap in &HEAPS {
                let work = prepare(&folder, label, source, heap).map(|tests| Work::Commands(vec![tests]));
                let label = format!("{label} on {}", heap.name);
                let suite = Suite { label, machine: None, may_be_empty: false, work };
                let results = suite.run();
                summary.add(Row { suite: suite.label, machine: None, results });
            }
        }
        print!("{summary}");
        Ok(super::exit_code(summary.is_success()))
    }
}

/// The folders of the crates' sources, as cargo has them from the registry, by name and version.
fn sources(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let dependencies: String = CRATES.map(|name| format!("{name} = \"*\"\n")).concat();
    let manifest = package("sources", &dependencies);
    let folder = folder.join("sources");
    write(&folder, "Cargo.toml", &manifest)?;
    write(&folder, "src/lib.rs", "")?;
    let metadata = MetadataCommand::new().manifest_path(folder.join("Cargo.toml")).exec()?;
    let mut sources = Vec::new();
    for name in CRATES {
        let newest = metadata
            .packages
            .iter()
            .filter(|package| package.name == name)
            .max_by_key(|package| &package.version);
        let package = newest.with_context(|| format!("cargo has no {name}"))?;
        let source = package.manifest_path.parent().context("a package without a folder")?;
        sources.push((format!("{name} {}", package.version), source.into()));
    }
    Ok(sources)
}

/// Copies a crate, links the heap to it, and returns the command that tests it.
fn prepare(folder: &Path, label: &str, source: &Path, heap: &Heap) -> Result<Expression> {
    let heap_folder = folder.join(format!("heap-{}", heap.name));
    let Heap { features, dependencies, is, .. } = heap;
    let baremap = workspace::root().display().to_string();
    let dependencies = format!("baremap = {{ path = {baremap:?}, features = [{features}] }}\n{dependencies}");
    write(&heap_folder, "Cargo.toml", &package("heap", &dependencies))?;
    let code = format!("#![no_std]\n\n#[global_allocator]\nstatic HEAP: {is};\n");
    write(&heap_folder, "src/lib.rs", &code)?;

    let copy = folder.join(format!("{}-{}", label.replace(' ', "-"), heap.name));
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| copy.display().to_string())?;
    }
    copy_folder(source, &copy)?;
    let heap_path = heap_folder.display().to_string();
    append(&copy, "Cargo.toml", &format!("\n[workspace]\n\n[dependencies.heap]\npath = {heap_path:?}\n"))?;
    append(&copy, "src/lib.rs", "\nextern crate heap as _;\n")?;
    Ok(duct::cmd(workspace::cargo(), ["test", "--lib", "--tests", "--no-fail-fast"])
        .dir(&copy)
        // All crates share what they have in common.
        .env("CARGO_TARGET_DIR", folder.join("target")))
}

fn package(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependencies}"
    )
}

/// Copies files and folders, but not the versions that the crate was published with: cargo chooses such as fit together.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&path, &to)?;
        } else if entry.file_name() != "Cargo.lock" {
            // What it says, not its permissions: it is changed.
            fs::write(&to, fs::read(&path)?).with_context(|| to.display().to_string())?;
        }
    }
    Ok(())
}

fn write(folder: &Path, path: &str, text: &str) -> Result<()> {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().context("a path within a folder")?)?;
    fs::write(&path, text).with_context(|| path.display().to_string())
}

fn append(folder: &Path, path: &str, text: &str) -> Result<()> {
    let path = folder.join(path);
    let mut content = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    content.push_str(text);
    fs::write(&path, content).with_context(|| path.display().to_string())
}
