//! One way to do something, and what it is to us.

use serde::{Deserialize, Serialize};

/// Whose a way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// This crate's: it is to be ahead of the best peer, or its table says why not.
    Ours,
    /// What people take in its place.
    Peer,
    /// What neither can do better: memory's own speed, a bare atomic.
    Bound,
}

/// A way: its name in the table, and what to run.
#[derive(Clone, Copy)]
pub struct Way<'a, W> {
    pub(crate) name: &'a str,
    pub(crate) role: Role,
    pub(crate) against: Option<&'a str>,
    /// What is run.
    pub work: W,
}

/// A closure that does it once.
pub type Call<'a> = Way<'a, &'a mut dyn FnMut()>;
/// A closure that does a round of it and returns the nanoseconds, or whatever the table's unit is, of one.
pub type Round<'a> = Way<'a, &'a mut dyn FnMut() -> f64>;
/// A program and the first of its arguments; it prints the nanoseconds of one and, if it likes, its peak memory in KiB.
pub type Program<'a> = Way<'a, &'a [&'a str]>;
/// A value that is known: bytes, instructions.
pub type Value<'a> = Way<'a, f64>;

/// One of this crate's ways.
pub const fn ours<W>(name: &str, work: W) -> Way<'_, W> {
    Way { name, role: Role::Ours, against: None, work }
}

/// One of this crate's that stands beside another row than the best peer: where a table has rows that do different things.
pub const fn ours_against<'a, W>(name: &'a str, row: &'a str, work: W) -> Way<'a, W> {
    Way { name, role: Role::Ours, against: Some(row), work }
}

/// One of others.
pub const fn peer<W>(name: &str, work: W) -> Way<'_, W> {
    Way { name, role: Role::Peer, against: None, work }
}

/// One that cannot be bettered.
pub const fn bound<W>(name: &str, work: W) -> Way<'_, W> {
    Way { name, role: Role::Bound, against: None, work }
}

impl<'a, W> Way<'a, W> {
    /// Its name.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The same way, by another work.
    pub fn with<X>(&self, work: X) -> Way<'a, X> {
        Way { name: self.name, role: self.role, against: self.against, work }
    }
}
