//! Barriers between accesses to a device, and between those and accesses to memory.
//!
//! | barrier         | how         | why                                                                        |
//! |-----------------|-------------|----------------------------------------------------------------------------|
//! | `read_barrier`  | `lfence`    | where stores are combined, as in a framebuffer, loads run ahead             |
//! | `write_barrier` | `sfence`    | there stores wait to be combined; elsewhere they are in order               |
//! | `barrier`       | `mfence`    | both, and a load does not overtake a store to memory                        |
//!
//! The loads and stores themselves are those of [`copy`](super::copy): one instruction each, without write-back, which a
//! hypervisor can emulate.

use core::arch::asm;

/// Loads before it are done before any access after it.
#[inline(always)]
pub fn read_barrier() {
    // SAFETY: orders, and changes nothing.
    unsafe { asm!("lfence", options(nostack, preserves_flags)) };
}

/// Stores before it are seen before any store after it.
#[inline(always)]
pub fn write_barrier() {
    // SAFETY: orders, and changes nothing.
    unsafe { asm!("sfence", options(nostack, preserves_flags)) };
}

/// Loads and stores before it are seen before any after it.
#[inline(always)]
pub fn barrier() {
    // SAFETY: orders, and changes nothing.
    unsafe { asm!("mfence", options(nostack, preserves_flags)) };
}
