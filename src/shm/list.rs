//! Which objects there are.

use crate::error::{Operation, Result};
use crate::fd::AsFd;
use crate::file::{File, again};
use crate::sys::{self, AtFlags, FileKind, Mode, OFlags};
use core::ffi::CStr;
use core::fmt;
use core::mem::offset_of;
use core::ops::Range;
use linux_raw_sys::general::{DT_REG, DT_UNKNOWN, linux_dirent64};

use super::name::DIRECTORY;

/// Bytes of the directory that are read at once: room for several entries of the longest names.
const BUFFER: usize = 2048;

/// Lists the objects that there are, by their names: all regular files, by whomever they were made.
///
/// It allocates nothing. It is no snapshot: what comes and goes meanwhile may be there or not.
///
/// ```
/// use baremap::shm;
///
/// # shm::unlink(b"baremap-example-of-list").ok();
/// shm::create_new(b"baremap-example-of-list")?;
/// let mut found = false;
/// let mut list = shm::list()?;
/// while let Some(name) = list.next()? {
///     found |= name == b"baremap-example-of-list";
/// }
/// assert!(found);
/// shm::unlink(b"baremap-example-of-list")?;
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// `ENOENT` (no /dev/shm is mounted), `EMFILE`, `ENFILE` and others of [`sys::open`].
pub fn list() -> Result<List> {
    let directory = File::open_with(DIRECTORY, OFlags::DIRECTORY, Mode::empty())?;
    Ok(List { directory, buffer: [0; BUFFER], unread: 0..0 })
}

/// The names of objects, see [`list`].
pub struct List {
    directory: File,
    buffer: [u8; BUFFER],
    /// The part of the buffer that has been read and not yet handed out.
    unread: Range<usize>,
}

impl List {
    /// The next name, or `None` after the last.
    ///
    /// # Errors
    /// `ENOMEM` and others of [`sys::getdents64`] and [`sys::statx`].
    #[expect(clippy::should_implement_trait, reason = "a name is lent, which Iterator cannot say")]
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        loop {
            let Some(entry) = self.next_entry()? else { return Ok(None) };
            if self.is_object(&entry)? {
                return Ok(Some(&self.buffer[entry.name]));
            }
        }
    }

    /// Finds the next entry, whatever it is, and marks it as read.
    fn next_entry(&mut self) -> Result<Option<Entry>> {
        if self.unread.is_empty() {
            let (directory, buffer) = (self.directory.as_fd(), &mut self.buffer);
            let len = again(Operation::List, || sys::getdents64(directory, buffer))?;
            self.unread = 0..len.min(BUFFER);
        }
        let Some(entry) = Entry::parse(&self.buffer[self.unread.clone()]) else {
            self.unread = 0..0;
            return Ok(None);
        };
        let start = self.unread.start;
        self.unread.start += entry.len;
        let name = start + entry.name.start..start + entry.name.end;
        Ok(Some(Entry { name, ..entry }))
    }

    fn is_object(&self, entry: &Entry) -> Result<bool> {
        if entry.kind != DT_UNKNOWN {
            return Ok(entry.kind == DT_REG);
        }
        // Not every file system says so in the directory.
        let name = &self.buffer[entry.name.start..=entry.name.end];
        let name = CStr::from_bytes_until_nul(name).unwrap_or_default();
        let stat = || sys::statx(self.directory.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW);
        match again(Operation::Stat, stat) {
            Ok(stat) => Ok(stat.kind() == FileKind::Regular),
            Err(error) if error.errno() == crate::Errno::ENOENT => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// An entry of a directory.
struct Entry {
    /// Bytes up to the next one.
    len: usize,
    kind: u32,
    /// Where the name is, which has a null after it.
    name: Range<usize>,
}

impl Entry {
    /// Reads the first entry of bytes that the kernel has written; `None` if there is none.
    fn parse(bytes: &[u8]) -> Option<Self> {
        const LEN: usize = offset_of!(linux_dirent64, d_reclen);
        const NAME: usize = offset_of!(linux_dirent64, d_name);
        let len = u16::from_le_bytes([*bytes.get(LEN)?, *bytes.get(LEN + 1)?]);
        let entry = bytes.get(..usize::from(len))?;
        let kind = u32::from(*entry.get(offset_of!(linux_dirent64, d_type))?);
        let end = NAME + entry.get(NAME..)?.iter().position(|&byte| byte == 0)?;
        Some(Self { len: entry.len(), kind, name: NAME..end })
    }
}
