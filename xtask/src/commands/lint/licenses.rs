//! The licenses of everything that the crate pulls in for its users.

use std::collections::HashSet;

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use spdx::{Expression, ParseMode};

use crate::workspace;

/// Those that ask for no more than the crate's own do.
const ALLOWED: [&str; 10] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub fn check() -> Result<()> {
    let metadata =
        MetadataCommand::new().cargo_path(workspace::cargo()).current_dir(workspace::root()).exec()?;
    let mut refused = Vec::new();
    for package in shipped(&metadata)? {
        let license = package.license.as_deref().unwrap_or("none stated");
        if !is_allowed(license) {
            refused.push(format!("{} {}: {license}", package.name, package.version));
        }
    }
    if !refused.is_empty() {
        bail!("these licenses are not among those allowed ({})\n{}", ALLOWED.join(", "), refused.join("\n"));
    }
    Ok(())
}

/// The crate and all it depends on, but for its tests.
fn shipped(metadata: &Metadata) -> Result<Vec<&Package>> {
    let root =
        metadata.packages.iter().find(|package| package.name == "baremap").context("no package `baremap`")?;
    let nodes = &metadata.resolve.as_ref().context("cargo metadata resolved nothing")?.nodes;

    let mut found = HashSet::<&PackageId>::new();
    let mut open = vec![&root.id];
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        let node =
            nodes.iter().find(|node| node.id == *id).context("a package that cargo did not resolve")?;
        let shipped = node
            .deps
            .iter()
            .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development));
        open.extend(shipped.map(|dep| &dep.pkg));
    }
    Ok(metadata.packages.iter().filter(|package| found.contains(&package.id)).collect())
}

fn is_allowed(license: &str) -> bool {
    // Older crates write `MIT/Apache-2.0`.
    Expression::parse_mode(license, ParseMode::LAX).is_ok_and(|expression| {
        expression.evaluate(|requirement| {
            requirement.license.id().is_some_and(|id| ALLOWED.contains(&id.name))
                && requirement.addition.is_none()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_allowed_if_one_side_is() {
        assert!(is_allowed("MIT OR Apache-2.0"));
        assert!(is_allowed("MIT/Apache-2.0"));
        assert!(is_allowed("GPL-2.0-only OR MIT"));
        assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"));
    }

    #[test]
    fn an_obligation_is_allowed_if_all_parts_are() {
        assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!is_allowed("MIT AND GPL-3.0-only"));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(!is_allowed("GPL-3.0-only"));
        assert!(!is_allowed("none stated"));
        assert!(!is_allowed(""));
    }

    #[test]
    fn the_crate_ships_what_it_depends_on() {
        let metadata = MetadataCommand::new().current_dir(workspace::root()).exec().unwrap();
        let names: Vec<&str> =
            shipped(&metadata).unwrap().iter().map(|package| package.name.as_str()).collect();
        assert!(names.contains(&"baremap") && names.contains(&"bitflags"), "{names:?}");
        assert!(!names.contains(&"clap"), "{names:?}");
    }
}
