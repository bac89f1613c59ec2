//! Objects that go with who made them.

use crate::error::{Operation, Result};
use crate::file::again;
use crate::share::Shared;
use crate::sys::{self, Pid, Statx};
use core::fmt;
use core::mem;
use core::ops::Deref;

use super::name::Name;
use super::{Object, ObjectOptions, usage};

/// An object whose name goes when this is dropped; see [`Object::create_owned`].
///
/// Who has the object open then keeps it, and its memory goes with the last of them. A process that was forked off has a copy
/// of this, and to drop that copy removes nothing: only the process that made the object does, whichever of its threads. Nor
/// is a name removed that leads to another object by now.
///
/// A process that is killed removes nothing: [`remove_unused`](super::remove_unused) does it afterwards.
pub struct OwnedObject<T: Shared> {
    /// The first to be dropped.
    name: OwnedName,
    object: Object<T>,
}

impl<T: Shared> OwnedObject<T> {
    pub(super) fn publish(
        name: Name,
        options: &ObjectOptions,
        fill: impl FnOnce(&Object<T>) -> Result<()>,
    ) -> Result<Self> {
        // Once the name is there, nothing can fail any more.
        let mut file = None;
        let object = Object::publish(&name, options, |object: &Object<T>| {
            fill(object)?;
            file = Some(object.file().stat()?);
            Ok(())
        })?;
        Ok(Self { name: OwnedName { name, file, owner: sys::getpid() }, object })
    }

    /// The object's name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.name.name.bytes()
    }

    /// Gives the name up: it stays.
    #[must_use]
    pub fn keep(self) -> Object<T> {
        mem::forget(self.name);
        self.object
    }
}

impl<T: Shared> Deref for OwnedObject<T> {
    type Target = Object<T>;

    #[inline(always)]
    fn deref(&self) -> &Object<T> {
        &self.object
    }
}

impl<T: Shared> fmt::Debug for OwnedObject<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnedObject({}, {:?})", self.name().escape_ascii(), self.object)
    }
}

/// A name, removed on drop.
struct OwnedName {
    name: Name,
    /// What it was given to, which is known.
    file: Option<Statx>,
    /// The process that did.
    owner: Pid,
}

impl Drop for OwnedName {
    fn drop(&mut self) {
        let Some(file) = self.file.filter(|_| sys::getpid() == self.owner) else { return };
        if usage::leads_to(&self.name, &file) == Ok(true) {
            // Nobody is there to be told.
            let _ = again(Operation::Unlink, || sys::unlink(self.name.path()));
        }
    }
}
