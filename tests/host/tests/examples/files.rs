//! Files for a test, which go when it ends.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// A folder of the test's own.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Files {
        Files(tempfile::tempdir().expect("there is a place for temporary files"))
    }

    /// The path of a file that may be there or not.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("the folder takes files");
        path
    }
}
