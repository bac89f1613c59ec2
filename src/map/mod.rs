//! Maps, and what may be borrowed from them.
//!
//! | map                        | made by                                      | lends                                  |
//! |----------------------------|----------------------------------------------|----------------------------------------|
//! | [`AnonMap`]                | [`AnonMap::new`]                             | `&[u8]`, `&mut [u8]`: nobody else has it |
//! | [`SharedMap`]              | [`SharedMap::new`]                           | [`SharedBytes`]: children have it too   |
//! | [`FileMap<ReadOnly>`]      | [`FileMap::read`]                            | [`SharedBytes`], for reading           |
//! | [`FileMap<ReadWrite>`]     | [`FileMap::write`]                           | [`SharedBytes`]; stores reach the file |
//! | [`FileMap<CopyOnWrite>`]   | [`FileMap::copy`]                            | [`SharedBytes`]; stores stay here      |
//!
//! [`MapOptions`] makes each of them with more to say: a part of a file, pages read in at once.
//!
//! Whoever may write to a file may change the bytes of a map of it at any moment, and a `&[u8]` whose bytes change is
//! undefined behaviour. So no safe function gives one; [`SharedBytes`] copies bytes in and out, lends atomics, and
//! gives pointers and `unsafe` slices to those who know better.
//!
//! A length of 0 is a map too: it takes no memory, and nothing is unmapped when it goes.
//!
//! A file that shrinks takes its pages away from its maps, and to touch them raises SIGBUS. The copies, loads and stores
//! of [`SharedBytes`] report that as an error, see [`fault`](crate::fault). Atomics, pointers and slices touch the pages
//! themselves: they are for memory that its user knows to stay.

mod anon;
mod bounds;
mod bytes;
mod file;
mod mapping;
mod options;
mod shared;

pub use anon::AnonMap;
pub use bytes::{Access, Atomic, Chunks, CopyOnWrite, Plain, ReadOnly, ReadWrite, SharedBytes, Writable};
pub use file::FileMap;
pub use options::MapOptions;
pub use shared::SharedMap;
