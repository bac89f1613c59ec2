//! Real kernels, for QEMU's whole machines.
//!
//! They come from Debian's packages, unpacked and not installed, or are built from its source; either way once, and kept
//! in the user's cache folder.

pub mod boot;
pub mod choice;
pub mod console;
mod initramfs;
mod package;
mod source;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::ValueEnum;

use crate::{arch::Arch, cache, machine::PageSize, setup::advice};

/// How the names of kernels begin that are kept.
const PREFIX: &str = "vmlinuz-";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kernel {
    #[value(name = "arm64-4k")]
    Arm64K4,
    #[value(name = "arm64-16k")]
    Arm64K16,
    #[value(name = "arm64-64k")]
    Arm64K64,
    #[value(name = "x86_64")]
    X86_64,
}

/// A kernel's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub path: PathBuf,
    /// What `uname --kernel-release` would say there.
    pub release: String,
}

impl Kernel {
    pub const ALL: [Kernel; 4] = [Kernel::Arm64K4, Kernel::Arm64K16, Kernel::Arm64K64, Kernel::X86_64];

    pub fn name(self) -> &'static str {
        match self {
            Kernel::Arm64K4 => "arm64-4k",
            Kernel::Arm64K16 => "arm64-16k",
            Kernel::Arm64K64 => "arm64-64k",
            Kernel::X86_64 => "x86_64",
        }
    }

    pub fn arch(self) -> Arch {
        match self {
            Kernel::Arm64K4 | Kernel::Arm64K16 | Kernel::Arm64K64 => Arch::Aarch64,
            Kernel::X86_64 => Arch::X86_64,
        }
    }

    pub fn page_size(self) -> PageSize {
        match self {
            Kernel::Arm64K4 | Kernel::X86_64 => PageSize::K4,
            Kernel::Arm64K16 => PageSize::K16,
            Kernel::Arm64K64 => PageSize::K64,
        }
    }

    /// Whether it has to be built, because nobody has a package of it.
    pub fn is_built(self) -> bool {
        self.packages().is_empty()
    }

    /// Debian's packages that depend on the newest kernel of this kind, the best first.
    pub fn packages(self) -> &'static [&'static str] {
        match self {
            // Kernels for clouds are those with few drivers: a quarter of the others' size.
            Kernel::Arm64K4 => &["linux-image-cloud-arm64"],
            // Debian 12 has it under the second name.
            Kernel::Arm64K16 => &["linux-image-arm64-16k", "linux-image-6.12-arm64-16k"],
            Kernel::Arm64K64 => &[],
            Kernel::X86_64 => &["linux-image-cloud-amd64"],
        }
    }

    /// The kernel, if it is there.
    pub fn find(self) -> Option<Image> {
        let entries = fs::read_dir(self.folder().ok()?).ok()?;
        entries.flatten().find_map(|entry| Image::new(entry.path()))
    }

    /// The kernel, fetched first where it is missing.
    pub fn ensure(self) -> Result<Image> {
        if let Some(image) = self.find() {
            return Ok(image);
        }
        if self.is_built() {
            bail!("the kernel {self} is not built; `cargo xtask kernel {self}` does it, in some minutes");
        }
        let fetched = self.keep(|folder| package::fetch(self, folder));
        fetched.map_err(|obstacle| anyhow!(advice::kernel(self, &obstacle)))
    }

    /// Builds the kernel from its source.
    pub fn build(self) -> Result<Image> {
        match self.find() {
            Some(image) => Ok(image),
            None => self.keep(|folder| source::build(self, folder)),
        }
    }

    /// Has the kernel put into a new folder, which takes its place once it is complete.
    fn keep(self, make: impl FnOnce(&Path) -> Result<()>) -> Result<Image> {
        cache::fill(&self.folder()?, make)?;
        self.find().with_context(|| format!("there is no {PREFIX}… among what makes the kernel {self}"))
    }

    fn folder(self) -> Result<PathBuf> {
        Ok(cache::folder()?.join("kernels").join(self.name()))
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Image {
    /// A kernel of somebody's own.
    fn own(path: &Path) -> Result<Image> {
        ensure!(path.is_file(), "there is no kernel {}", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let release = name.strip_prefix(PREFIX).unwrap_or(&name).to_owned();
        Ok(Image { path: path.to_owned(), release })
    }

    /// Release and place in a line.
    pub fn describe(&self) -> String {
        format!("{} ({})", self.release, self.path.display())
    }

    /// The release without what differs from build to build: `6.1`.
    pub fn version(&self) -> &str {
        let is_number = |text: &str| text.parse::<u32>().is_ok();
        let end =
            self.release.match_indices(['.', '-', '+']).nth(1).map_or(self.release.len(), |(end, _)| end);
        match self.release[..end].split_once('.') {
            Some((version, patch_level)) if is_number(version) && is_number(patch_level) => {
                &self.release[..end]
            }
            _ => &self.release,
        }
    }

    /// The kernel in a file, if its name is a kernel's.
    fn new(path: PathBuf) -> Option<Image> {
        let release = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.to_owned();
        Some(Image { path, release })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_tells_the_release() {
        let path = PathBuf::from("kernels/arm64-4k/vmlinuz-6.1.0-50-cloud-arm64");
        assert_eq!(Image::new(path.clone()), Some(Image { path, release: "6.1.0-50-cloud-arm64".into() }));
        assert_eq!(Image::new("kernels/arm64-4k/System.map-6.1.0-50".into()), None);
    }

    #[test]
    fn a_version_is_two_numbers() {
        for (release, version) in [
            ("6.1.0-50-cloud-arm64", "6.1"),
            ("6.12.117+deb12-arm64-16k", "6.12"),
            ("7.0", "7.0"),
            ("7.1-rc2", "7.1"),
            ("bzImage", "bzImage"),
            ("my.own.kernel", "my.own.kernel"),
        ] {
            let image = Image { path: PathBuf::new(), release: release.into() };
            assert_eq!(image.version(), version);
        }
    }

    #[test]
    fn the_names_are_those_of_the_command_line() {
        for kernel in Kernel::ALL {
            assert_eq!(Kernel::from_str(kernel.name(), false), Ok(kernel));
        }
    }
}
