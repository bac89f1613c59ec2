//! Random bytes.

use crate::Errno;
use crate::arch::syscall::syscall3;
use bitflags::bitflags;
use linux_raw_sys::general as raw;
use sc::nr;

bitflags! {
    /// Where [`getrandom`] takes its bytes from, and whether it waits.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct GetRandomFlags: u32 {
        /// `EAGAIN` in place of waiting.
        const NONBLOCK = raw::GRND_NONBLOCK;
        /// From the pool of /dev/random.
        const RANDOM = raw::GRND_RANDOM;
        /// Even before the pool is ready (Linux 5.6).
        const INSECURE = raw::GRND_INSECURE;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

/// [getrandom(2)](https://man7.org/linux/man-pages/man2/getrandom.2.html): fills a buffer with random bytes and
/// returns how many there are; up to 256 are never cut short once the pool is ready.
///
/// # Errors
/// `EAGAIN`, `EINTR`, `EINVAL` (flags).
#[inline(always)]
pub fn getrandom(buffer: &mut [u8], flags: GetRandomFlags) -> Result<usize, Errno> {
    let (address, len) = (buffer.as_mut_ptr().expose_provenance(), buffer.len());
    // SAFETY: the kernel writes within the slice.
    Errno::check(unsafe { syscall3::<{ nr::GETRANDOM }>(address, len, flags.bits() as usize) })
}
