//! The allocators beside the standard library: against a model, out of memory, by many threads, over forks and signals.

mod adapted;
mod failure;
mod model;
mod pages;
mod scene;
mod storm;
mod watched;
mod worker;
