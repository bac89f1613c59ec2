//! Descriptors of various kinds.

use baremap::File;
use baremap::fd::{BorrowedFd, OwnedFd};
use baremap::sys::{self, Mode, OFlags};

/// A number that no test comes to.
// SAFETY: not open, as some tests want it; nobody can close it.
pub(crate) const CLOSED: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(1000) };

/// Both ends of a pipe.
pub(crate) fn pipe() -> (OwnedFd, OwnedFd) {
    sys::pipe2(OFlags::CLOEXEC).expect("a pipe")
}

/// The root directory.
pub(crate) fn directory() -> OwnedFd {
    sys::open(c"/", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).expect("there is always a root")
}

/// A file in memory with some content.
pub(crate) fn file(content: &[u8]) -> File {
    let file = File::unnamed().expect("a file in memory");
    file.write_all_at(content, 0).expect("room for a few bytes");
    file
}

/// The same file, opened again by its name in /proc, in another way.
pub(crate) fn reopen(file: &File, flags: OFlags) -> File {
    use super::text::Text;
    use baremap::fd::{AsFd, AsRawFd};
    let name = Text::of(format_args!("/proc/self/fd/{}", file.as_fd().as_raw_fd()));
    File::open_with(name.as_c_str(), flags, Mode::empty()).expect("/proc is mounted")
}
