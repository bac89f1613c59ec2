//! Files that are replaced as a whole.

use crate::Errno;
use crate::draft::Directory;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::AsFd;
use crate::file::{File, OWNER_ONLY, again};
use crate::sys::{self, Mode};
use core::ffi::CStr;

/// Who may read, write and execute.
const PERMISSIONS: Mode = Mode::from_bits_retain(0o777);

/// Replaces a file by a new one that `fill` writes: whoever opens the path finds the old file or the new one, whole, even if
/// the machine stops meanwhile.
///
/// The new file has no name while it is filled, so that nothing is left of it if that fails or the process is killed; where
/// the file system cannot do that it has a name that begins with `.baremap-`, which is removed if this fails. Then the file
/// is synced, takes the path over, and its directory is synced.
///
/// - The permission bits are those of the old file, or 0600. The owner is whoever calls; other attributes are not kept.
/// - A symbolic link is replaced itself, not what it shows.
/// - Who has the old file open or mapped keeps it.
///
/// ```
/// use baremap::{Errno, Error, File, replace_file};
///
/// let path = c"/tmp/baremap-example-of-replace-file";
/// # baremap::sys::unlink(path).ok();
/// replace_file(path, |file| file.write_all(b"old"))?;
/// replace_file(path, |file| file.write_all(b"new and longer"))?;
/// assert_eq!(File::open(path)?.len()?, 14);
///
/// // What fails changes nothing.
/// let result = replace_file(path, |file| file.set_len(u64::MAX));
/// assert_eq!(result.map_err(Error::errno), Err(Errno::EINVAL));
/// assert_eq!(File::open(path)?.len()?, 14);
/// # baremap::sys::unlink(path).ok();
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// A process that is killed between its two last steps, when the new file has been given a name beside the old one and is
/// about to take the old one's place, leaves the new file whole under that name. A new path has no such step.
///
/// A child that is forked in `fill` must end there: if it returned, it would publish the file as well.
///
/// # Errors
/// `EINVAL` (the path ends with a slash or dots), `EISDIR`, those of `fill`, and `EACCES` (the directory cannot be
/// read and written), `ENOENT` (it is not there), `ENOSPC`, `EIO`, `EROFS` and others of [`sys::openat`], [`sys::fsync`],
/// [`sys::linkat`] and [`sys::renameat2`]. The old file is there as before, and nothing else. Only with
/// [`Operation::SyncDirectory`] the new file is there, and the old one may be again after the machine has stopped.
pub fn replace_file(path: &CStr, fill: impl FnOnce(&File) -> Result<()>) -> Result<()> {
    let (parent, name) = split(path)?;
    let directory = Directory::open(parent)?;
    // Not the bits that make a program run as its owner: the new file may be another's.
    let mode = directory.mode(name)?.map(|mode| mode.intersection(PERMISSIONS));
    let (file, draft) = directory.draft(OWNER_ONLY)?;
    fill(&file)?;
    if let Some(mode) = mode {
        again(Operation::SetMode, || sys::fchmod(file.as_fd(), mode))?;
    }
    file.sync()?;
    draft.replace(&file, name)?;
    directory.sync()
}

/// Cuts a path into the part up to its last slash and the name after it.
fn split(path: &CStr) -> Result<(&[u8], &CStr)> {
    let start = path.to_bytes().iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let (parent, name) = path.to_bytes_with_nul().split_at(start);
    match CStr::from_bytes_with_nul(name) {
        Ok(name) if !matches!(name.to_bytes(), b"" | b"." | b"..") => Ok((parent, name)),
        _ => Err(Error::because(Operation::Replace, Errno::EINVAL, Reason::NoName)),
    }
}
