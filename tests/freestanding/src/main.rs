//! The tests of `baremap` that run without a libc, in one program: on a kernel or under QEMU.
//!
//! `harness` is what libtest is elsewhere, `tests` are the tests, by the module of `baremap` that they are about, and
//! `support` is what several of them use.
#![no_std]
#![no_main]

mod harness;
mod support;
mod tests;

use baremap::rt::Env;
use support::no_heap::NoHeap;

baremap::entry!(main);

#[global_allocator]
static HEAP: NoHeap = NoHeap;

fn main(env: Env) -> u8 {
    support::env::set(env);
    harness::run(env.args(), tests::ALL, tests::self_test::TESTS)
}
