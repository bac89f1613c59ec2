//! baremap for C: `libbaremap.a` and `baremap.h`, which `cargo xtask capi` makes of this package.
//!
//! Two faces. The functions that begin by `bm_` return what they make or `-errno`, and touch no global state. The POSIX
//! names ([`posix`], a feature) behave as POSIX says, `errno` included. `_start` and what a program without a libc needs
//! besides is [`start`], a feature too.
//!
//! | file                                   | what C calls                                                      |
//! |----------------------------------------|-------------------------------------------------------------------|
//! | `memory`, `file`, `stat`, `process`, `socket`, `signal`, `time` | system calls, a function each            |
//! | `fault`, `map`                         | copies that bear a file that shrinks; maps                         |
//! | `sealed`, `shm`                        | files that nobody changes; named objects                           |
//! | `mutex`, `event`, `semaphore`, `ring`  | what processes wait by, and send by                                |
//! | `bump`, `arena`                        | allocators                                                         |
//! | `constants`, `text`, `print`           | the kernel's numbers; errors as text; a few lines of output        |
//! | `posix`, `start`                       | a libc's names                                                     |
//!
//! `answer`, `pointer`, `descriptor`, `storage`, `layout`, `source` and `abort` are what they share.
//!
//! # One object file per function
//!
//! A linker takes object files out of an archive, not functions. A program that links a libc as well is to get ours for the
//! names that it asks for and for no other, so each function has a module of its own: with as many codegen units as
//! there are modules (`profile.capi` in the workspace's Cargo.toml), rustc makes an object file of each. A test reads the
//! archive and holds it to that.
//!
//! # Nothing of its own
//!
//! What a function refuses, and how, is the crate's: it is called with what C gave, and its error is turned into a number.
//! In here are only what C lacks: null pointers, sizes of opaque storage, negative numbers for errors.
#![no_std]
// cbindgen takes functions that say `pub`, in whatever module; for C all of them are, and for Rust none.
#![allow(unreachable_pub, reason = "what C sees is public by its symbol")]

#[cfg(any(feature = "archive", feature = "posix", feature = "start"))]
mod abort;
mod answer;
mod arena;
mod bump;
mod constants;
mod descriptor;
mod event;
mod fault;
mod file;
mod layout;
mod map;
mod memory;
mod mutex;
#[cfg(feature = "archive")]
mod panic;
mod pointer;
#[cfg(feature = "posix")]
pub mod posix;
#[cfg(feature = "start")]
mod print;
mod process;
mod ring;
mod sealed;
mod semaphore;
mod shm;
mod signal;
mod socket;
mod source;
#[cfg(feature = "start")]
pub mod start;
mod stat;
mod storage;
mod text;
mod time;
