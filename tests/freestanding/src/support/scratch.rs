//! A directory for a test's files.

use baremap::Errno;
use baremap::sys::{self, AtFlags, CWD, Mode, Pid};
use core::ffi::CStr;

use super::env;
use super::text::Text;

/// The names that there may be in the directory. That they are few makes the directory easy to remove.
const NAMES: [&CStr; 4] = [c"a", c"b", c"c", c"d"];

/// A file system in memory.
const IN_MEMORY: &str = "/dev/shm";

/// A directory below `$TMPDIR`, or /tmp, or /dev/shm, that belongs to this process. The harness removes what a failed test
/// leaves.
pub(crate) struct Scratch(Text);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self::below(directory_for_files())
    }

    /// One in memory, for tests that would wait for a disk too often.
    pub(crate) fn in_memory() -> Self {
        Self::below(IN_MEMORY)
    }

    fn below(parent: &str) -> Self {
        let directory = path(parent, sys::getpid());
        let make = || sys::mkdir(directory.as_c_str(), Mode::from_bits_retain(0o700));
        let made = match make() {
            Err(Errno::EEXIST) => {
                // Of a process that had this number before, and was killed with its harness.
                remove(sys::getpid());
                make()
            }
            made => made,
        };
        made.expect("a new directory");
        Self(directory)
    }

    pub(crate) fn directory(&self) -> &CStr {
        self.0.as_c_str()
    }

    /// The path of one of the files `a`, `b`, `c` and `d`.
    pub(crate) fn path(&self, name: &str) -> Text {
        Text::of(format_args!("{}/{name}", &*self.0))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(sys::getpid());
    }
}

/// Removes the directory of a process, if it has one, with its files.
pub(crate) fn remove(pid: Pid) {
    remove_below(directory_for_files(), pid);
    remove_below(IN_MEMORY, pid);
}

fn remove_below(parent: &str, pid: Pid) {
    let directory = path(parent, pid);
    let remove = |path: &CStr| sys::unlinkat(CWD, path, AtFlags::REMOVEDIR);
    if remove(directory.as_c_str()) != Err(Errno::ENOTEMPTY) {
        return;
    }
    for name in NAMES {
        let path = Text::of(format_args!("{}/{}", &*directory, name.to_str().unwrap_or_default()));
        if sys::unlink(path.as_c_str()) == Err(Errno::EISDIR) {
            let _ = remove(path.as_c_str());
        }
    }
    let _ = remove(directory.as_c_str());
}

fn directory_for_files() -> &'static str {
    env::get().var("TMPDIR").and_then(|directory| directory.to_str().ok()).unwrap_or("/tmp")
}

fn path(parent: &str, pid: Pid) -> Text {
    Text::of(format_args!("{parent}/baremap-test-{pid}"))
}
