//! What counts instructions.

use anyhow::{Result, bail};

use crate::{
    process,
    setup::{advice, apt},
};

pub fn found() -> Option<String> {
    process::read("valgrind", &["--version"]).ok()
}

pub fn ensure() -> Result<()> {
    if found().is_some() {
        return Ok(());
    }
    if let Err(obstacle) = apt::install_valgrind() {
        bail!(advice::valgrind(&obstacle));
    }
    Ok(())
}
