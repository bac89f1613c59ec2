//! Names of objects.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use core::ffi::CStr;

/// Where the kernel keeps objects: a file system in memory.
pub(super) const DIRECTORY: &CStr = c"/dev/shm/";
const PREFIX: &[u8] = DIRECTORY.to_bytes();

/// Bytes that a name may have (`NAME_MAX`).
pub const NAME_MAX: usize = linux_raw_sys::general::NAME_MAX as usize;

/// A name that may be one, and the path that goes with it.
pub(super) struct Name {
    path: [u8; PREFIX.len() + NAME_MAX + 1],
    len: usize,
}

impl Name {
    /// Checks a name.
    pub(super) fn new(name: &[u8]) -> Result<Self> {
        let refuse = |errno, reason| Err(Error::because(Operation::Shm, errno, reason));
        if matches!(name, b"" | b"." | b"..") {
            return refuse(Errno::EINVAL, Reason::NoName);
        }
        if name.len() > NAME_MAX {
            return refuse(Errno::ENAMETOOLONG, Reason::LongName { len: name.len(), most: NAME_MAX });
        }
        if name.iter().any(|byte| matches!(byte, b'/' | 0)) {
            return refuse(Errno::EINVAL, Reason::BadName);
        }
        let mut path = [0; PREFIX.len() + NAME_MAX + 1];
        path[..PREFIX.len()].copy_from_slice(PREFIX);
        path[PREFIX.len()..][..name.len()].copy_from_slice(name);
        Ok(Self { path, len: name.len() })
    }

    /// The name itself.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.path[PREFIX.len()..][..self.len]
    }

    /// The name within the directory.
    pub(super) fn in_directory(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.path[PREFIX.len()..]).unwrap_or_default()
    }

    /// The whole path.
    pub(super) fn path(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.path).unwrap_or_default()
    }
}
