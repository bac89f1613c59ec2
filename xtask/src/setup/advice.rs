//! What to type where set-up may not or cannot install things itself.

use std::fmt::Write;

use anyhow::Error;

use crate::{arch::Arch, setup::apt};

/// How to get Rust's standard library for `arch`.
pub fn rust(arch: Arch, obstacles: &[Error]) -> String {
    let (target, debian) = (arch.target(), arch.debian());
    let packages = apt::rust_packages(arch).join(" ");
    let mut text = format!("Rust's standard library for {target} is missing, or a linker (LLD) for it.\n");
    for obstacle in obstacles {
        writeln!(text, "  {obstacle:#}").expect("a String takes everything");
    }
    text + &format!(
        "Install them by one of:
  rustup        rustup target add {target}
  apt (Debian)  sudo dpkg --add-architecture {debian} && sudo apt-get update &&
                sudo apt-get install --no-install-recommends {packages} lld
  dnf           sudo dnf install rustup && rustup-init -y --target {target}
  pacman        sudo pacman -S --needed rustup && rustup default stable && rustup target add {target}"
    )
}

/// How to get QEMU's user mode.
pub fn qemu(arch: Arch, obstacle: &Error) -> String {
    format!(
        "qemu-{arch} is missing, which runs {arch} programs on this machine.
  {obstacle:#}
Install it by one of:
  apt     sudo apt-get install --no-install-recommends qemu-user
  dnf     sudo dnf install qemu-user
  pacman  sudo pacman -S --needed qemu-user"
    )
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn says_what_failed_and_what_to_type() {
        let text = rust(Arch::Aarch64, &[anyhow!("no answer").context("rustup")]);
        assert!(text.contains("  rustup: no answer\n"), "{text}");
        for manager in
            ["rustup target add aarch64-unknown-linux-gnu", "apt-get install", "dnf install", "pacman -S"]
        {
            assert!(text.contains(manager), "{text}");
        }
        let text = qemu(Arch::Aarch64, &anyhow!("only root may"));
        for manager in ["only root may", "apt-get install", "dnf install", "pacman -S"] {
            assert!(text.contains(manager), "{text}");
        }
    }
}
