//! The fuzz targets: each module has a `Plan`, which is made of any bytes, and `run`, which panics at what must not be.
//!
//! The programs in fuzz_targets hand them what libFuzzer comes up with: `cargo xtask fuzz`. A new target is a module here, a
//! program there and in Cargo.toml, and some inputs to begin with, in seeds. What once found something goes to
//! regressions, in a folder of the target's name: every run begins with it.
//!
//! The models are those of the tests of this machine (tests/host), where there is one.

pub mod arena;
pub mod copies;
pub mod durable;
pub mod env;
pub mod file_map;
pub mod heap;
pub mod maps;
pub mod names;
mod number;
pub mod regions;
pub mod rings;
pub mod shared_arena;
