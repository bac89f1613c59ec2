//! Processors.

use crate::Errno;
use crate::arch::syscall::{syscall0, syscall3};
use sc::nr;

/// [sched_getaffinity(2)](https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html): how many processors this thread may
/// run on.
///
/// # Errors
/// `EINVAL` (more processors than 8,192 can be there).
#[inline(always)]
pub fn processors() -> Result<u32, Errno> {
    let mut mask = [0_u64; 128];
    let address = mask.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes at most as many bytes as the mask has.
    let written =
        Errno::check(unsafe { syscall3::<{ nr::SCHED_GETAFFINITY }>(0, size_of_val(&mask), address) })?;
    Ok(mask.iter().take(written.div_ceil(size_of::<u64>())).map(|bits| bits.count_ones()).sum())
}

/// [sched_yield(2)](https://man7.org/linux/man-pages/man2/sched_yield.2.html): lets others run that wait for this processor.
#[inline(always)]
pub fn sched_yield() {
    // SAFETY: it touches no memory of this process. It always succeeds.
    unsafe { syscall0::<{ nr::SCHED_YIELD }>() };
}
