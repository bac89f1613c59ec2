//! What several tests, and the harness, use.

pub(crate) mod blocks;
pub(crate) mod child;
#[cfg(baremap_coverage)]
pub(crate) mod coverage;
pub(crate) mod engine;
pub(crate) mod env;
pub(crate) mod fds;
pub(crate) mod huge;
pub(crate) mod inject;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod name;
pub(crate) mod pointer;
pub(crate) mod proc;
pub(crate) mod raw;
pub(crate) mod resources;
pub(crate) mod rounds;
pub(crate) mod sandbox;
pub(crate) mod scratch;
pub(crate) mod seccomp;
pub(crate) mod small_tmpfs;
pub(crate) mod storm;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod timer;
pub(crate) mod timestamps;
pub(crate) mod trace;
pub(crate) mod twin;
pub(crate) mod user;
pub(crate) mod version;
