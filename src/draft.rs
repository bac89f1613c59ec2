//! Files that are made without a name, and take one when they are finished.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, AsRawFd, OwnedFd};
use crate::file::{File, again};
use crate::sys::{self, AtFlags, CWD, FileKind, Mode, OFlags, RenameFlags};
use crate::text::ShortText;
use core::ffi::CStr;
use linux_raw_sys::general::PATH_MAX;

/// A directory that files are made in.
pub(crate) struct Directory(OwnedFd);

impl Directory {
    pub(crate) fn open(path: &[u8]) -> Result<Self> {
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
    pub(crate) fn mode(&self, name: &CStr) -> Result<Option<Mode>> {
        match again(Operation::Stat, || sys::statx(self.0.as_fd(), name, AtFlags::empty())) {
            Ok(stat) if stat.kind() == FileKind::Directory => {
                Err(Error::new(Operation::Replace, Errno::EISDIR))
            }
            Ok(stat) => Ok(Some(stat.mode())),
            Err(error) if error.errno() == Errno::ENOENT => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A new file, without a name where that is possible.
    pub(crate) fn draft(&self, mode: Mode) -> Result<(File, Draft<'_>)> {
        let open = |name: &CStr, how| {
            let flags = OFlags::RDWR | OFlags::CLOEXEC | how;
            sys::openat(self.0.as_fd(), name, flags, mode).map(File::from)
        };
        match again(Operation::Open, || open(c".", OFlags::TMPFILE)) {
            Ok(file) => Ok((file, Draft { name: None, directory: self })),
            // The file system cannot, or the kernel is too old to know the flag.
            Err(error) if matches!(error.errno(), Errno::EOPNOTSUPP | Errno::EISDIR) => {
                let (name, file) = self.under_new_name(|name| open(name, OFlags::CREATE | OFlags::EXCL))?;
                Ok((file, Draft { name: Some(name), directory: self }))
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
    pub(crate) fn sync(&self) -> Result<()> {
        match again(Operation::SyncDirectory, || sys::fsync(self.0.as_fd())) {
            // The file system keeps its names durable by itself, or not at all.
            Err(error) if error.errno() == Errno::EINVAL => Ok(()),
            result => result,
        }
    }
}

/// What a new file goes by before it takes its name.
pub(crate) struct Draft<'directory> {
    /// Where it could not do without.
    name: Option<Name<'directory>>,
    directory: &'directory Directory,
}

impl Draft<'_> {
    /// Gives the file its name, if that is free. Says whether it was.
    pub(crate) fn publish(self, file: &File, name: &CStr) -> Result<bool> {
        let result = match self.name {
            Some(present) => present.rename(name, RenameFlags::NOREPLACE),
            None => again(Operation::Link, || link(file, self.directory, name)),
        };
        match result {
            Err(error) if error.errno() == Errno::EEXIST => Ok(false),
            result => result.map(|()| true),
        }
    }

    /// Gives the file its name, which another file may have so far.
    pub(crate) fn replace(self, file: &File, name: &CStr) -> Result<()> {
        let present = match self.name {
            Some(present) => present,
            None => {
                // A name that is free takes one step, in which nothing can be left behind.
                match again(Operation::Link, || link(file, self.directory, name)) {
                    Err(error) if error.errno() == Errno::EEXIST => {}
                    result => return result,
                }
                self.directory.under_new_name(|name| link(file, self.directory, name))?.0
            }
        };
        present.rename(name, RenameFlags::empty())
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
    /// Goes over to another name.
    fn rename(self, name: &CStr, flags: RenameFlags) -> Result<()> {
        let directory = self.directory.0.as_fd();
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
