//! Huge pages: which sizes there are, and what a machine has set aside.

use crate::Errno;
use crate::error::{Error, Operation, Result};
use crate::file::File;
use crate::sys::MapFlags;
use core::ffi::CStr;
use core::num::NonZero;
use linux_raw_sys::general::MAP_HUGE_SHIFT;

/// What a map is to be made of if there are no huge pages for [`MapOptions::huge`](super::MapOptions::huge).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Nothing: the error is reported.
    Error,
    /// Ordinary pages, placed and advised so that the kernel makes huge pages of them when it can.
    Transparent,
    /// Ordinary pages.
    Small,
}

macro_rules! sizes {
    ($($(#[$doc:meta])* $name:ident = $shift:literal, $kib:literal;)*) => {
        /// The size of huge pages out of the pool that the administrator has set aside; see
        /// [`MapOptions::huge`](super::MapOptions::huge). Which sizes there are, the processor and the size of ordinary
        /// pages say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum HugePage {
            /// The kernel's default size, `Hugepagesize` in /proc/meminfo.
            Default,
            $($(#[$doc])* $name,)*
        }

        impl HugePage {
            /// The power of two, for a size that has a name.
            const fn shift(self) -> Option<u32> {
                match self {
                    HugePage::Default => None,
                    $(HugePage::$name => Some($shift),)*
                }
            }

            /// The file that says how many pages of a size are free.
            fn free_path(size: usize) -> Option<&'static CStr> {
                $(
                    if size == 1 << $shift {
                        let path = concat!("/sys/kernel/mm/hugepages/hugepages-", $kib, "kB/free_hugepages\0");
                        return CStr::from_bytes_with_nul(path.as_bytes()).ok();
                    }
                )*
                None
            }
        }
    };
}

sizes! {
    /// 64 KiB: aarch64 with pages of 4 KiB.
    Size64K = 16, "64";
    /// 2 MiB: x86_64, aarch64.
    Size2M = 21, "2048";
    /// 32 MiB: aarch64 with pages of 4 or 16 KiB.
    Size32M = 25, "32768";
    /// 512 MiB: aarch64 with pages of 64 KiB.
    Size512M = 29, "524288";
    /// 1 GiB: x86_64, aarch64 with pages of 4 or 16 KiB.
    Size1G = 30, "1048576";
    /// 16 GiB: aarch64 with pages of 64 KiB.
    Size16G = 34, "16777216";
}

impl HugePage {
    /// Bytes in such a page.
    ///
    /// # Errors
    /// For [`HugePage::Default`], `EINVAL` (the kernel has no huge pages) and those of opening /proc/meminfo.
    pub fn size(self) -> Result<usize> {
        self.shift().map_or_else(default_size, |shift| Ok(1 << shift))
    }

    /// How many such pages nobody uses yet; some of them may be promised to maps that have not touched them.
    ///
    /// ```
    /// use baremap::map::HugePage;
    ///
    /// println!("{:?} huge pages of 2 MiB are free", HugePage::Size2M.free());
    /// ```
    ///
    /// # Errors
    /// `ENOENT` (no such size here), those of [`HugePage::size`] and of reading the file.
    pub fn free(self) -> Result<usize> {
        let size = self.size()?;
        let path = HugePage::free_path(size).ok_or(Error::new(Operation::MapHuge, Errno::ENOENT))?;
        read_number(path)
    }

    /// The flags that ask mmap(2) for such pages.
    pub(super) fn flags(self) -> MapFlags {
        let size = self.shift().map_or(0, |shift| shift << MAP_HUGE_SHIFT);
        MapFlags::HUGETLB | MapFlags::from_bits_retain(size)
    }
}

/// Bytes in a transparent huge page, if the kernel makes any.
///
/// ```
/// if let Some(size) = baremap::map::transparent_huge_size() {
///     assert!(size.get().is_power_of_two() && size.get() > baremap::page::size());
/// }
/// ```
#[must_use]
pub fn transparent_huge_size() -> Option<NonZero<usize>> {
    let size = read_number(c"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").ok()?;
    NonZero::new(size).filter(|size| size.is_power_of_two())
}

/// From /proc/meminfo, the only place that has it: `Hugepagesize:       2048 kB`.
fn default_size() -> Result<usize> {
    let unknown = Error::new(Operation::MapHuge, Errno::EINVAL);
    let mut buffer = [0; 4096];
    let text = read(c"/proc/meminfo", &mut buffer)?;
    let line = text.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Hugepagesize:"));
    let kib = line.and_then(number).ok_or(unknown)?;
    kib.checked_mul(1024).filter(|size| size.is_power_of_two()).ok_or(unknown)
}

/// The number that a file of the kernel's holds.
fn read_number(path: &CStr) -> Result<usize> {
    let mut buffer = [0; 32];
    number(read(path, &mut buffer)?).ok_or(Error::new(Operation::Read, Errno::EINVAL))
}

/// A file of the kernel's, which it hands out in one piece.
fn read<'buffer>(path: &CStr, buffer: &'buffer mut [u8]) -> Result<&'buffer [u8]> {
    let len = File::open(path)?.read(buffer)?;
    Ok(&buffer[..len])
}

/// The first decimal number of a text, after spaces.
fn number(text: &[u8]) -> Option<usize> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    str::from_utf8(&text[..end]).ok()?.parse().ok()
}
