//! Programs in C: those in examples/c, and how they are built with the archive.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    arch::Arch,
    build::Executable,
    capi::{self, Folder, Parts},
    examples::{self, Example},
    process,
    setup::c_compiler::Compiler,
    workspace,
};

/// Flags as one would type them. The checks that some distributions add by themselves are left out, so that a program is the same
/// everywhere.
const FLAGS: [&str; 8] =
    ["-O2", "-Wall", "-Wextra", "-Werror", "-U_FORTIFY_SOURCE", "-nostdlib", "-static", "-Wl,--gc-sections"];

/// Every example, by name.
pub fn examples() -> Result<Vec<Example>> {
    examples::in_folder(&folder(), "c")
}

/// Builds one example and gives its file.
pub fn example(arch: Arch, name: &str) -> Result<PathBuf> {
    let compiler = Compiler::ensure(arch)?;
    let library = capi::build(arch, Parts::ALL, &Folder::of(arch))?;
    program(arch, &compiler, &library, name)
}

/// Builds all examples with the archive, which is there.
pub fn all(arch: Arch, compiler: &Compiler, library: &Folder) -> Result<Vec<Executable>> {
    let build = |example: Example| {
        let path = program(arch, compiler, library, &example.name)?;
        Ok(Executable { name: example.name, path, package: folder(), is_test: false })
    };
    examples()?.into_iter().map(build).collect()
}

fn program(arch: Arch, compiler: &Compiler, library: &Folder, name: &str) -> Result<PathBuf> {
    let folder_of_programs = Folder::of(arch).join("examples");
    fs::create_dir_all(&folder_of_programs).with_context(|| folder_of_programs.display().to_string())?;
    let program = folder_of_programs.join(name);
    let path = |path: &Path| path.display().to_string();
    let source = path(&folder().join(name).with_extension("c"));
    let (include, lib, out) = (path(&library.include()), path(&library.lib()), path(&program));
    let args = ["-I", &include, &source, "-L", &lib, "-lbaremap", "-o", &out];
    process::check(&compiler.command(&[&FLAGS, &args[..]].concat())).with_context(|| source.clone())?;
    Ok(program)
}

fn folder() -> PathBuf {
    workspace::root().join("examples/c")
}
