//! Times of several ways to do one thing, measured in turn.
//!
//! A machine that others use as well is now fast and now slow. So the ways take turns in many short rounds, and the best
//! round of each counts: interruptions only ever add time. Median and spread say how the other rounds went.
//!
//! | module       | the ways                                                                    |
//! |--------------|-----------------------------------------------------------------------------|
//! | [`calls`]    | closures in this process                                                    |
//! | [`programs`] | programs of their own: each allocator is the global allocator of one        |
//! | [`subject`]  | what such a program does                                                    |

pub mod calls;
pub mod options;
pub mod programs;
pub mod subject;
pub mod table;

pub use calls::compare;
