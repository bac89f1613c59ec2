//! A package in a folder of its own, outside of this workspace.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The top folder of this workspace.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace is where it was built")
}

pub(crate) struct Project {
    folder: TempDir,
    /// Kept from run to run, so that only the first has to build dependencies.
    target: PathBuf,
}

impl Project {
    /// A package with these files.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("there is a place for temporary files");
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it lies in the folder"))
                .expect("the folder takes folders");
            fs::write(path, content).expect("the folder takes files");
        }
        // The versions that this workspace has: they are there, and nothing else needs to be.
        fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).expect("there is a lock file");
        Project { folder, target: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name) }
    }

    /// `cargo SUBCOMMAND`, with this workspace's baremap in place of the registry's.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let patch = format!("patch.crates-io.baremap.path={:?}", root().display().to_string());
        command
            .args([subcommand, "--quiet", "--offline", "--config", &patch])
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", &self.target)
            // Those of whoever runs the tests would replace the project's own.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET");
        command
    }

    /// A file that cargo built, by its path in the target folder.
    pub(crate) fn built(&self, path: &str) -> PathBuf {
        self.target.join(path)
    }
}
