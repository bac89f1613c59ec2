//! The example programs.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::workspace;

/// A file of the folder `examples`, or of that of C in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    pub name: String,
    /// The first sentence of its documentation.
    pub about: String,
}

/// Every example in Rust, by name.
pub fn all() -> Result<Vec<Example>> {
    in_folder(&workspace::root().join("examples"), "rs")
}

/// Every example in a folder whose file ends so.
pub fn in_folder(folder: &Path, extension: &str) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            examples.push(read(&path)?);
        }
    }
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(examples)
}

/// Examples in lines, for who looks for one.
pub fn list(examples: &[Example]) -> String {
    let width = examples.iter().map(|example| example.name.len()).max().unwrap_or(0);
    examples.iter().map(|example| format!("  {:width$}  {}\n", example.name, example.about)).collect()
}

fn read(path: &Path) -> Result<Example> {
    let source = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Example { about: about(&source).to_owned(), name })
}

/// The first line of a file's documentation, which in C is the first comment.
fn about(source: &str) -> &str {
    let line = source.lines().find_map(|line| line.strip_prefix("//!").or_else(|| line.strip_prefix("/*")));
    line.unwrap_or_default().trim_end_matches("*/").trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_documentation_describes_an_example() {
        assert_eq!(about("// licence\n//! Adds numbers.\n//! More.\n#![no_std]\n"), "Adds numbers.");
        assert_eq!(about("#![no_std]\n"), "");
        assert_eq!(about("/* Adds numbers. */\n\n#include <stdio.h>\n"), "Adds numbers.");
        assert_eq!(about("/* Adds numbers.\n *\n * More. */\n"), "Adds numbers.");
    }

    #[test]
    fn every_example_says_what_it_does() {
        let examples = all().unwrap();
        assert!(!examples.is_empty());
        for example in examples {
            assert_ne!(example.about, "", "examples/{}.rs begins with `//!` and one line", example.name);
        }
        for example in crate::c::examples().unwrap() {
            assert_ne!(example.about, "", "examples/c/{}.c begins with a comment", example.name);
        }
    }
}
