//! What compiles C for an architecture, with a libc's headers.

use anyhow::{Result, bail};

use crate::{
    arch::Arch,
    process,
    setup::{advice, apt},
};

/// A compiler by its name, which need not be installed.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The program, and flags that have it compile for the architecture.
    words: Vec<String>,
}

/// What is compiled.
#[derive(Clone, Copy)]
pub enum Language {
    C,
    CPlusPlus,
}

impl Compiler {
    /// gcc if it is there, or clang, with headers.
    pub fn find(arch: Arch) -> Option<Compiler> {
        let mut clang = Compiler::clang(arch);
        if arch != Arch::HOST {
            clang.words.push("-fuse-ld=lld".into());
        }
        [Compiler::gcc(arch), clang].into_iter().find(|compiler| compiler.is_complete(Language::C))
    }

    /// GNU's.
    pub fn gcc(arch: Arch) -> Compiler {
        if arch == Arch::HOST { Self::of(&["gcc"]) } else { Self::of(&[&format!("{arch}-linux-gnu-gcc")]) }
    }

    /// LLVM's.
    pub fn clang(arch: Arch) -> Compiler {
        let target = format!("--target={arch}-linux-gnu");
        if arch == Arch::HOST { Self::of(&["clang"]) } else { Self::of(&["clang", &target]) }
    }

    /// The one that these words call.
    pub fn of(words: &[&str]) -> Compiler {
        Compiler { words: words.iter().map(|word| word.to_string()).collect() }
    }

    /// The words that call it.
    pub fn name(&self) -> String {
        self.words.join(" ")
    }

    /// The same, installed first where it is missing.
    pub fn ensure(arch: Arch) -> Result<Compiler> {
        if let Some(compiler) = Compiler::find(arch) {
            return Ok(compiler);
        }
        if let Err(obstacle) = apt::install_c_compiler(arch) {
            bail!(advice::c_compiler(arch, &obstacle));
        }
        match Compiler::find(arch) {
            Some(compiler) => Ok(compiler),
            None => bail!("a compiler of C for {arch} was installed, but is not in PATH"),
        }
    }

    /// Whether it is there, and finds headers.
    pub fn is_complete(&self, language: Language) -> bool {
        let language = match language {
            Language::C => "c",
            Language::CPlusPlus => "c++",
        };
        let headers = ["-E", "-x", language, "-include", "sys/mman.h", "-o", "/dev/null", "/dev/null"];
        process::quietly(&self.command(&headers)).is_ok()
    }

    /// What cargo is told, after a `--config` each, so that this links Rust's programs for `arch`, with a libc of its own or the
    /// machine's.
    pub fn cargo_config(&self, arch: Arch, is_static: bool) -> [String; 2] {
        let (linker, options) = (&self.words[0], &self.words[1..]);
        let feature = if is_static { "+crt-static" } else { "-crt-static" };
        let options: String = options.iter().map(|option| format!(", \"-Clink-arg={option}\"")).collect();
        let target = arch.target();
        [
            format!("target.{target}.linker={linker:?}"),
            format!("target.{target}.rustflags=[\"-Ctarget-feature={feature}\"{options}]"),
        ]
    }

    /// The compiler with arguments.
    pub fn command(&self, args: &[&str]) -> duct::Expression {
        duct::cmd(&self.words[0], self.words[1..].iter().map(String::as_str).chain(args.iter().copied()))
    }

    /// Its version in a line.
    pub fn describe(&self) -> Option<String> {
        let version = process::output(&self.command(&["--version"])).ok()?;
        Some(version.lines().next()?.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_without_headers_is_none() {
        assert!(!Compiler::of(&["/nonexistent/gcc"]).is_complete(Language::C));
        assert!(!Compiler::of(&["false"]).is_complete(Language::C));
        assert!(Compiler::of(&["true"]).is_complete(Language::C));
    }
}
