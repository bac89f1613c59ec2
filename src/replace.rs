//! Files that are replaced as a whole.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, AsRawFd, OwnedFd};
use crate::file::{File, OWNER_ONLY, again};
use crate::sys::{self, AtFlags, CWD, FileKind, Mode, OFlags};
use core::ffi::CStr;
use core::fmt::{self, Write};
use linux_raw_sys::general::PATH_MAX;

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
/// # Errors
/// `EINVAL` (the path ends with a slash or dots), `EISDIR`, those of `fill`, and `EACCES` (the directory cannot be
/// read and written), `ENOENT` (it is not there), `ENOSPC`, `EIO`, `EROFS` and others of [`sys::openat`], [`sys::fsync`],
/// [`sys::linkat`] and [`sys::renameat2`]. The old file is there as before, and nothing else. Only with
/// [`Operation::SyncDirectory`] the new file is there, and the old one may be again after the machine has stopped.
pub fn replace_file(path: &CStr, fill: impl FnOnce(&File) -> Result<()>) -> Result<()> {
    let (parent, name) = split(path)?;
    let directory = Directory::open(parent)?;
    let mode = directory.mode(name)?;
    let draft = directory.draft()?;
    fill(&draft.file)?;
    if let Some(mode) = mode {
        again(Operation::SetMode, || sys::fchmod(draft.file.as_fd(), mode))?;
    }
    draft.file.sync()?;
    draft.publish(name)?;
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

/// The directory that the file is in.
struct Directory(OwnedFd);

impl Directory {
    fn open(path: &[u8]) -> Result<Self> {
        let path = if path.is_empty() { b"." } else { path };
        let mut bytes = [0; PATH_MAX as usize];
        // The last byte stays for the null.
        let most = bytes.len() - 1;
        let Some(room) = bytes[..most].get_mut(..path.len()) else {
            let reason = Reason::LongName { len: path.len(), most };
            return Err(Error::because(Operation::Replace, Errno::ENAMETOOLONG, reason));
        };
        room.copy_from_slice(path);
        let path = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        again(Operation::Open, || sys::open(path, flags, Mode::empty())).map(Self)
    }

    /// The permission bits of the file of that name, if there is one.
    fn mode(&self, name: &CStr) -> Result<Option<Mode>> {
        match again(Operation::Stat, || sys::statx(self.0.as_fd(), name, AtFlags::empty())) {
            Ok(stat) if stat.kind() == FileKind::Directory => {
                Err(Error::new(Operation::Replace, Errno::EISDIR))
            }
            // Not the bits that make a program run as its owner: the new file may be another's.
            Ok(stat) => Ok(Some(stat.mode().intersection(PERMISSIONS))),
            Err(error) if error.errno() == Errno::ENOENT => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A new file, without a name where that is possible.
    fn draft(&self) -> Result<Draft<'_>> {
        let open = |name: &CStr, how| {
            let flags = OFlags::RDWR | OFlags::CLOEXEC | how;
            sys::openat(self.0.as_fd(), name, flags, OWNER_ONLY).map(File::from)
        };
        match again(Operation::Open, || open(c".", OFlags::TMPFILE)) {
            Ok(file) => Ok(Draft { file, name: None, directory: self }),
            // The file system cannot, or the kernel is too old to know the flag.
            Err(error) if matches!(error.errno(), Errno::EOPNOTSUPP | Errno::EISDIR) => {
                let (name, file) = self.under_new_name(|name| open(name, OFlags::CREATE | OFlags::EXCL))?;
                Ok(Draft { file, name: Some(name), directory: self })
            }
            Err(error) => Err(error),
        }
    }

    /// Calls with one name after another until one is free; gives the name and what came of it.
    fn under_new_name<T>(
        &self,
        mut make: impl FnMut(&CStr) -> core::result::Result<T, Errno>,
    ) -> Result<(Name<'_>, T)> {
        let mut number = 0_u32;
        loop {
            let text = ShortText::of(format_args!(".baremap-{}-{number}", sys::getpid()));
            match again(Operation::Replace, || make(text.as_c_str())) {
                Ok(made) => return Ok((Name { text, directory: self }, made)),
                // Another thread's, or left by a process that was killed.
                Err(error) if error.errno() == Errno::EEXIST => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes the names durable.
    fn sync(&self) -> Result<()> {
        match again(Operation::SyncDirectory, || sys::fsync(self.0.as_fd())) {
            // The file system keeps its names durable by itself, or not at all.
            Err(error) if error.errno() == Errno::EINVAL => Ok(()),
            result => result,
        }
    }
}

/// The new file before it takes its path.
struct Draft<'directory> {
    file: File,
    /// Where it could not do without.
    name: Option<Name<'directory>>,
    directory: &'directory Directory,
}

impl Draft<'_> {
    /// Gives the file its name, which another file may have so far.
    fn publish(self, name: &CStr) -> Result<()> {
        let present = match self.name {
            Some(present) => present,
            None => {
                // A name that is free takes one step, in which nothing can be left behind.
                match again(Operation::Link, || link(&self.file, self.directory, name)) {
                    Err(error) if error.errno() == Errno::EEXIST => {}
                    result => return result,
                }
                self.directory.under_new_name(|name| link(&self.file, self.directory, name))?.0
            }
        };
        present.replace(name)
    }
}

/// Gives a file that has no name one that is free.
fn link(file: &File, directory: &Directory, name: &CStr) -> core::result::Result<(), Errno> {
    let fd = file.as_fd();
    let path = ShortText::of(format_args!("/proc/thread-self/fd/{}", fd.as_raw_fd()));
    let directory = directory.0.as_fd();
    match sys::linkat(CWD, path.as_c_str(), directory, name, AtFlags::SYMLINK_FOLLOW) {
        // Without /proc there is a way for those with CAP_DAC_READ_SEARCH, and since Linux 6.10 for all.
        Err(Errno::ENOENT) => sys::linkat(fd, c"", directory, name, AtFlags::EMPTY_PATH),
        result => result,
    }
}

/// A name for a time, removed on drop.
struct Name<'directory> {
    text: ShortText,
    directory: &'directory Directory,
}

impl Name<'_> {
    /// Takes the place of another name's file.
    fn replace(self, name: &CStr) -> Result<()> {
        let directory = self.directory.0.as_fd();
        let flags = sys::RenameFlags::empty();
        again(Operation::Rename, || sys::renameat2(directory, self.text.as_c_str(), directory, name, flags))?;
        // It is gone: whoever has it now is somebody else.
        core::mem::forget(self);
        Ok(())
    }
}

impl Drop for Name<'_> {
    fn drop(&mut self) {
        // What fails here must not hide the error that led here.
        let _ = again(Operation::Unlink, || {
            sys::unlinkat(self.directory.0.as_fd(), self.text.as_c_str(), AtFlags::empty())
        });
    }
}

/// Up to 39 bytes of text and a null: `.baremap-`, a dash and two numbers of 32 bits.
struct ShortText {
    bytes: [u8; 40],
    len: usize,
}

impl ShortText {
    fn of(text: fmt::Arguments<'_>) -> Self {
        let mut short = Self { bytes: [0; 40], len: 0 };
        let result = short.write_fmt(text);
        debug_assert!(result.is_ok(), "the longest text has room");
        short
    }

    fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

impl Write for ShortText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let most = self.bytes.len() - 1;
        let room = self.bytes[..most].get_mut(self.len..self.len + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
