//! The lock-free part of `Bump`, step by step. Its own source files are compiled here once more, on atomics between which
//! a model checker puts other threads, or a test a signal's handler.
//!
//! Blocks are addresses: nothing lies there.
#![expect(clippy::duplicate_mod, reason = "each way to go between the steps has atomics of its own")]

mod addresses;
mod interrupted;
mod threads;
