//! Several ways to do one thing, measured in turn.
//!
//! A machine that others use as well is now fast and now slow. So the ways take turns, A B A B, in many short rounds, and the best
//! round of each counts: interruptions only ever add time. Median and spread say how the other rounds went, and ratios to the
//! first row stand before everything else.
//!
//! # A benchmark
//!
//! A program in `benches/` is an [`Area`] of [tables](table::Table), or a part of one. `cargo xtask bench` runs the areas; `cargo bench -p
//! baremap-benches --bench NAME -- [--quick] [--json FILE] [FILTER]` runs one program, of which FILTER leaves the tables with
//! that in their titles.
//!
//! ```no_run
//! use baremap_benches::{Area, Target, bound, ours, peer};
//!
//! let mut area = Area::start("sharing", "sync", "Locks that nobody else wants.");
//! let (mutex, theirs) = (std::sync::Mutex::new(0), std::sync::Mutex::new(0));
//! if let Some(table) = area.table("lock and unlock") {
//!     table
//!         .targets(&[Target::new("Mutex", "std", 1.0)])
//!         .why("Mutex", "it tells the next owner of a death, which takes two stores more")
//!         .calls(1, &mut [
//!             ours("Mutex", &mut || *mutex.lock().unwrap() += 1),
//!             peer("std", &mut || *theirs.lock().unwrap() += 1),
//!             bound("nothing", &mut || ()),
//!         ]);
//! }
//! ```
//!
//! | what a way is                                   | measured by                                          |
//! |-------------------------------------------------|------------------------------------------------------|
//! | a closure that does it once (or `things` times) | [`Table::calls`](table::Table::calls)                |
//! | a closure that times a round itself             | [`Table::rounds`](table::Table::rounds)              |
//! | a program that prints `VALUE [PEAK_KIB]`        | [`Table::programs`](table::Table::programs)          |
//! | a value that is known                           | [`Table::values`](table::Table::values)              |
//!
//! Ways are [`ours`], a [`peer`]'s or a [`bound`] that neither can better. Less is better of every unit: rates are shown beside the
//! time where the table knows the [`bytes`](table::Table::bytes). A row of ours that misses a [`Target`] or is behind the best peer
//! (or behind the row that it stands [against](ours_against)) says so, with the reason that the table gives by
//! [`why`](table::Table::why). What cannot be measured on this machine is [`missing`](table::Table::missing), with its reason, and
//! not left out.
//!
//! `--quick` is for all areas together in two minutes: ask [`Area::either`] for rounds, and leave the largest sizes out.
//!
//! # Modules
//!
//! | module                        | what                                                                |
//! |-------------------------------|---------------------------------------------------------------------|
//! | [`area`], [`table`], [`way`], [`target`] | what a benchmark is made of                              |
//! | [`record`], [`machine`]       | what it writes down, which `report` reads                           |
//! | [`subject`]                   | what a program does whose allocator is measured                     |
//! | [`memory`]                    | how much of it may be taken                                         |
//! | [`stubs`], [`machine_code`]   | system calls by several libraries, and their instructions           |
//! | [`trace`]                     | what a program asks of the kernel                                   |

pub mod area;
mod calls;
pub mod machine;
pub mod machine_code;
pub mod memory;
pub mod options;
mod programs;
pub mod record;
mod statistics;
pub mod stubs;
pub mod subject;
pub mod table;
pub mod target;
pub mod trace;
pub mod way;

pub use area::Area;
pub use record::{EQUAL, Unit};
pub use target::Target;
pub use way::{Way, bound, ours, ours_against, peer};
