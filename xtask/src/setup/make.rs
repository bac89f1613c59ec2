//! What builds a peer that comes with a makefile.

use anyhow::{Result, bail};

use crate::setup::{advice, apt};

pub fn ensure() -> Result<()> {
    if which::which("make").is_ok() {
        return Ok(());
    }
    if let Err(obstacle) = apt::install_make() {
        bail!(advice::make(&obstacle));
    }
    Ok(())
}
