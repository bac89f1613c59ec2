//! Named objects of shared memory: files in /dev/shm, as [shm_open(3)] has them, and better.
//!
//! | what                                            | for                                                                   |
//! |-------------------------------------------------|-----------------------------------------------------------------------|
//! | [`Object`], [`OwnedObject`], [`ObjectOptions`]  | a value of a known type, published whole, whose users are known       |
//! | [`create_new`], [`open`], [`create_or_open`], [`open_with`] | bare files: any bytes, as other programs have them        |
//! | [`unlink`], [`list`]                            | names, of both kinds                                                  |
//! | [`remove_unused`], [`remove_all_unused`]        | objects that killed processes have left behind                        |
//!
//! A name is one of a file: 1 to 255 bytes, neither `.` nor `..`, without `/` and null. The slash that shm_open(3) wants before a
//! name is left out: its "/name" is `name` here. A symbolic link is never followed.
//!
//! What goes without a name is a file in memory: [`File::unnamed`], or [`SealedMap`](crate::SealedMap) if nobody is to change
//! it. Its descriptor is handed on over fork, by a UNIX socket ([`fd::send`](crate::fd::send)) or by /proc
//! ([`File::open_of`]).
//!
//! [shm_open(3)]: https://man7.org/linux/man-pages/man3/shm_open.3.html
//!
//! # What is promised, and the test of it
//!
//! The tests are in tests/freestanding, by these names (`cargo xtask test NAME` runs one everywhere).
//!
//! | promise | test |
//! |---------|------|
//! | all or nothing is there, whenever the maker is killed | `shm_object::killed_at_any_moment_leaves_all_or_nothing` |
//! | of two makers one makes it | `shm_object::of_many_that_make_an_object_one_does` |
//! | whoever opens or creates, all have the same | `shm_object::many_that_open_or_create_have_the_same` |
//! | what is something else is not opened | `shm_object::what_is_something_else_is_refused`, `shm_object::hostile_headers_give_no_wrong_view` |
//! | a full /dev/shm is an error at creation, and no matter later | `shm_object::without_room_nothing_is_made`, `shm_object::a_full_file_system_does_not_matter_later` |
//! | a file that is shortened is an error to copies | `shm_object::a_shortened_object_is_an_error_to_copies` |
//! | a forked child removes no name | `shm_object::a_child_removes_no_name` |
//! | what is in use is not removed, and what was removed not opened | `shm_object::what_is_opened_between_any_two_steps_of_a_removal_stays`, `shm_object::what_is_removed_between_any_two_steps_of_an_opening_is_not_opened` |
//! | the objects of killed processes are found | `shm_object::what_a_killed_process_leaves_is_found` |

mod header;
mod list;
mod name;
mod object;
mod options;
mod owned;
mod usage;

use crate::Errno;
use crate::error::{Operation, Result};
use crate::file::{File, OWNER_ONLY, again};
use crate::sys::{self, Mode, OFlags};

use name::Name;

pub use list::{List, list};
pub use name::NAME_MAX;
pub use object::Object;
pub use options::ObjectOptions;
pub use owned::OwnedObject;
pub use usage::{remove_all_unused, remove_unused};

/// Makes a file, empty, for reading and writing, with mode 0600; it must not be there yet.
///
/// ```
/// use baremap::{Errno, FileMap, shm};
///
/// # shm::unlink(b"baremap-example").ok();
/// let object = shm::create_new(b"baremap-example")?;
/// object.allocate(0, 100)?;
/// FileMap::write(&object)?.write_at(0, b"for anybody who knows the name")?;
/// assert_eq!(shm::create_new(b"baremap-example").unwrap_err().errno(), Errno::EEXIST);
/// shm::unlink(b"baremap-example")?;
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// `EEXIST` (it is there), `EINVAL` (the name is empty or has a slash), `ENAMETOOLONG` and others of [`sys::open`].
pub fn create_new(name: &[u8]) -> Result<File> {
    open_with(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, OWNER_ONLY)
}

/// Opens a file for reading and writing; a symbolic link is not followed.
///
/// # Errors
/// `ENOENT` (not there), `EACCES`, `ELOOP` (a symbolic link), those of a name as for [`create_new`], and others of
/// [`sys::open`].
pub fn open(name: &[u8]) -> Result<File> {
    open_with(name, OFlags::RDWR, Mode::empty())
}

/// Opens a file for reading and writing, or makes it, empty, with mode 0600, if it is not there. Of several processes that do,
/// one makes it, and all have the same: who has it first, they cannot tell. [`Object::open_or_create`] makes it whole.
///
/// ```
/// use baremap::shm;
///
/// # shm::unlink(b"baremap-example-of-both").ok();
/// let (one, other) = (shm::create_or_open(b"baremap-example-of-both")?, shm::create_or_open(b"baremap-example-of-both")?);
/// assert_eq!(one.stat()?.inode(), other.stat()?.inode());
/// shm::unlink(b"baremap-example-of-both")?;
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// As [`open`] but `ENOENT`, and as [`create_new`] but `EEXIST`.
pub fn create_or_open(name: &[u8]) -> Result<File> {
    // Not by one call: what is another user's, the kernel may not open for one who would have made it (fs.protected_regular).
    loop {
        match open(name) {
            Err(error) if error.errno() == Errno::ENOENT => {}
            result => return result,
        }
        match create_new(name) {
            Err(error) if error.errno() == Errno::EEXIST => {}
            result => return result,
        }
    }
}

/// Opens or makes a file as the flags say, as shm_open(3) does; `CLOEXEC` and `NOFOLLOW` are added, and the process's mask
/// takes away from the mode.
///
/// ```
/// use baremap::shm;
/// use baremap::sys::{Mode, OFlags};
///
/// # shm::unlink(b"baremap-example-of-mode").ok();
/// let for_the_group = Mode::RUSR | Mode::WUSR | Mode::RGRP;
/// shm::open_with(b"baremap-example-of-mode", OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, for_the_group)?;
/// let to_read = shm::open_with(b"baremap-example-of-mode", OFlags::RDONLY, Mode::empty())?;
/// assert!(to_read.write(b"text").is_err());
/// shm::unlink(b"baremap-example-of-mode")?;
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// As [`create_new`] and [`open`].
pub fn open_with(name: &[u8], flags: OFlags, mode: Mode) -> Result<File> {
    File::open_with(Name::new(name)?.path(), flags | OFlags::NOFOLLOW, mode)
}

/// Removes a name. Who has the file open or mapped keeps it.
///
/// # Errors
/// `ENOENT` (not there), those of a name as for [`create_new`], and others of [`sys::unlink`].
pub fn unlink(name: &[u8]) -> Result<()> {
    let name = Name::new(name)?;
    again(Operation::Unlink, || sys::unlink(name.path()))
}
