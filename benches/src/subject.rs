//! What a program does of which only the allocator is another.
//!
//! `PROGRAM MEMORY TASK [ARGUMENT]…` prints the time in nanoseconds and the most memory that the task had, in KiB. MEMORY is
//! about as many bytes as the task touches, see [`memory`].

mod blocks;
mod clock;
mod growth;
mod memory;
mod users;

use std::alloc::{Layout, alloc, dealloc};
use std::env;

pub use blocks::Sizes;

/// Where blocks come from.
pub trait Heap: Sync {
    /// A block.
    fn alloc(&self, layout: Layout) -> *mut u8;

    /// Gives one back.
    ///
    /// # Safety
    /// As [`dealloc`].
    unsafe fn free(&self, block: *mut u8, layout: Layout);
}

/// The program's global allocator, called as every program calls it.
pub struct Global;

impl Heap for Global {
    #[inline]
    fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: no task wants an empty block.
        unsafe { alloc(layout) }
    }

    #[inline]
    unsafe fn free(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on to the caller.
        unsafe { dealloc(block, layout) }
    }
}

/// The program, with the global allocator that it has.
pub fn run() {
    let arguments = arguments();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let time = match arguments[..] {
        ["pair", sizes, threads] => blocks::pair(&Global, Sizes::parse(sizes), parse(threads)),
        ["alone", sizes] => blocks::alone(&Global, Sizes::parse(sizes)),
        ["stack", sizes, threads] => blocks::many(&Global, Sizes::parse(sizes), parse(threads), true),
        ["queue", sizes, threads] => blocks::many(&Global, Sizes::parse(sizes), parse(threads), false),
        ["warm", sizes, len, threads] => {
            blocks::warm(&Global, Sizes::parse(sizes), parse(len), parse(threads))
        }
        ["touch", sizes, len] => {
            blocks::touch(|layout| Global.alloc(layout), Sizes::parse(sizes), parse(len))
        }
        ["touch", sizes, len, threads] => {
            blocks::touch_by_threads(&Global, Sizes::parse(sizes), parse(len), parse(threads))
        }
        ["grow", from, to] => growth::grow(parse(from), parse(to), false),
        ["grow-and-write", from, to] => growth::grow(parse(from), parse(to), true),
        ["json", file] => users::json(file),
        ["tree", strings] => users::tree(parse(strings)),
        _ => panic!("there is no task {arguments:?}"),
    };
    report(time);
}

/// The program, with an arena: blocks only ever come.
pub fn run_arena(alloc: impl FnMut(Layout) -> *mut u8) {
    let arguments = arguments();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    report(match arguments[..] {
        ["touch", sizes, len] => blocks::touch(alloc, Sizes::parse(sizes), parse(len)),
        ["reach", sizes, len] => blocks::reach(alloc, Sizes::parse(sizes), parse(len)),
        _ => panic!("there is no task {arguments:?} for an arena"),
    });
}

/// What comes after MEMORY.
fn arguments() -> Vec<String> {
    let mut arguments = env::args().skip(1);
    memory::touch(arguments.next().as_deref().map_or(0, parse));
    arguments.collect()
}

fn parse(number: &str) -> usize {
    number.parse().unwrap_or_else(|error| panic!("{number:?} is no number: {error}"))
}

fn report(time: f64) {
    println!("{time} {}", memory::peak());
}
