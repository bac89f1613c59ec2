//! The example programs.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::workspace;

/// A file of the folder `examples`.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    pub name: String,
    /// The first sentence of its documentation.
    pub about: String,
}

/// Every example, by name.
pub fn all() -> Result<Vec<Example>> {
    let folder = workspace::root().join("examples");
    let mut examples = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            examples.push(read(&path)?);
        }
    }
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(examples)
}

fn read(path: &Path) -> Result<Example> {
    let source = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Example { about: about(&source).to_owned(), name })
}

/// The first line of a file's documentation.
fn about(source: &str) -> &str {
    source.lines().find_map(|line| line.strip_prefix("//!")).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_documentation_describes_an_example() {
        assert_eq!(about("// licence\n//! Adds numbers.\n//! More.\n#![no_std]\n"), "Adds numbers.");
        assert_eq!(about("#![no_std]\n"), "");
    }

    #[test]
    fn every_example_says_what_it_does() {
        let examples = all().unwrap();
        assert!(!examples.is_empty());
        for example in examples {
            assert_ne!(example.about, "", "examples/{}.rs begins with `//!` and one line", example.name);
        }
    }
}
