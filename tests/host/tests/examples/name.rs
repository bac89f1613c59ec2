//! Names of shared objects.

use std::fs;
use std::path::PathBuf;
use std::process;

/// A name that no other test and no other run of this one has; its object goes when the test ends.
pub(crate) struct Name(pub(crate) String);

impl Name {
    pub(crate) fn new(test: &str) -> Name {
        Name(format!("baremap-{}-{test}", process::id()))
    }

    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from("/dev/shm").join(&self.0)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path());
    }
}
