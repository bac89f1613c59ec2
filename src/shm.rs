//! Named objects of shared memory: files in /dev/shm, as shm_open(3) has them.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::file::{File, again};
use crate::sys::{self, Mode, OFlags};
use core::ffi::CStr;

/// Where the kernel keeps them: a file system in memory.
const DIRECTORY: &[u8] = b"/dev/shm/";

/// Bytes that a name may have (`NAME_MAX`).
pub const NAME_MAX: usize = linux_raw_sys::general::NAME_MAX as usize;

/// Makes an object, empty, for reading and writing, with mode 0600; it must not be there yet.
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
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
    with_path(name, |path| File::open_with(path, flags, Mode::RUSR | Mode::WUSR))
}

/// Opens an object for reading and writing; a symbolic link is not followed.
///
/// # Errors
/// `ENOENT` (not there), `EACCES`, `ELOOP` (a symbolic link), those of a name as for [`create_new`], and others of
/// [`sys::open`].
pub fn open(name: &[u8]) -> Result<File> {
    with_path(name, |path| File::open_with(path, OFlags::RDWR | OFlags::NOFOLLOW, Mode::empty()))
}

/// Removes an object's name. Who has it open or mapped keeps it.
///
/// # Errors
/// `ENOENT` (not there), those of a name as for [`create_new`], and others of [`sys::unlink`].
pub fn unlink(name: &[u8]) -> Result<()> {
    with_path(name, |path| again(Operation::Unlink, || sys::unlink(path)))
}

/// Checks a name and calls with its path.
fn with_path<T>(name: &[u8], call: impl FnOnce(&CStr) -> Result<T>) -> Result<T> {
    let refuse = |errno, reason| Err(Error::because(Operation::Shm, errno, reason));
    if matches!(name, b"" | b"." | b"..") {
        return refuse(Errno::EINVAL, Reason::NoName);
    }
    if name.len() > NAME_MAX {
        return refuse(Errno::ENAMETOOLONG, Reason::LongName { len: name.len(), most: NAME_MAX });
    }
    let mut path = [0; DIRECTORY.len() + NAME_MAX + 1];
    path[..DIRECTORY.len()].copy_from_slice(DIRECTORY);
    path[DIRECTORY.len()..][..name.len()].copy_from_slice(name);
    match CStr::from_bytes_with_nul(&path[..=DIRECTORY.len() + name.len()]) {
        Ok(path) if !name.contains(&b'/') => call(path),
        _ => refuse(Errno::EINVAL, Reason::BadName),
    }
}
