use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{cache, kernel, progress, table};

/// Get a kernel to run the tests on, or show which there are
///
/// Kernels come from Debian's packages, which are fetched and unpacked, but not installed: this takes no root. arm64-64k,
/// of which there is no package, is built from Debian's source of the kernel, in some minutes; from then on
/// `cargo xtask test` runs it too. They are kept in the folder `baremap` of $XDG_CACHE_HOME or ~/.cache. A newer one
/// is fetched or built after its folder has been deleted.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask kernel arm64-64k

An older kernel, for example Linux 5.10 of Debian 11, where a source of apt-get has its packages or with a package at hand:
  apt-get download linux-image-5.10.0-NUMBER-cloud-amd64
  dpkg-deb --extract linux-image-5.10.0-*_amd64.deb linux-5.10
  cargo xtask test --arch x86_64 --kernel-image linux-5.10/boot/vmlinuz-5.10.0-NUMBER-cloud-amd64")]
pub struct Kernel {
    /// The kernel to get; without it: lists the kernels
    name: Option<kernel::Kernel>,
}

impl Kernel {
    pub fn execute(self) -> Result<ExitCode> {
        match self.name {
            Some(kernel) => {
                let image = if kernel.is_built() { kernel.build() } else { kernel.ensure() }?;
                progress::say(image.describe());
            }
            None => {
                println!("{}", list());
                println!("Kept in {}.", cache::folder()?.display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list() -> comfy_table::Table {
    let mut table = table::new(&["kernel", "pages", "from", "there"]);
    for kernel in kernel::Kernel::ALL {
        let source = if kernel.is_built() { "Debian's source" } else { kernel.packages()[0] };
        let there = kernel.find().map_or("no".into(), |image| image.release);
        table.add_row([kernel.to_string(), kernel.page_size().to_string(), source.into(), there]);
    }
    table
}
