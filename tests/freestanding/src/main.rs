//! The tests of `baremap` that run without a libc, in one program: on a kernel or under QEMU.
//!
//! `harness` is what libtest is elsewhere, `tests` are the tests, by the module of `baremap` that they are about, and
//! `support` is what several of them use.
#![no_std]
#![no_main]

mod harness;
mod support;
mod tests;

use baremap::alloc::AnonPages;
use baremap::rt::Env;

baremap::entry!(main);

// A crate that can allocate does not link without an allocator, though nothing that is used of it here allocates.
#[global_allocator]
static NO_HEAP: AnonPages = AnonPages::new().limit(0);

fn main(env: Env) -> u8 {
    #[cfg(baremap_coverage)]
    support::coverage::begin(env).expect("the counters can be mapped");
    support::env::set(env);
    if env.args().next() == Some(support::twin::NAME) {
        return support::twin::run(env);
    }
    harness::run(env.args(), tests::ALL, tests::self_test::TESTS)
}
