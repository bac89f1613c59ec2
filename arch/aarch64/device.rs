//! Barriers between accesses to a device, and between those and accesses to memory.
//!
//! | barrier         | how         | why                                                                        |
//! |-----------------|-------------|----------------------------------------------------------------------------|
//! | `read_barrier`  | `dmb oshld` | outer shareable: the domain that has the devices in it                      |
//! | `write_barrier` | `dmb oshst` | the same                                                                   |
//! | `barrier`       | `dmb osh`   | the same                                                                   |
//!
//! The loads and stores themselves are those of [`copy`](super::copy): one instruction each, without write-back, which a
//! hypervisor can emulate.

use core::arch::asm;

/// Loads before it are done before any access after it.
#[inline(always)]
pub fn read_barrier() {
    // SAFETY: orders, and changes nothing.
    unsafe { asm!("dmb oshld", options(nostack, preserves_flags)) };
}

/// Stores before it are seen before any store after it.
#[inline(always)]
pub fn write_barrier() {
    // SAFETY: orders, and changes nothing.
    unsafe { asm!("dmb oshst", options(nostack, preserves_flags)) };
}

/// Loads and stores before it are seen before any after it.
#[inline(always)]
pub fn barrier() {
    // SAFETY: orders, and changes nothing.
    unsafe { asm!("dmb osh", options(nostack, preserves_flags)) };
}
