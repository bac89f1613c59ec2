//! The fuzz targets, and what is kept for each.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::workspace;

/// Where inputs are kept: found on this machine, come first; committed to begin with; committed since they found something.
const INPUTS: [&str; 3] = ["corpus", "seeds", "regressions"];

/// A program in fuzz/.
#[derive(Clone)]
pub struct Target {
    pub name: String,
}

impl Target {
    pub fn all() -> Result<Vec<Target>> {
        let manifest = workspace::root().join("fuzz/Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec()?;
        let targets = metadata.packages.into_iter().flat_map(|package| package.targets);
        Ok(targets.filter(|target| target.is_bin()).map(|target| Target { name: target.name }).collect())
    }

    /// The one of that name, or all.
    pub fn select(name: Option<&str>) -> Result<Vec<Target>> {
        let mut targets = Target::all()?;
        let Some(name) = name else { return Ok(targets) };
        if !targets.iter().any(|target| target.name == name) {
            let names: Vec<_> = targets.iter().map(|target| target.name.as_str()).collect();
            bail!("there is no fuzz target `{name}`; there are: {}", names.join(", "));
        }
        targets.retain(|target| target.name == name);
        Ok(targets)
    }

    /// The folders of inputs; new ones go into the first.
    pub fn inputs(&self) -> Result<Vec<PathBuf>> {
        let mut folders =
            INPUTS.map(|kind| workspace::root().join("fuzz").join(kind).join(&self.name)).to_vec();
        fs::create_dir_all(&folders[0]).with_context(|| folders[0].display().to_string())?;
        folders.retain(|folder| folder.exists());
        Ok(folders)
    }

    /// Words that its inputs are made of.
    pub fn dictionary(&self) -> Option<PathBuf> {
        let path = workspace::root().join("fuzz/dictionaries").join(format!("{}.dict", self.name));
        path.exists().then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_lists_the_known_ones() {
        let error = Target::select(Some("nothing")).map(|_| ()).unwrap_err().to_string();
        assert!(
            error.contains("`nothing`") && error.contains("file_map, ") && error.contains("regions"),
            "{error}"
        );
        assert_eq!(Target::select(Some("regions")).unwrap().len(), 1);
    }

    /// Names of folders and dictionaries are typed by hand.
    #[test]
    fn what_is_kept_belongs_to_a_target() {
        let targets = Target::all().unwrap();
        for kind in ["seeds", "regressions", "dictionaries"] {
            let Ok(entries) = fs::read_dir(workspace::root().join("fuzz").join(kind)) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap();
                assert!(targets.iter().any(|target| name == target.name.as_str()), "{}", path.display());
            }
        }
        assert!(
            targets.iter().all(|target| workspace::root().join("fuzz/seeds").join(&target.name).is_dir())
        );
    }
}
