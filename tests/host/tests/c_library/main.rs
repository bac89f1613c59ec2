//! The library for C, as `cargo xtask capi` makes it: header and archive of one architecture.

mod archive;
mod header;
