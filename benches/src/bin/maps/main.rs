//! `maps LIBRARY TASK [ARGUMENT]…` prints what one map costs, made by one library in a process that has no other.
//!
//! | task                | nanoseconds of                                                                |
//! |---------------------|-------------------------------------------------------------------------------|
//! | `file PATH`         | a map of a whole file, and its end                                            |
//! | `touched-file PATH` | the same, with a load from every page                                         |
//! | `map COUNT`         | a map of 64 KiB of memory, beside so many others                              |
//! | `unmap COUNT`       | its end                                                                       |
//! | `fault COUNT`       | the first touch of one of its pages                                           |
//!
//! `maps LIBRARY memory COUNT` prints how many bytes the kernel takes for a map, found out by so many, and `maps LIBRARY structure
//! NAME` those of one of its structures.

mod libraries;
mod tasks;

use std::env;

use libraries::{Baremap, Libc, Library, Memmap2, MmapRs};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let [library, task, argument] = arguments[..] else { panic!("three arguments, not {arguments:?}") };
    let value = match library {
        "baremap" => run::<Baremap>(task, argument),
        "libc" => run::<Libc>(task, argument),
        "memmap2" => run::<Memmap2>(task, argument),
        "mmap-rs" => run::<MmapRs>(task, argument),
        _ => panic!("there is no library {library}"),
    };
    println!("{value}");
}

fn run<L: Library>(task: &str, argument: &str) -> f64 {
    let count = || argument.parse().unwrap_or_else(|error| panic!("{argument:?} is no number: {error}"));
    match task {
        "file" => tasks::file::<L>(argument, false),
        "touched-file" => tasks::file::<L>(argument, true),
        "map" => tasks::map::<L>(count()),
        "unmap" => tasks::unmap::<L>(count()),
        "fault" => tasks::fault::<L>(count()),
        "memory" => tasks::memory::<L>(count()),
        "structure" => tasks::structure(argument),
        _ => panic!("there is no task {task}"),
    }
}
