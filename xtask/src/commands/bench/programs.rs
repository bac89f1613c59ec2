//! The whole programs that are compared: ours, and the same as others write them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};
use duct::Expression;

use crate::{
    arch::Arch,
    build, process,
    progress::Step,
    setup::{apt, c_compiler::Compiler},
    toolchain::{self, Toolchain},
    workspace,
};

const PROGRAMS: [&str; 2] = ["tiny", "map_file"];

/// What compiles C with musl.
const MUSL_GCC: &str = "musl-gcc";

/// How our own programs become that small, for others' too.
const SCRIPT: &str = "examples/smallest.ld";

/// Who writes the programs: in this order they stand in the tables.
const WRITERS: [(&str, Writer); 11] = [
    ("hand assembly", assembly),
    ("baremap", baremap),
    ("rustix + origin", |job| origin(job, false)),
    ("rustix + origin, our link script", |job| origin(job, true)),
    ("C, nolibc style", |job| nolibc(job, false)),
    ("C, nolibc style, our link script", |job| nolibc(job, true)),
    ("C, musl", musl),
    ("C, glibc, static", |job| glibc(job, &["-static"])),
    ("C, glibc, dynamic", |job| glibc(job, &[])),
    ("Rust std + memmap2, static", |job| std(job, true)),
    ("Rust std + memmap2, dynamic", |job| std(job, false)),
];

/// Puts the program at [`Job::out`].
type Writer = fn(&Job<'_>) -> Result<()>;

/// A program for an architecture.
struct Job<'a> {
    arch: Arch,
    toolchain: &'a Toolchain,
    /// Nothing, where there is none.
    compiler: Option<&'a Compiler>,
    program: &'static str,
    out: PathBuf,
}

/// Builds them all into FOLDER/ARCHITECTURE/PROGRAM/NUMBER NAME. Where one cannot be built, NUMBER NAME.missing says why.
pub fn build(folder: &Path) -> Result<()> {
    if which::which(MUSL_GCC).is_err() {
        // Without it, its row says so.
        let _ = apt::install_musl();
    }
    for arch in Arch::ALL {
        let toolchain = Toolchain::ensure(arch)?;
        // As above.
        let compiler = Compiler::ensure(arch).ok();
        let step = Step::start(format!("building programs for {arch}"));
        let mut missing = Vec::new();
        for program in PROGRAMS {
            let folder = folder.join(arch.name()).join(program);
            if folder.exists() {
                fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
            }
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            for (index, (name, write)) in WRITERS.iter().enumerate() {
                step.note(format!("{program}: {name}"));
                let file = format!("{index:02} {name}");
                let out = folder.join(&file);
                if let Err(error) =
                    write(&Job { arch, toolchain: &toolchain, compiler: compiler.as_ref(), program, out })
                {
                    let reason = format!("not built: {}", one_line(&format!("{error:#}")));
                    fs::write(folder.join(format!("{file}.missing")), reason)?;
                    missing.push(format!("{program}: {name}"));
                }
            }
        }
        match missing.as_slice() {
            [] => step.done("all built"),
            _ => step.done(format_args!("not built: {}", missing.join("; "))),
        }
    }
    Ok(())
}

/// What an error says in the first place.
fn one_line(error: &str) -> String {
    let lines: Vec<&str> = error.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let first = lines.iter().find(|line| line.contains("error")).or(lines.first());
    first.copied().unwrap_or("nobody says why").into()
}

fn baremap(job: &Job<'_>) -> Result<()> {
    copy(&build::example(job.toolchain, job.program)?, &job.out)
}

fn assembly(job: &Job<'_>) -> Result<()> {
    let source = source(&format!("assembly/{}-{}.S", job.program, job.arch));
    ensure!(source.exists(), "nobody has written it");
    let object = job.out.with_extension("o");
    process::check(&cc(job, &["-c", "-o", text(&object)?, text(&source)?])?)?;
    link(&object, &job.out)
}

/// C without a C library: what nolibc is, which comes with the kernel's sources.
fn nolibc(job: &Job<'_>, our_script: bool) -> Result<()> {
    let source = source(&format!("nolibc/{}.c", job.program));
    let flags = [
        "-Os",
        "-static",
        "-ffreestanding",
        "-fno-asynchronous-unwind-tables",
        "-fno-stack-protector",
        "-fno-pie",
    ];
    if our_script {
        let object = job.out.with_extension("o");
        process::check(&cc(job, &[&flags[..], &["-c", "-o", text(&object)?, text(&source)?]].concat())?)?;
        return link(&object, &job.out);
    }
    let link = [
        "-no-pie",
        "-nostdlib",
        "-s",
        "-Wl,--build-id=none,-z,noseparate-code",
        "-o",
        text(&job.out)?,
        text(&source)?,
    ];
    process::check(&cc(job, &[&flags[..], &link].concat())?)
}

fn glibc(job: &Job<'_>, flags: &[&str]) -> Result<()> {
    let source = source(&format!("c/{}.c", job.program));
    process::check(&cc(job, &[&["-Os", "-s", "-o", text(&job.out)?, text(&source)?], flags].concat())?)
}

fn musl(job: &Job<'_>) -> Result<()> {
    // Distributions have none for another architecture.
    let name = if job.arch == Arch::HOST { MUSL_GCC.into() } else { format!("{}-linux-musl-gcc", job.arch) };
    let remedy = if job.arch == Arch::HOST { ": apt-get install musl-tools" } else { "" };
    let compiler = which::which(&name).map_err(|_| anyhow!("there is no {name}{remedy}"))?;
    let source = source(&format!("c/{}.c", job.program));
    process::check(&duct::cmd!(compiler, "-Os", "-static", "-s", "-o", &job.out, source))
}

fn origin(job: &Job<'_>, our_script: bool) -> Result<()> {
    let manifest = source("origin/Cargo.toml");
    let args = ["--release", "--locked", "--bin", job.program, "--manifest-path", text(&manifest)?];
    let script = format!("-Clink-arg=-T{}", workspace::root().join(SCRIPT).display());
    let flags = format!(
        "target.{}.rustflags=[\"-Cno-redzone=yes\", {script:?}, \"-Clink-arg=-znosectionheader\"]",
        job.arch.target()
    );
    let config: &[&str] = if our_script { &["--config", &flags] } else { &[] };
    let args = [&args, config].concat();
    cargo(job, |report| job.toolchain.cargo("build", &[&args, report].concat()))
}

fn std(job: &Job<'_>, is_static: bool) -> Result<()> {
    let manifest = source("std/Cargo.toml");
    let linked = compiler(job)?.cargo_config(job.arch, is_static);
    let args = ["--release", "--locked", "--bin", job.program, "--manifest-path", text(&manifest)?];
    let args = [&args[..], &["--config", &linked[0], "--config", &linked[1]]].concat();
    cargo(job, |report| job.toolchain.cargo_with_libc("build", &[&args, report].concat()))
}

/// Builds a program of a package that is not of the workspace.
fn cargo(job: &Job<'_>, command: impl FnOnce(&[&str]) -> Expression) -> Result<()> {
    let target = workspace::target_dir().join("bench/target");
    let built = build::executables(|report| command(report).env("CARGO_TARGET_DIR", target))?;
    copy(&built.first().context("cargo built no program")?.path, &job.out)
}

fn source(path: &str) -> PathBuf {
    workspace::root().join("benches/programs").join(path)
}

fn compiler<'a>(job: &Job<'a>) -> Result<&'a Compiler> {
    job.compiler.with_context(|| {
        let packages = apt::c_compiler(job.arch).join(" ");
        format!("there is no compiler of C for {}: apt-get install {packages}", job.arch)
    })
}

fn cc(job: &Job<'_>, args: &[&str]) -> Result<Expression> {
    Ok(compiler(job)?.command(args))
}

/// Makes a program of an object file, as small as our own.
fn link(object: &Path, out: &Path) -> Result<()> {
    let lld = toolchain::lld().context("there is no rust-lld and no ld.lld")?;
    let script = workspace::root().join(SCRIPT);
    let args = ["-static", "-s", "--build-id=none", "-znosectionheader", "-T", text(&script)?];
    let files = ["-o", text(out)?, text(object)?];
    // rust-lld is several linkers, by this word.
    let flavour: &[&str] = if lld.ends_with("rust-lld") { &["-flavor", "gnu"] } else { &[] };
    process::check(&duct::cmd(lld, [flavour, &args, &files].concat()))?;
    fs::remove_file(object).with_context(|| object.display().to_string())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is no UTF-8", path.display()))
}
