//! Memory that nobody else reads, not even the kernel by accident.

use crate::error::{Error, Operation, Result};
use crate::fd::AsFd;
use crate::file::{File, again};
use crate::sys::{self, Advice, MapFlags, OFlags, ProtFlags};
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::slice;
use static_assertions::assert_impl_all;

use super::bounds;
use super::mapping::Mapping;

/// Memory for keys and passwords (memfd_secret(2)): zeros at first, this process's alone, and so a slice of bytes.
///
/// The kernel takes its pages out of its own address space: no other process, no debugger and no fault in the kernel
/// reads them, they are never written to swap, to a core dump or to a hibernated system, and they are cleared when the map
/// is dropped. They count as locked (`RLIMIT_MEMLOCK`). read(2) and write(2) work with them; calls that would use the
/// pages themselves do not: direct I/O, process_vm_readv(2).
///
/// A forked child does not have it: the memory is a shared object, of which the child would have no copy but the same
/// bytes, and so this map is left out of children (`MADV_DONTFORK`). In a child it must be neither used nor dropped, see
/// [`process::fork`](crate::process::fork); a child that [`process::spawn`](crate::process::spawn) makes and that does
/// not name it does neither. (One that another thread forks at the moment at which this is mapped still has the bytes: the
/// kernel cannot map and leave out in one step.)
///
/// ```
/// use baremap::{Errno, SecretMap};
///
/// let mut key = match SecretMap::new(32) {
///     // An old kernel, or one that was told not to: AnonMap is the next best.
///     Err(error) if error.errno() == Errno::ENOSYS => return Ok(()),
///     key => key?,
/// };
/// key.fill(7);
/// assert_eq!(format!("{key:?}"), "SecretMap(32 bytes)");
/// # Ok::<(), baremap::Error>(())
/// ```
pub struct SecretMap(Mapping);

assert_impl_all!(SecretMap: Send, Sync);

impl SecretMap {
    /// Maps `len` bytes.
    ///
    /// # Errors
    /// `ENOSYS` (the kernel is older than 5.14, built without it, or, before 6.5, not started with `secretmem.enable=1`;
    /// QEMU's user mode), `EAGAIN` (`RLIMIT_MEMLOCK`), `EMFILE`, `ENFILE`, `ENOMEM` (too long, no memory, or too many
    /// maps).
    pub fn new(len: usize) -> Result<SecretMap> {
        let len = bounds::length(len as u64, 0)?;
        let fail = |operation| move |errno| Error::new(operation, errno);
        let file: File = again(Operation::Secret, || sys::memfd_secret(OFlags::CLOEXEC))?.into();
        file.set_len(len as u64)?;
        let (prot, object) = (ProtFlags::READ | ProtFlags::WRITE, Some((file.as_fd(), 0)));
        let mapping = Mapping::new(len, prot, MapFlags::SHARED, object).map_err(fail(Operation::Mmap))?;
        if len != 0 {
            // SAFETY: nobody has seen the map yet; no child comes to rely on it.
            unsafe { sys::madvise(mapping.start().as_ptr(), len, Advice::DONTFORK) }
                .map_err(fail(Operation::Secret))?;
        }
        Ok(SecretMap(mapping))
    }
}

impl Deref for SecretMap {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // SAFETY: mapped until self is dropped, initialised with zeros, and nobody else's: its descriptor is closed, and
        // no child has it.
        unsafe { slice::from_raw_parts(self.0.start().as_ptr(), self.0.len()) }
    }
}

impl DerefMut for SecretMap {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and exclusively borrowed.
        unsafe { slice::from_raw_parts_mut(self.0.start().as_ptr(), self.0.len()) }
    }
}

impl AsRef<[u8]> for SecretMap {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for SecretMap {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for SecretMap {
    /// Neither the bytes nor where they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretMap({} bytes)", self.len())
    }
}
