//! baremap for C: header, archive and pkg-config files in a folder that a compiler can be pointed at.
//!
//! ```text
//! FOLDER/include/baremap.h
//! FOLDER/lib/libbaremap.a
//! FOLDER/lib/pkgconfig/baremap.pc, baremap-freestanding.pc
//! ```

pub mod archive;
mod header;
mod pkg_config;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    arch::Arch,
    build,
    toolchain::{self, Toolchain},
    workspace,
};

/// What the archive has beside the functions that begin by `bm_`.
#[derive(Clone, Copy)]
pub struct Parts {
    /// The POSIX names.
    pub posix: bool,
    /// `_start`, and what else only programs without a libc take.
    pub start: bool,
}

impl Parts {
    /// All there is: a linker takes what is asked for, and no more.
    pub const ALL: Parts = Parts { posix: true, start: true };
}

/// Where header and archive are.
pub struct Folder(PathBuf);

impl Folder {
    /// The usual one.
    pub fn of(arch: Arch) -> PathBuf {
        workspace::target_dir().join("capi").join(arch.name())
    }

    /// What `-I` takes.
    pub fn include(&self) -> PathBuf {
        self.0.join("include")
    }

    /// What `-L` takes.
    pub fn lib(&self) -> PathBuf {
        self.0.join("lib")
    }

    pub fn archive(&self) -> PathBuf {
        self.lib().join("libbaremap.a")
    }

    pub fn header(&self) -> PathBuf {
        self.include().join("baremap.h")
    }
}

/// Builds header and archive for an architecture into a folder.
pub fn build(arch: Arch, parts: Parts, folder: &Path) -> Result<Folder> {
    let toolchain = Toolchain::ensure(arch)?;
    let chosen = [(true, "archive"), (parts.posix, "posix"), (parts.start, "start")];
    let features: Vec<&str> = chosen.into_iter().filter(|(is_in, _)| *is_in).map(|(_, name)| name).collect();
    let library = build::static_library(&toolchain, &features.join(","))?;

    let folder = Folder(folder.to_owned());
    write(&folder.header(), header::generate()?.as_bytes())?;
    let library = fs::read(&library).with_context(|| library.display().to_string())?;
    // In the folder, so that what cargo built stays as it is.
    write(&folder.archive(), &library)?;
    archive::strip(&folder.archive(), toolchain::rust_objcopy().as_deref())?;
    let library = fs::read(folder.archive())?;
    write(&folder.archive(), &archive::refine(&library)?)?;
    for (name, text) in pkg_config::files(arch) {
        write(&folder.lib().join("pkgconfig").join(name), text.as_bytes())?;
    }
    Ok(folder)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    fs::write(path, bytes).with_context(|| path.display().to_string())
}
