//! Memory maps on bare Linux system calls: no libc, no `std`, on x86_64 and aarch64.
//!
//! ```
//! use baremap::{AnonMap, File, FileMap};
//!
//! let file = File::unnamed()?;
//! file.set_len(40)?;
//! let map = FileMap::write(&file)?;
//! map.write_at(0, b"stores reach the file")?;
//! map.flush()?;
//!
//! let mut page = AnonMap::new(1 << 20)?;
//! page[..4].copy_from_slice(b"mine");
//! # Ok::<(), baremap::Error>(())
//! ```
//!
//! # Layers
//!
//! Each uses only those above it:
//!
//! | module                   | what                                                                       |
//! |--------------------------|----------------------------------------------------------------------------|
//! | [`arch`]                 | all assembly: system calls, start, signal return, copies, memory functions |
//! | [`sys`]                  | one function per system call, typed, nothing more                          |
//! | [`Error`], [`fd`], [`File`], [`page`] | what maps are made of                                         |
//! | [`fault`]                | copies that end with an error where a page has gone away                   |
//! | [`map`]                  | maps, and what may be borrowed from them                                   |
//! | [`replace_file`], [`Caps`] | files that are replaced whole; what this kernel really does              |
//! | [`process`], [`shm`]     | children, programs; named objects, published whole and found when left behind |
//! | [`share`]                | values that several processes use at once, and how they find each other     |
//! | [`sync`]                 | locks, semaphores, barriers and events, across processes too               |
//! | [`channel`]              | rings of messages and bytes between two processes                           |
//! | [`alloc`]                | page sources, allocators and arenas on them, in shared memory too          |
//! | [`rt`]                   | around `main`: entry point, arguments, printing, panics                    |
//!
//! # What is sound
//!
//! No safe function gives `&[u8]` over bytes that another process can change: that would be undefined behaviour.
//! Private anonymous memory ([`AnonMap`]) and files that nobody can change ([`SealedMap`]) are slices. Maps of files and shared maps lend [`SharedBytes`], which copies
//! in and out and lends atomics; pointers and `unsafe` slices are there for those who know more. The table in [`map`]
//! says which is which.
//!
//! The copies are assembly, so that the compiler neither doubles nor leaves out an access to bytes that change, and the
//! atomics are the processor's own. What two processes do to one map at once is defined by the architecture, not by
//! Rust. One thing is neither checked nor promised: Rust's memory model knows no atomics of different sizes on the same
//! bytes at the same time ([`core::sync::atomic`] says so), and [`SharedBytes::atomic`] lends what it is asked for. Use one
//! size for a place, as one does in C.
//!
//! No copy, load or store of a page that is gone raises a signal; see [`fault`]. Atomics and `unsafe` slices touch the page
//! themselves.
//!
//! # Signals
//!
//! What a signal interrupts is made again: no function reports `EINTR` but those of [`sys`].
//!
//! # Features
//!
//! Nothing is on by default: the crate then links beside a libc, origin or any other runtime.
//!
//! | feature         | what                                                                                |
//! |-----------------|-------------------------------------------------------------------------------------|
//! | `rt`            | all that a program without a libc needs: the next three                             |
//! | `start`         | [`entry!`], [`print!`] and their kin                                                |
//! | `panic-handler` | prints a panic, exits with 101; without effect beside `std`                         |
//! | `mem`           | `memcpy`, `memmove`, `memset`, `memcmp`, `bcmp`, weak; without effect beside `std`   |
//! | `relocate`      | static position-independent programs; without it the linker refuses them            |
//! | `std`           | the standard library's descriptors, `From` into [`std::io::Error`]                  |
//! | `bytemuck`      | loads and stores of every `bytemuck::Pod`, not only of numbers                      |
//! | `talc`, `dlmalloc` | pages for these allocators: [`alloc::adapt`]                                     |
//! | `allocator-api2`, `allocator-api2-02` | `Allocator` for collections, of 0.4 and of 0.2: [`alloc::adapt`] |
//! | `alloc-debug`   | `alloc::Checked`, which finds out who writes past the ends of a block               |
//!
//! # Kernels
//!
//! Linux 4.11 or later (`statx`) of any page size, and QEMU's user mode. Calls that are younger say so in their
//! documentation and are needed by nothing else; [`Caps`] finds out what is there.
//!
//! # Programs without a libc
//!
//! They take `panic = "abort"`, a target named by `--target`, and link flags; the README shows a whole project.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate std;

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    target_endian = "little",
)))]
compile_error!(
    "baremap makes the system calls of Linux on 64-bit, little-endian x86_64 and aarch64; it knows no other system"
);

pub mod alloc;
pub mod arch;
mod caps;
pub mod channel;
mod draft;
mod errno;
mod error;
pub mod fault;
pub mod fd;
mod file;
#[cfg(baremap_inject)]
#[doc(hidden)]
pub mod inject;
pub mod map;
pub mod page;
mod print;
pub mod process;
mod replace;
#[cfg(feature = "start")]
pub mod rt;
pub mod share;
pub mod shm;
pub mod sync;
pub mod sys;
mod text;

pub use caps::Caps;
pub use errno::Errno;
pub use error::{Error, Operation, Reason, Result};
pub use file::{File, write_all};
pub use map::{
    AnonMap, CodeMap, DeviceMap, DurableCell, FileMap, MapOptions, SealedMap, SecretMap, SharedBytes,
    SharedMap,
};
pub use replace::replace_file;
