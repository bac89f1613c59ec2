//! What the program executes, in a build that counts it: `cargo xtask coverage`.

use baremap::rt::Env;
use baremap::sys::{Mode, OFlags};
use baremap::{File, FileMap};
use core::mem;

unsafe extern "C" {
    /// Added to the address of each counter.
    static mut __llvm_profile_counter_bias: isize;
    /// The counters that the program was linked with, which the linker names.
    static __start___llvm_prf_cnts: [u8; 0];
    static __stop___llvm_prf_cnts: [u8; 0];
}

/// Counts in the file that the environment names from now on, in children too.
pub(crate) fn begin(env: Env) -> baremap::Result<()> {
    let Some(path) = env.var("BAREMAP_COUNTERS") else { return Ok(()) };
    let (start, end) = (&raw const __start___llvm_prf_cnts, &raw const __stop___llvm_prf_cnts);
    // Not made empty: a test that starts this program again has the same file, and others count in it.
    let file = File::open_with(path, OFlags::RDWR | OFlags::CREATE, Mode::from_bits_retain(0o600))?;
    file.set_len((end.addr() - start.addr()) as u64)?;
    let map = FileMap::write(&file)?;
    let bias = map.as_ptr().addr().wrapping_sub(start.addr());
    // For as long as there are processes that count.
    mem::forget(map);
    // SAFETY: there is one thread, and the file has room for all counters.
    unsafe { (&raw mut __llvm_profile_counter_bias).write_volatile(bias as isize) };
    Ok(())
}
