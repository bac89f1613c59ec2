//! What this process holds, exactly: which descriptors and which maps.

use baremap::arch::syscall::syscall3;
use baremap::fd::{AsFd, AsRawFd};
use baremap::map::{self, Region};
use baremap::page;
use baremap::sys::{self, Mode, OFlags};
use core::fmt;
use core::mem::offset_of;
use core::ptr;
use linux_raw_sys::general::{__NR_getdents64, linux_dirent64};

use super::{memory, raw};

/// The descriptors and maps of a process, but for its stack, which grows by itself, and for what the crate keeps for good
/// once it has copied by the kernel (see `fault/kernel.rs`).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Resources {
    /// A bit for each number.
    descriptors: [u64; LIMIT / 64],
    maps: Maps,
}

/// Descriptors from here on are the crate's.
const LIMIT: usize = 960;

/// Where the crate's room begins in its file.
const ROOM: u64 = 1 << 44;

/// Whether this may be QEMU's user mode, for which the build with the hook is. It lists memory of its own among the maps, and
/// addresses that were unmapped.
pub(crate) const WITH_QEMU_S_OWN: bool = cfg!(baremap_inject);

/// What something leaves behind: what there was before, and after.
pub(crate) fn leak(mut run: impl FnMut()) -> Option<(Resources, Resources)> {
    // QEMU takes more memory now and then, but not each time.
    let attempts = if WITH_QEMU_S_OWN { 3 } else { 1 };
    let mut leak = None;
    for _ in 0..attempts {
        let before = Resources::now();
        run();
        let after = Resources::now();
        if before == after {
            return None;
        }
        leak = Some((before, after));
    }
    leak
}

impl Resources {
    fn now() -> Self {
        Self { descriptors: descriptors(), maps: Maps::now() }
    }
}

fn descriptors() -> [u64; LIMIT / 64] {
    let mut found = [0; LIMIT / 64];
    let directory = sys::open(c"/proc/self/fd", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let directory = directory.expect("/proc is mounted, and a descriptor is left");
    let own = directory.as_fd().as_raw_fd() as usize;
    let mut buffer = [0_u64; 256];
    loop {
        let (address, len) = (buffer.as_mut_ptr().expose_provenance(), size_of_val(&buffer));
        // SAFETY: the kernel writes within the buffer.
        let result = unsafe { syscall3::<{ __NR_getdents64 as usize }>(own, address, len) };
        let len = raw::value(result).expect("it is a directory");
        if len == 0 {
            return found;
        }
        // SAFETY: numbers are bytes.
        let bytes = unsafe { core::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), len) };
        let mut entries = bytes;
        while !entries.is_empty() {
            let at = offset_of!(linux_dirent64, d_reclen);
            let len = u16::from_ne_bytes([entries[at], entries[at + 1]]) as usize;
            let (entry, rest) = entries.split_at(len);
            let name = entry[offset_of!(linux_dirent64, d_name)..].split(|&byte| byte == 0).next();
            let number = str::from_utf8(name.unwrap_or_default()).ok().and_then(|name| name.parse().ok());
            if let Some(number) = number.filter(|&number: &usize| number < LIMIT && number != own) {
                found[number / 64] |= 1 << (number % 64);
            }
            entries = rest;
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Maps {
    bytes: usize,
    /// Of what the maps are, where nobody else's are among them.
    checksum: u64,
}

impl Maps {
    fn now() -> Self {
        let mut maps = Self { bytes: 0, checksum: 0 };
        let mut regions = map::regions().expect("/proc is mounted");
        while let Some(region) = regions.next().expect("a line of the kernel's") {
            let start = ptr::without_provenance::<u8>(region.range().start);
            let is_gone =
                WITH_QEMU_S_OWN && !(start.addr().is_multiple_of(page::size()) && memory::is_mapped(start));
            if region.path() != b"[stack]" && region.offset() & ROOM == 0 && !is_gone {
                maps.bytes += region.range().len();
                if !WITH_QEMU_S_OWN {
                    maps.checksum = maps.checksum.rotate_left(1) ^ checksum(&region);
                }
            }
        }
        maps
    }
}

/// FNV-1a of what a region is.
fn checksum(region: &Region<'_>) -> u64 {
    let numbers = [region.range().start, region.range().end, region.protection().bits() as usize];
    let bytes = numbers.iter().flat_map(|number| number.to_ne_bytes()).chain(region.path().iter().copied());
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("descriptors")?;
        for number in (0..LIMIT).filter(|number| self.descriptors[number / 64] >> (number % 64) & 1 != 0) {
            write!(f, " {number}")?;
        }
        write!(f, ", {} bytes of maps ({:016x})", self.maps.bytes, self.maps.checksum)
    }
}
