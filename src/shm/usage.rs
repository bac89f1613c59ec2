//! Who uses an object: each user holds a lock on it, which the kernel takes back however the user ends.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::AsFd;
use crate::file::{File, again};
use crate::process;
use crate::sys::{self, AtFlags, CWD, LockKind, Mode, OFlags, Statx};
use core::time::Duration;

use super::header::Facts;
use super::name::Name;

/// How often a user tries, and how long it waits in between, while another process removes the object. That takes no longer
/// than two system calls, if the process is not stopped in between.
const TRIES: u32 = 500;
const PAUSE: Duration = Duration::from_millis(2);

/// Opens an object for use. As long as any descriptor of this open file is there, in whatever process, it counts as used.
pub(super) fn open(name: &Name) -> Result<File> {
    for _ in 0..TRIES {
        let file = open_file(name)?;
        if !lock(&file, LockKind::Read)? {
            process::sleep(PAUSE);
            continue;
        }
        // Without a name it was removed between the two. There may be another one by now.
        if file.stat()?.links() != 0 {
            return Ok(file);
        }
    }
    Err(Error::new(Operation::Shm, Errno::EBUSY))
}

fn open_file(name: &Name) -> Result<File> {
    // A pipe in the place of an object must not make this wait.
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    File::open_with(name.path(), flags, Mode::empty())
}

/// Counts the open file as a user of its object, before others can find it.
pub(super) fn begin(file: &File) -> Result<()> {
    if lock(file, LockKind::Read)? { Ok(()) } else { Err(Error::new(Operation::Shm, Errno::EBUSY)) }
}

/// Locks the whole file for this open file, if no other holds a lock that is in the way.
fn lock(file: &File, kind: LockKind) -> Result<bool> {
    match again(Operation::LockFile, || sys::fcntl_ofd_setlk(file.as_fd(), kind, 0, 0)) {
        Ok(()) => Ok(true),
        Err(error) if error.errno() == Errno::EAGAIN => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the name of an object that nobody uses, because all its users have dropped it or were killed. Says whether it did:
/// `false` means that somebody uses it.
///
/// What is no [`Object`](super::Object) is left alone: who uses it cannot be known. And who removes names by
/// [`unlink`](super::unlink) asks nobody: if another process does that at this very moment and makes a new object of the name, it is
/// the new one's name that goes.
///
/// ```
/// use baremap::shm::{self, Object};
/// use core::sync::atomic::AtomicU64;
///
/// # shm::unlink(b"baremap-example-of-remove").ok();
/// let object = Object::<AtomicU64>::create(b"baremap-example-of-remove", |_| Ok(()))?;
/// assert_eq!(shm::remove_unused(b"baremap-example-of-remove"), Ok(false));
/// drop(object);
/// assert_eq!(shm::remove_unused(b"baremap-example-of-remove"), Ok(true));
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// `ENOENT` (not there), `EINVAL` with [`Reason::NoObject`] or [`Reason::OtherVersion`], `EACCES`, `EPERM` (another user's),
/// those of a name as for [`create_new`](super::create_new), and others of [`sys::open`] and [`sys::unlink`].
pub fn remove_unused(name: &[u8]) -> Result<bool> {
    remove(&Name::new(name)?)
}

/// Removes all objects that nobody uses and whose names the closure picks: those that crashed programs of one's own have left
/// behind. Says how many.
///
/// Objects are not always in use: one process may leave something there for another to find. So pick names with care.
///
/// ```
/// use baremap::shm;
///
/// let removed = shm::remove_all_unused(|name| name.starts_with(b"baremap-example-of-nothing-"))?;
/// assert_eq!(removed, 0);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// Those of [`list`](super::list). What is no object, what may not be removed and what goes by itself meanwhile is passed over.
pub fn remove_all_unused(mut pick: impl FnMut(&[u8]) -> bool) -> Result<usize> {
    let mut removed = 0;
    let mut list = super::list()?;
    while let Some(name) = list.next()? {
        if !pick(name) {
            continue;
        }
        match remove(&Name::new(name)?) {
            Ok(is_removed) => removed += usize::from(is_removed),
            Err(error) if is_passed_over(error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

/// Whether an error is about this one object.
fn is_passed_over(error: Error) -> bool {
    const OF_ONE: [Errno; 8] = [
        Errno::ENOENT,
        Errno::EACCES,
        Errno::EPERM,
        Errno::ELOOP,
        Errno::ENXIO,
        Errno::EINVAL,
        Errno::ETXTBSY,
        Errno::EBUSY,
    ];
    error.reason() != Reason::Kernel || OF_ONE.contains(&error.errno())
}

fn remove(name: &Name) -> Result<bool> {
    for _ in 0..TRIES {
        let file = open_file(name)?;
        facts(&file)?.check_label()?;
        if !lock(&file, LockKind::Write)? {
            return Ok(false);
        }
        // Now nobody begins to use it. It may be gone already, and its name another's.
        if leads_to(name, &file.stat()?)? {
            again(Operation::Unlink, || sys::unlink(name.path()))?;
            return Ok(true);
        }
    }
    Err(Error::new(Operation::Shm, Errno::EBUSY))
}

/// The header of an object.
pub(super) fn facts(file: &File) -> Result<Facts> {
    let mut bytes = [0; Facts::LEN];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => Ok(Facts::from_bytes(bytes)),
        Err(error) if error.reason() == Reason::UnexpectedEnd => {
            Err(Error::because(Operation::Shm, Errno::EINVAL, Reason::NoObject))
        }
        Err(error) => Err(error),
    }
}

/// Whether a name is that of this file.
pub(super) fn leads_to(name: &Name, file: &Statx) -> Result<bool> {
    match again(Operation::Stat, || sys::statx(CWD, name.path(), AtFlags::SYMLINK_NOFOLLOW)) {
        Ok(stat) => Ok((stat.device(), stat.inode()) == (file.device(), file.inode())),
        Err(error) if error.errno() == Errno::ENOENT => Ok(false),
        Err(error) => Err(error),
    }
}
