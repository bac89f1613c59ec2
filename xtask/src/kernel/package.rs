//! Kernels of Debian's packages.

use std::{fs, path::Path};

use anyhow::Result;

use super::{Kernel, PREFIX};
use crate::{cache, progress, setup::archive::Archive};

/// Fetches a kernel's package and puts its kernel into a folder.
pub fn fetch(kernel: Kernel, folder: &Path) -> Result<()> {
    let archive = Archive::open(kernel.arch())?;
    let package = archive.newest(kernel.packages(), "linux-image-")?;
    progress::say(format_args!(
        "apt-get download {package} (to run tests on the kernel {kernel}; it is not installed)"
    ));
    let unpacked = cache::scratch()?;
    archive.unpack(&[package], unpacked.path())?;
    for entry in fs::read_dir(unpacked.path().join("boot"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            fs::rename(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    Ok(())
}
