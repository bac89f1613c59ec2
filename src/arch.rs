//! Picks the folder of the architecture. Nothing else in the crate names one.
//!
//! Both folders hold the same files with the same functions in the same order; `diff -r arch/x86_64 arch/aarch64`
//! shows what differs between the machines and nothing else.

#[cfg(target_arch = "aarch64")]
#[path = "../arch/aarch64/mod.rs"]
mod imp;
#[cfg(target_arch = "x86_64")]
#[path = "../arch/x86_64/mod.rs"]
mod imp;

pub use imp::*;
