//! Which kernels to run the tests on.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum, builder::PossibleValue};

use super::{Image, Kernel};
use crate::{arch::Arch, machine::PageSize};

#[derive(Args)]
pub struct Choice {
    /// Which kernels of their own to run the tests on; with a name, on this one and no other machine
    #[arg(long, value_name = "NAME", default_value = "all")]
    kernel: Which,

    /// Run the tests on the kernel in this file, of the architecture that --arch names, and on no other machine
    #[arg(long, value_name = "FILE", requires = "arch", conflicts_with = "kernel")]
    kernel_image: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// Those that have packages, and those that were built.
    All,
    None,
    Only(Kernel),
}

/// A kernel that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    Known(Kernel),
    Own(PathBuf, Arch, PageSize),
}

impl Choice {
    /// Whether the tests are to run on other machines too.
    pub fn leaves_others(&self) -> bool {
        self.kernel_image.is_none() && !matches!(self.kernel, Which::Only(_))
    }

    /// Whether no kernel is left out.
    pub fn is_all(&self) -> bool {
        self.kernel_image.is_none() && self.kernel == Which::All
    }

    /// The kernels of this choice, of one architecture or page size if so asked.
    pub fn kernels(&self, arch: Option<Arch>, page_size: Option<PageSize>) -> Result<Vec<Chosen>> {
        if let (Some(path), Some(arch)) = (&self.kernel_image, arch) {
            return Ok(vec![Chosen::Own(path.clone(), arch, page_size.unwrap_or(PageSize::K4))]);
        }
        let fits = |kernel: Kernel| {
            arch.is_none_or(|arch| arch == kernel.arch())
                && page_size.is_none_or(|size| size == kernel.page_size())
        };
        let kernels: Vec<Kernel> = match self.kernel {
            Which::Only(kernel) if !fits(kernel) => {
                bail!("the kernel {kernel} is for {} with pages of {}", kernel.arch(), kernel.page_size())
            }
            Which::Only(kernel) => vec![kernel],
            Which::None => Vec::new(),
            Which::All => {
                let there = |kernel: &Kernel| !kernel.is_built() || kernel.find().is_some();
                Kernel::ALL.into_iter().filter(|&kernel| fits(kernel)).filter(there).collect()
            }
        };
        Ok(kernels.into_iter().map(Chosen::Known).collect())
    }
}

impl Chosen {
    pub fn arch(&self) -> Arch {
        match self {
            Chosen::Known(kernel) => kernel.arch(),
            Chosen::Own(_, arch, _) => *arch,
        }
    }

    pub fn page_size(&self) -> PageSize {
        match self {
            Chosen::Known(kernel) => kernel.page_size(),
            Chosen::Own(_, _, page_size) => *page_size,
        }
    }

    /// The kernel, fetched first where it is missing.
    pub fn ensure(&self) -> Result<Image> {
        match self {
            Chosen::Known(kernel) => kernel.ensure(),
            Chosen::Own(path, ..) => Image::own(path),
        }
    }

    /// The machine's name in the results.
    pub fn label(&self, image: Option<&Image>) -> String {
        let (arch, page_size) = (self.arch(), self.page_size());
        let version = image.map_or("that is missing", Image::version);
        match arch {
            Arch::X86_64 => format!("{arch} kernel {version}"),
            Arch::Aarch64 => format!("{arch} kernel {version}, {page_size} pages"),
        }
    }
}

impl ValueEnum for Which {
    fn value_variants<'a>() -> &'a [Which] {
        const ALL: [Kernel; 4] = Kernel::ALL;
        &[
            Which::All,
            Which::None,
            Which::Only(ALL[0]),
            Which::Only(ALL[1]),
            Which::Only(ALL[2]),
            Which::Only(ALL[3]),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Which::All => Some(PossibleValue::new("all")),
            Which::None => Some(PossibleValue::new("none")),
            Which::Only(kernel) => kernel.to_possible_value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(kernel: Kernel) -> Choice {
        Choice { kernel: Which::Only(kernel), kernel_image: None }
    }

    #[test]
    fn a_kernel_has_to_fit_the_architecture_and_the_pages() {
        let choice = only(Kernel::Arm64K16);
        let chosen = vec![Chosen::Known(Kernel::Arm64K16)];
        assert_eq!(choice.kernels(Some(Arch::Aarch64), Some(PageSize::K16)).unwrap(), chosen);
        assert!(choice.kernels(Some(Arch::X86_64), None).is_err());
        assert!(choice.kernels(None, Some(PageSize::K4)).is_err());
        assert!(!choice.leaves_others() && !choice.is_all());
    }

    #[test]
    fn one_s_own_kernel_is_the_only_one() {
        let choice = Choice { kernel: Which::All, kernel_image: Some("/boot/Image".into()) };
        let own = Chosen::Own("/boot/Image".into(), Arch::Aarch64, PageSize::K4);
        assert_eq!(choice.kernels(Some(Arch::Aarch64), None).unwrap(), [own]);
        assert!(!choice.leaves_others() && !choice.is_all());
    }

    #[test]
    fn none_leaves_the_other_machines() {
        let choice = Choice { kernel: Which::None, kernel_image: None };
        assert_eq!(choice.kernels(None, None).unwrap(), []);
        assert!(choice.leaves_others() && !choice.is_all());
    }

    #[test]
    fn a_kernel_is_named_by_its_version() {
        let image = Image { path: "vmlinuz".into(), release: "6.12.117+deb12-arm64-16k".into() };
        let label = Chosen::Known(Kernel::Arm64K16).label(Some(&image));
        assert_eq!(label, "aarch64 kernel 6.12, 16 KiB pages");
        assert_eq!(Chosen::Known(Kernel::X86_64).label(None), "x86_64 kernel that is missing");
    }
}
