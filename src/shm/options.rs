//! How objects are made.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::file::OWNER_ONLY;
use crate::share::Shared;
use crate::sys::Mode;

use super::name::Name;
use super::{Object, OwnedObject, usage};

/// Makes and opens [`Object`]s with more to say.
///
/// ```
/// use baremap::shm::{self, ObjectOptions};
/// use baremap::sys::Mode;
/// use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
///
/// # shm::unlink(b"baremap-example-of-options").ok();
/// let mut options = ObjectOptions::new();
/// options.mode(Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP).tail(1000);
/// let object = options.create_owned::<AtomicU64>(b"baremap-example-of-options", |object| {
///     object.store(4, Relaxed);
///     object.tail().write_at(0, b"text")
/// })?;
/// assert_eq!((object.load(Relaxed), object.tail().len()), (4, 1000));
/// # Ok::<(), baremap::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ObjectOptions {
    pub(super) mode: Mode,
    pub(super) tail: Option<usize>,
}

impl Default for ObjectOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ObjectOptions {
    /// Mode 0600, and no bytes after the value.
    #[must_use]
    pub const fn new() -> Self {
        Self { mode: OWNER_ONLY, tail: None }
    }

    /// Who may open the object that is made; the process's mask takes some away. Who opens it always reads and writes.
    pub const fn mode(&mut self, mode: Mode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// So many bytes after the value, zeros at first. An object that is opened has to have as many; unless this is called, it
    /// may have any number.
    pub const fn tail(&mut self, len: usize) -> &mut Self {
        self.tail = Some(len);
        self
    }

    /// See [`Object::create`].
    ///
    /// # Errors
    /// As [`Object::create`]; `EINVAL` with [`Reason::TooLong`].
    pub fn create<T: Shared>(
        &self,
        name: &[u8],
        fill: impl FnOnce(&Object<T>) -> Result<()>,
    ) -> Result<Object<T>> {
        Object::publish(&Name::new(name)?, self, fill)
    }

    /// See [`Object::create_owned`].
    ///
    /// # Errors
    /// As [`ObjectOptions::create`].
    pub fn create_owned<T: Shared>(
        &self,
        name: &[u8],
        fill: impl FnOnce(&Object<T>) -> Result<()>,
    ) -> Result<OwnedObject<T>> {
        OwnedObject::publish(Name::new(name)?, self, fill)
    }

    /// See [`Object::open`].
    ///
    /// # Errors
    /// As [`Object::open`]; `EINVAL` with [`Reason::WrongLength`] (another number of bytes after the value).
    pub fn open<T: Shared>(&self, name: &[u8]) -> Result<Object<T>> {
        self.open_named(&Name::new(name)?)
    }

    /// See [`Object::open_or_create`].
    ///
    /// # Errors
    /// Those of [`ObjectOptions::open`] and [`ObjectOptions::create`].
    pub fn open_or_create<T: Shared>(
        &self,
        name: &[u8],
        mut fill: impl FnMut(&Object<T>) -> Result<()>,
    ) -> Result<Object<T>> {
        let name = Name::new(name)?;
        loop {
            match self.open_named(&name) {
                Err(error) if error.errno() == Errno::ENOENT => {}
                result => return result,
            }
            // Another process may be faster.
            if let Some(object) = Object::publish_if_free(&name, self, &mut fill)? {
                return Ok(object);
            }
        }
    }

    fn open_named<T: Shared>(&self, name: &Name) -> Result<Object<T>> {
        let object = Object::<T>::from_locked(usage::open(name)?)?;
        match self.tail {
            Some(expected) if object.tail().len() != expected => {
                let reason = Reason::WrongLength { len: object.tail().len(), expected };
                Err(Error::because(Operation::Shm, Errno::EINVAL, reason))
            }
            _ => Ok(object),
        }
    }
}
