//! What is fetched or built once and kept outside the repository: `baremap` in the user's cache folder
//! ($XDG_CACHE_HOME or ~/.cache). Deleting it loses nothing but the time to get it again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use etcetera::{BaseStrategy, base_strategy::Xdg};

pub fn folder() -> Result<PathBuf> {
    let user = Xdg::new().context("there is no folder for caches: set HOME")?;
    Ok(user.cache_dir().join("baremap"))
}

/// A folder for work in progress, gone in the end.
pub fn scratch() -> Result<tempfile::TempDir> {
    let folder = folder()?;
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    tempfile::Builder::new().prefix(".").tempdir_in(&folder).with_context(|| folder.display().to_string())
}

/// Makes a folder that is there as a whole or not at all.
pub fn fill(folder: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let scratch = scratch()?;
    make(scratch.path())?;
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    match fs::rename(scratch.path(), folder) {
        // Somebody else has made it meanwhile.
        Err(_) if folder.exists() => Ok(()),
        result => result.with_context(|| folder.display().to_string()),
    }
}
