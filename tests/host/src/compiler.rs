//! Compilers of C and C++ that this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Arch, Output, Program};

/// The architecture of this machine.
const HOST: &str = std::env::consts::ARCH;

/// A compiler, and the flags by which it makes code for the programs' architecture.
#[derive(Clone, Debug)]
pub struct Compiler {
    name: String,
    flags: Vec<String>,
}

/// What is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// C.
    C,
    /// C++.
    CPlusPlus,
}

impl Compiler {
    /// Those that are installed, of gcc and clang, for the programs' architecture.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn all() -> Vec<Compiler> {
        let known = [Compiler::gcc(Language::C), Compiler::clang(Language::C)];
        let there: Vec<Compiler> = known.iter().filter(|compiler| compiler.is_installed()).cloned().collect();
        assert!(!there.is_empty(), "neither of these compilers is installed: {known:?}");
        there
    }

    /// GNU's: for the programs' architecture, or if it is of C++ for this machine, since those for others are rare.
    #[must_use]
    pub fn gcc(language: Language) -> Compiler {
        let name = match (language, Self::foreign()) {
            (Language::CPlusPlus, _) => "g++".into(),
            (Language::C, None) => "gcc".into(),
            (Language::C, Some(target)) => format!("{target}-gcc"),
        };
        Compiler { name, flags: Vec::new() }
    }

    /// LLVM's, for the same.
    #[must_use]
    pub fn clang(language: Language) -> Compiler {
        match language {
            Language::CPlusPlus => Compiler { name: "clang++".into(), flags: Vec::new() },
            Language::C => {
                let flags = Self::foreign().map(|target| format!("--target={target}"));
                Compiler { name: "clang".into(), flags: flags.into_iter().collect() }
            }
        }
    }

    /// musl's, for this machine.
    #[must_use]
    pub fn musl() -> Compiler {
        Compiler { name: "musl-gcc".into(), flags: Vec::new() }
    }

    /// What compilers call the programs' architecture, where it is not this machine's.
    fn foreign() -> Option<&'static str> {
        match (Arch::of_programs(), HOST) {
            (Arch::X86_64, "x86_64") | (Arch::Aarch64, "aarch64") => None,
            (Arch::X86_64, _) => Some("x86_64-linux-gnu"),
            (Arch::Aarch64, _) => Some("aarch64-linux-gnu"),
        }
    }

    fn is_installed(&self) -> bool {
        Command::new(&self.name).arg("--version").output().is_ok_and(|output| output.status.success())
    }

    /// The folder in which its libc's shared objects have the paths that programs know them by.
    #[must_use]
    pub fn root_of_libc(&self) -> PathBuf {
        let libc = Output::of(self.command().arg("-print-file-name=libc.so.6")).success();
        let folder = Path::new(libc.trim_end()).parent().and_then(Path::parent);
        folder.map(Path::to_owned).unwrap_or_default()
    }

    /// Compiles a file, and gives what the compiler says.
    #[must_use]
    pub fn compile(&self, flags: &[&str], source: &Path, object: &Path) -> Output {
        Output::of(self.command().args(flags).arg("-c").arg(source).arg("-o").arg(object))
    }

    /// Makes a program without a libc of a file and the library.
    #[must_use]
    pub fn build(&self, flags: &[&str], source: &Path, program: &Path) -> Program {
        let library = crate::library();
        let mut command = self.command();
        command.args(["-nostdlib", "-static"]).args(flags).arg("-I").arg(library.join("include")).arg(source);
        command.arg("-L").arg(library.join("lib")).arg("-lbaremap").arg("-o").arg(program);
        assert_eq!(Output::of(&mut command).success(), "");
        Program::new(program.into())
    }

    /// Makes a program of a file and the compiler's own libc, with what goes in front of that.
    #[must_use]
    pub fn build_with_libc(
        &self,
        flags: &[&str],
        source: &Path,
        in_front: &[&str],
        program: &Path,
    ) -> Program {
        assert_eq!(self.link(flags, source, in_front, program).success(), "");
        Program::new(program.into())
    }

    /// Links a file with libraries, ours among those that are found, and gives what the compiler says.
    #[must_use]
    pub fn link(&self, flags: &[&str], source: &Path, libraries: &[&str], program: &Path) -> Output {
        let library = crate::library();
        let mut command = self.command();
        command.args(flags).arg("-I").arg(library.join("include")).arg(source);
        command.arg("-L").arg(library.join("lib")).args(libraries).arg("-o").arg(program);
        Output::of(&mut command)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.name);
        command.args(&self.flags);
        command
    }
}
