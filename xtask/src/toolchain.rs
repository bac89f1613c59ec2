//! The compiler and the linker for each architecture.
//!
//! The toolchain that cargo uses anyway comes first. Where it lacks the other architecture's standard library and
//! rustup's server is out of reach, Debian's compiler stands in for it: its standard libraries are packages.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use duct::Expression;

use crate::{
    arch::Arch,
    process,
    setup::{advice, apt, rustup},
    workspace,
};

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO_CLIPPY: &str = "/usr/bin/cargo-clippy";

/// Link flags of programs without a libc.
const FREESTANDING_CONFIG: &str = "examples/freestanding.toml";

/// Flags of the archive for C.
const ARCHIVE_CONFIG: &str = "src/c/archive.toml";

/// What builds programs for one architecture.
pub struct Toolchain {
    arch: Arch,
    compiler: Compiler,
    /// Set where the compiler would not find `rust-lld` by itself.
    linker: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compiler {
    /// The one that cargo uses anyway.
    Active,
    /// Debian's, driven by the active toolchain's cargo.
    Debian,
}

impl Toolchain {
    /// The installed toolchain for `arch`, if there is one.
    pub fn find(arch: Arch) -> Option<Toolchain> {
        let active = Sysroot::of(&active_rustc(), arch)?;
        if active.has_core() {
            let linker = if active.rust_lld().is_some() { None } else { Some(system_lld()?) };
            return Some(Toolchain { arch, compiler: Compiler::Active, linker });
        }
        Sysroot::of(OsStr::new(DEBIAN_RUSTC), arch).filter(Sysroot::has_core)?;
        let linker = active.rust_lld().or_else(system_lld)?;
        Some(Toolchain { arch, compiler: Compiler::Debian, linker: Some(linker) })
    }

    /// The toolchain for `arch`, installed first where it is missing.
    pub fn ensure(arch: Arch) -> Result<Toolchain> {
        if let Some(toolchain) = Toolchain::find(arch) {
            return Ok(toolchain);
        }
        let mut obstacles = Vec::new();
        for install in [rustup::add_target, apt::install_rust] {
            match install(arch) {
                Ok(()) => {
                    if let Some(toolchain) = Toolchain::find(arch) {
                        return Ok(toolchain);
                    }
                }
                Err(obstacle) => obstacles.push(obstacle),
            }
        }
        bail!(advice::rust(arch, &obstacles))
    }

    /// `cargo SUBCOMMAND ARGS` at the top of the workspace, building freestanding programs for this architecture.
    pub fn cargo(&self, subcommand: &str, args: &[&str]) -> Expression {
        self.by(workspace::cargo(), FREESTANDING_CONFIG, subcommand, args)
    }

    /// The same for what other compilers' programs are linked with.
    pub fn cargo_for_c(&self, subcommand: &str, args: &[&str]) -> Expression {
        self.by(workspace::cargo(), ARCHIVE_CONFIG, subcommand, args)
    }

    /// The same for `cargo clippy ARGS`.
    pub fn clippy(&self, args: &[&str]) -> Result<Expression> {
        if self.compiler == Compiler::Active {
            return Ok(self.cargo("clippy", args));
        }
        if !Path::new(DEBIAN_CARGO_CLIPPY).exists() {
            apt::install_clippy()?;
        }
        // It runs the clippy-driver beside it, by the cargo that CARGO names.
        Ok(self
            .by(DEBIAN_CARGO_CLIPPY.into(), FREESTANDING_CONFIG, "clippy", args)
            .env("CARGO", workspace::cargo()))
    }

    /// `cargo SUBCOMMAND ARGS` at the top of the workspace, building programs with a C library for this architecture; by which
    /// linker, the arguments say.
    pub fn cargo_with_libc(&self, subcommand: &str, args: &[&str]) -> Expression {
        self.run(workspace::cargo(), &[subcommand, "--target", self.arch.target()], args)
    }

    fn by(&self, program: OsString, config: &str, subcommand: &str, args: &[&str]) -> Expression {
        let words = [subcommand, "--config", config, "--target", self.arch.target()];
        let Some(linker) = &self.linker else { return self.run(program, &words, args) };
        // A flag, not `linker`, which would link build scripts too.
        let flag = format!("-Clinker={}", linker.display());
        let config = format!("target.{}.rustflags=[{flag:?}]", self.arch.target());
        self.run(program, &[&words[..], &["--config", &config]].concat(), args)
    }

    fn run(&self, program: OsString, first: &[&str], args: &[&str]) -> Expression {
        let mut words: Vec<String> = first.iter().map(|word| word.to_string()).collect();
        if self.compiler == Compiler::Debian {
            // A folder of its own: two compilers in one rebuild each other's work.
            words.push("--target-dir".into());
            words.push(workspace::target_dir().join("debian").display().to_string());
        }
        words.extend(args.iter().map(|arg| arg.to_string()));

        let command = duct::cmd(program, words)
            .dir(workspace::root())
            // These would replace the link flags of the configuration.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        match self.compiler {
            Compiler::Active => command,
            Compiler::Debian => command.env("RUSTC", DEBIAN_RUSTC),
        }
    }

    /// The compiler in a line.
    pub fn describe(&self) -> String {
        let rustc = match self.compiler {
            Compiler::Active => active_rustc(),
            Compiler::Debian => DEBIAN_RUSTC.into(),
        };
        let version = process::read(&rustc, &["--version"]).unwrap_or_default();
        match self.compiler {
            Compiler::Active => version,
            Compiler::Debian => format!("{version} at {DEBIAN_RUSTC}"),
        }
    }
}

/// What a compiler knows of one target.
struct Sysroot {
    root: PathBuf,
    libraries: PathBuf,
}

impl Sysroot {
    fn of(rustc: &OsStr, arch: Arch) -> Option<Sysroot> {
        let args = ["--print", "sysroot", "--print", "target-libdir", "--target", arch.target()];
        let output = process::read(rustc, &args).ok()?;
        let (root, libraries) = output.split_once('\n')?;
        Some(Sysroot { root: root.into(), libraries: libraries.into() })
    }

    /// Whether the target's standard library is installed.
    fn has_core(&self) -> bool {
        fs::read_dir(&self.libraries).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
        })
    }

    fn rust_lld(&self) -> Option<PathBuf> {
        self.tool("rust-lld")
    }

    /// A program that comes with the toolchain.
    fn tool(&self, name: &str) -> Option<PathBuf> {
        let path = self.root.join("lib/rustlib").join(Arch::HOST.target()).join("bin").join(name);
        path.exists().then_some(path)
    }
}

fn active_rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// LLD, the toolchain's own or the distribution's.
pub fn lld() -> Option<PathBuf> {
    Sysroot::of(&active_rustc(), Arch::HOST).and_then(|sysroot| sysroot.rust_lld()).or_else(system_lld)
}

/// LLVM's objcopy, which comes with rustup's toolchains and knows every architecture.
pub fn rust_objcopy() -> Option<PathBuf> {
    Sysroot::of(&active_rustc(), Arch::HOST)?.tool("rust-objcopy")
}

/// The distribution's LLD.
fn system_lld() -> Option<PathBuf> {
    which::which("ld.lld").ok()
}
