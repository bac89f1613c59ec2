//! The instructions that are written down.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// By how much more a path may take than is written down.
const MOST: f64 = 0.02;

/// What is counted, as far as it matters beside other counts.
pub(crate) struct Subject {
    pub(crate) arch: String,
    pub(crate) compiler: String,
}

/// The file, by architecture.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Baseline(BTreeMap<String, Counts>);

/// What was counted.
#[derive(Deserialize, Serialize)]
struct Counts {
    /// The compiler whose instructions they are.
    rustc: String,
    instructions: BTreeMap<String, f64>,
}

/// What a count is beside what is written down, in words.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Same(String),
    Worse(String),
    NotComparable(String),
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).with_extension("toml")
}

impl Baseline {
    pub(crate) fn read() -> Result<Self> {
        let path = file();
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// Of every path that was counted, and of those that were not any more.
    pub(crate) fn verdicts(&self, subject: &Subject, counts: &[(&str, f64)]) -> Vec<(String, Verdict)> {
        let Subject { arch, compiler } = subject;
        let Some(Counts { rustc, instructions }) = self.0.get(arch) else {
            let text = |count| format!("{count} now; nothing is written down for {arch}");
            return counts
                .iter()
                .map(|(name, count)| (name.to_string(), Verdict::NotComparable(text(count))))
                .collect();
        };
        let mut verdicts: Vec<_> = counts
            .iter()
            .map(|(name, now)| {
                let verdict = match instructions.get(*name) {
                    Some(then) if *compiler != *rustc => Verdict::NotComparable(format!(
                        "another compiler: {then} by {rustc}, {now} by {compiler}"
                    )),
                    Some(then) => compare(*then, *now),
                    None => Verdict::Worse(format!("{now} now; it is not written down: {REMEDY}")),
                };
                (name.to_string(), verdict)
            })
            .collect();
        let gone = instructions.keys().filter(|known| counts.iter().all(|(name, _)| name != known));
        verdicts.extend(
            gone.map(|name| {
                (name.clone(), Verdict::Worse(format!("is written down, not counted: {REMEDY}")))
            }),
        );
        verdicts
    }
}

const REMEDY: &str = "cargo xtask bench --instructions --write-baseline";

fn compare(then: f64, now: f64) -> Verdict {
    let change = (now - then) / then;
    let text = format!("{then} instructions are written down, {now} were counted ({:+.1} %)", change * 100.0);
    match change {
        change if change > MOST => Verdict::Worse(text),
        // Else it could rise again by as much.
        change if change < -MOST => Verdict::Same(format!("{text}; write it down: {REMEDY}")),
        _ => Verdict::Same(text),
    }
}

/// Writes what was counted, and leaves what other architectures have.
pub(crate) fn write(subject: &Subject, counts: &[(&str, f64)]) -> Result<()> {
    let mut baseline = Baseline::read()?;
    let instructions = counts.iter().map(|(name, count)| (name.to_string(), *count)).collect();
    let Subject { arch, compiler } = subject;
    baseline.0.insert(arch.clone(), Counts { rustc: compiler.clone(), instructions });
    let text = toml::to_string(&baseline).context("names and numbers")?;
    let text = format!("# Instructions of hot paths, written by `{REMEDY}`.\n\n{text}");
    fs::write(file(), text).with_context(|| file().display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline() -> Baseline {
        let instructions = [("bump".into(), 100.0), ("ring".into(), 50.0)].into();
        Baseline([("arch".into(), Counts { rustc: "rustc 1".into(), instructions })].into())
    }

    fn by(compiler: &str) -> Subject {
        Subject { arch: "arch".into(), compiler: compiler.into() }
    }

    fn worse(verdicts: &[(String, Verdict)]) -> Vec<&str> {
        let worse = verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Worse(_)));
        worse.map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn a_rise_of_more_than_two_percent_is_worse_and_says_both_numbers() {
        let verdicts = baseline().verdicts(&by("rustc 1"), &[("bump", 102.0), ("ring", 51.5)]);
        assert_eq!(worse(&verdicts), ["ring"]);
        let Verdict::Worse(text) = &verdicts[1].1 else { unreachable!() };
        assert!(text.contains("50 ") && text.contains("51.5 "), "{text}");
        assert_eq!(worse(&baseline().verdicts(&by("rustc 1"), &[("bump", 60.0), ("ring", 50.0)])), [""; 0]);
    }

    #[test]
    fn what_is_not_written_down_or_gone_is_worse() {
        let verdicts = baseline().verdicts(&by("rustc 1"), &[("bump", 100.0), ("new", 1.0)]);
        assert_eq!(worse(&verdicts), ["new", "ring"]);
    }

    #[test]
    fn a_fall_is_to_be_written_down() {
        let verdicts = baseline().verdicts(&by("rustc 1"), &[("bump", 97.0), ("ring", 49.5)]);
        let says = |index: usize| matches!(&verdicts[index].1, Verdict::Same(text) if text.contains(REMEDY));
        assert!(says(0) && !says(1), "{verdicts:?}");
    }

    #[test]
    fn another_architecture_is_not_compared() {
        let other = Subject { arch: "other".into(), compiler: "rustc 1".into() };
        let verdicts = baseline().verdicts(&other, &[("bump", 500.0)]);
        assert!(matches!(verdicts[..], [(_, Verdict::NotComparable(_))]), "{verdicts:?}");
    }

    #[test]
    fn another_compiler_is_not_compared() {
        let verdicts = baseline().verdicts(&by("rustc 2"), &[("bump", 500.0), ("ring", 50.0)]);
        assert_eq!(worse(&verdicts), [""; 0]);
        let Verdict::NotComparable(text) = &verdicts[0].1 else { panic!("{verdicts:?}") };
        assert!(text.contains("100 by rustc 1, 500 by rustc 2"), "{text}");
    }

    #[test]
    fn the_file_can_be_read() {
        let baseline = Baseline::read().unwrap();
        for arch in ["x86_64", "aarch64"] {
            assert!(baseline.0.contains_key(arch), "{arch}");
        }
    }
}
