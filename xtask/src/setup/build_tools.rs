//! What builds a kernel of arm64.

use anyhow::{Result, bail};

use crate::{
    arch::Arch,
    setup::{advice, apt},
};

/// What the cross compiler's programs begin with.
pub const PREFIX: &str = "aarch64-linux-gnu-";

/// The programs that are missing.
pub fn missing(arch: Arch) -> Vec<String> {
    let compiler = if arch == Arch::HOST { "gcc".into() } else { format!("{PREFIX}gcc") };
    // The kernel's build compiles programs for this machine too.
    let mut programs = vec![compiler, "gcc".into()];
    programs.extend(["make", "flex", "bison", "bc", "tar", "xz"].map(String::from));
    programs.retain(|program| which::which(program).is_err());
    programs
}

/// Installs what is missing.
pub fn ensure(arch: Arch) -> Result<()> {
    if missing(arch).is_empty() {
        return Ok(());
    }
    if let Err(obstacle) = apt::install_build_tools(arch) {
        bail!(advice::build_tools(arch, &obstacle));
    }
    let missing = missing(arch);
    if !missing.is_empty() {
        bail!("installed, but not in PATH: {}", missing.join(", "));
    }
    Ok(())
}
