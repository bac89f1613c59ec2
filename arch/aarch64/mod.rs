//! aarch64: all the assembly that the crate has for it.

pub mod cache;
pub mod code;
pub mod copy;
pub mod device;
#[cfg(all(feature = "mem", not(feature = "std")))]
mod mem;
pub mod process;
#[cfg(feature = "relocate")]
pub mod relocate;
pub mod signal;
#[cfg(feature = "start")]
pub mod start;
pub mod symbol;
pub mod syscall;
pub mod thread;
