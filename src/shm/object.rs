//! Objects that hold a value of a known type.

use crate::Errno;
use crate::draft::Directory;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, BorrowedFd};
use crate::file::File;
use crate::map::{FileMap, ReadWrite, SharedBytes};
use crate::page;
use crate::share::{Shared, SharedMemory};
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use static_assertions::assert_impl_all;

use super::header::Header;
use super::name::{DIRECTORY, Name};
use super::{ObjectOptions, OwnedObject, usage};
use crate::sync::Engine;

/// A named object of shared memory that holds a `T`, and bytes after it if one wants.
///
/// ```text
///  create    file without a name ──▶ all its memory set aside ──▶ header, value ──▶ the name
///  open      file by its name ──▶ label, version, layout and size are right ──▶ mapped
/// ```
///
/// It is published whole: whoever opens it finds it finished, or not at all, whenever its maker is killed. It cannot run out of
/// memory, even if /dev/shm is full later on. An object that holds something else, by type or by size, is not opened.
///
/// ```
/// use baremap::shared;
/// use baremap::shm::{self, Object};
/// use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// shared! {
///     struct Counters {
///         hits: AtomicU32,
///         misses: AtomicU32,
///     }
/// }
///
/// # shm::unlink(b"baremap-example-of-object").ok();
/// let ours = Object::<Counters>::create(b"baremap-example-of-object", |counters| {
///     counters.misses.store(1, Relaxed);
///     Ok(())
/// })?;
/// // In another process:
/// let theirs = Object::<Counters>::open(b"baremap-example-of-object")?;
/// theirs.hits.fetch_add(2, Relaxed);
///
/// assert_eq!((ours.hits.load(Relaxed), ours.misses.load(Relaxed)), (2, 1));
/// // A program that thinks of something else does not get a wrong view.
/// assert!(Object::<AtomicU32>::open(b"baremap-example-of-object").is_err());
/// shm::unlink(b"baremap-example-of-object")?;
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Who uses it
/// Each `Object` holds a shared lock on its file (`F_OFD_SETLK`), which the kernel takes back however the process ends. So
/// objects that were left behind can be told from those in use: [`remove_unused`](super::remove_unused).
///
/// # Fork and drop
/// A child has the object, at the same address, and uses it too: it counts as used until both have dropped it or ended. To drop
/// it unmaps and closes it, and removes nothing; see [`OwnedObject`] for names that go with their makers.
///
/// # Other processes that are buggy or hostile
/// Whoever may write to the file may change every byte of it, also the header: that was checked when the object was opened, and
/// nothing relies on it afterwards. The value is [`Shared`], so that any bytes are a value.
///
/// A file that is shortened takes pages away: to touch the value there raises SIGBUS. [`Object::value_bytes`] and
/// [`Object::tail`] copy in and out, load and store with an error in its place, see [`fault`](crate::fault).
pub struct Object<T: Shared> {
    map: FileMap<ReadWrite>,
    /// Holds the lock.
    file: File,
    value: PhantomData<T>,
}

assert_impl_all!(Object<core::sync::atomic::AtomicU8>: Send, Sync);

impl<T: Shared> Object<T> {
    /// Makes an object of zeros, which the closure fills before anybody can find it. Its mode is 0600, less what the process's
    /// mask takes away. [`ObjectOptions`] makes one with another mode, or with bytes after the value.
    ///
    /// # Errors
    /// `EEXIST` (the name is taken, and what has it stays as it is), `ENOSPC` (there is not enough memory in /dev/shm), those of
    /// the closure, those of a name as for [`create_new`](super::create_new), `ENOMEM`, `EMFILE`, `ENFILE`. Nothing is left
    /// behind after one.
    pub fn create(name: &[u8], fill: impl FnOnce(&Self) -> Result<()>) -> Result<Self> {
        ObjectOptions::new().create(name, fill)
    }

    /// Makes an object whose name goes when it is dropped.
    ///
    /// ```
    /// use baremap::{Errno, shm::Object};
    /// use core::sync::atomic::AtomicU64;
    ///
    /// # baremap::shm::unlink(b"baremap-example-of-owned").ok();
    /// let object = Object::<AtomicU64>::create_owned(b"baremap-example-of-owned", |_| Ok(()))?;
    /// drop(object);
    /// let error = Object::<AtomicU64>::open(b"baremap-example-of-owned").unwrap_err();
    /// assert_eq!(error.errno(), Errno::ENOENT);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Object::create`].
    pub fn create_owned(name: &[u8], fill: impl FnOnce(&Self) -> Result<()>) -> Result<OwnedObject<T>> {
        ObjectOptions::new().create_owned(name, fill)
    }

    /// Opens an object.
    ///
    /// # Errors
    /// - `ENOENT` (not there), `EACCES` (another user's), `ELOOP` (a symbolic link), those of a name as for
    ///   [`create_new`](super::create_new), `ENOMEM`, `EMFILE`, `ENFILE`.
    /// - `EINVAL` with [`Reason::NoObject`], [`Reason::OtherVersion`], [`Reason::OtherLayout`] or [`Reason::WrongLength`]: it is
    ///   something else.
    /// - `EBUSY` (somebody has kept it locked for a second, as if to remove it).
    pub fn open(name: &[u8]) -> Result<Self> {
        ObjectOptions::new().open(name)
    }

    /// Opens an object, or makes it if it is not there. Of several processes that do, one makes it, and all have the same.
    /// The closure may be called more than once, if others make and remove the object meanwhile.
    ///
    /// # Errors
    /// Those of [`Object::open`] and [`Object::create`].
    pub fn open_or_create(name: &[u8], fill: impl FnMut(&Self) -> Result<()>) -> Result<Self> {
        ObjectOptions::new().open_or_create(name, fill)
    }

    /// Opens an object by a descriptor: one that came from another process (see [`fd::receive`](crate::fd::receive)), of
    /// a file in memory too.
    ///
    /// # Errors
    /// As [`Object::open`]; `EACCES` with [`Reason::NotWritable`](crate::Reason::NotWritable).
    pub fn from_file(file: File) -> Result<Self> {
        usage::begin(&file)?;
        Self::from_locked(file)
    }

    pub(super) fn from_locked(file: File) -> Result<Self> {
        let map = FileMap::write(&file)?;
        let facts = usage::facts(&file)?;
        facts.check_label()?;
        facts.check_layout::<T>()?;
        let len = map.len();
        if facts.size != len as u64 {
            let expected = usize::try_from(facts.size).unwrap_or(usize::MAX);
            return Err(refuse(Reason::WrongLength { len, expected }));
        }
        Self::of(map, file)
    }

    /// Makes an object; the name has to be free.
    pub(super) fn publish(
        name: &Name,
        options: &ObjectOptions,
        fill: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<Self> {
        Self::publish_if_free(name, options, fill)?.ok_or(Error::new(Operation::Shm, Errno::EEXIST))
    }

    /// Makes an object that has no name yet, and calls with it; then it gets its name, if that is free.
    pub(super) fn publish_if_free(
        name: &Name,
        options: &ObjectOptions,
        fill: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<Option<Self>> {
        let size =
            Self::TAIL.checked_add(options.tail.unwrap_or(0)).and_then(|size| u64::try_from(size).ok());
        let too_long = || refuse(Reason::TooLong { len: options.tail.unwrap_or(0) as u64 });
        let size = size.filter(|&size| isize::try_from(size).is_ok()).ok_or_else(too_long)?;
        let directory = Directory::open(DIRECTORY.to_bytes())?;
        let (file, draft) = directory.draft(options.mode)?;
        file.allocate(0, size)?;
        usage::begin(&file)?;
        let object = Self::of(FileMap::write(&file)?, file)?;
        object.header()?.write::<T>(size);
        fill(&object)?;
        let is_published = draft.publish(&object.file, name.in_directory())?;
        Ok(is_published.then_some(object))
    }

    fn of(map: FileMap<ReadWrite>, file: File) -> Result<Self> {
        if align_of::<T>() > page::size() {
            let reason = Reason::OverAligned { align: align_of::<T>(), most: page::size() };
            return Err(refuse(reason));
        }
        // All that comes after relies on it.
        if map.len() < Self::TAIL {
            return Err(refuse(Reason::NoObject));
        }
        Ok(Self { map, file, value: PhantomData })
    }

    /// Where the value lies.
    const VALUE: usize = size_of::<Header>().next_multiple_of(align_of::<T>());
    /// Where the bytes after it begin: at a cache line.
    const TAIL: usize = (Self::VALUE + size_of::<T>()).next_multiple_of(size_of::<Header>());

    fn header(&self) -> Result<&Header> {
        self.map.value(0)
    }

    /// All bytes, the header included: what an [`Offset`](crate::share::Offset) counts from.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &SharedBytes<ReadWrite> {
        &self.map
    }

    /// The bytes of the value, to be copied in and out with an error where a page is gone.
    #[must_use]
    pub fn value_bytes(&self) -> &SharedBytes<ReadWrite> {
        // SAFETY: in bounds, as was checked when the map was made.
        unsafe { self.map.part(Self::VALUE, size_of::<T>()) }
    }

    /// The bytes after the value, which begin at a multiple of 64: as many as [`ObjectOptions::tail`] said.
    #[must_use]
    pub fn tail(&self) -> &SharedBytes<ReadWrite> {
        // SAFETY: in bounds, as was checked when the map was made.
        unsafe { self.map.part(Self::TAIL, self.map.len() - Self::TAIL) }
    }

    /// How locks in this object are to learn that their owners were killed, as who made it has said; `None` if that is nothing
    /// that this version of the crate knows.
    ///
    /// # Errors
    /// Those of [`File::read_exact_at`] (the file was shortened).
    pub fn engine(&self) -> Result<Option<Engine>> {
        Ok(usage::facts(&self.file)?.engine())
    }

    /// What holds the lock.
    pub(super) const fn file(&self) -> &File {
        &self.file
    }
}

fn refuse(reason: Reason) -> Error {
    Error::because(Operation::Shm, Errno::EINVAL, reason)
}

impl<T: Shared> Deref for Object<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: in bounds, as was checked when the map was made, which begins at a page, and so aligned; every pattern of bits
        // is a T, and all of it may change while it is lent.
        unsafe { &*self.map.as_ptr().add(Self::VALUE).cast() }
    }
}

// SAFETY: its pages stay where they are until it is dropped.
unsafe impl<T: Shared> SharedMemory for Object<T> {
    #[inline(always)]
    fn bytes(&self) -> &SharedBytes<ReadWrite> {
        &self.map
    }
}

impl<T: Shared> AsFd for Object<T> {
    /// The object's file, to be handed on.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl<T: Shared> fmt::Debug for Object<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} bytes at {:p})", self.map.len(), self.map.as_ptr())
    }
}
