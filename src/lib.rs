//! Memory maps on bare Linux system calls: no libc, no `std`, on x86_64 and aarch64.
//!
//! TODO
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate std;

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!("baremap makes the system calls of Linux on x86_64 and aarch64, and knows no other system");

pub mod arch;
mod errno;
mod error;
pub mod fd;
mod file;
pub mod map;
pub mod page;
mod print;
pub mod process;
#[cfg(feature = "start")]
pub mod rt;
pub mod shm;
pub mod sys;

pub use errno::Errno;
pub use error::{Error, Operation, Reason, Result};
pub use file::{File, write_all};
pub use map::{AnonMap, FileMap, MapOptions, SharedBytes, SharedMap};
