//! What the demo runs, and what to expect of two runs.

use std::{fmt, process::Output};

/// The program that another one loads; it is in the folder where they run.
pub const LOADED: &str = "fork_sum";

/// A program with the arguments that show it best.
pub struct Program {
    pub name: &'static str,
    pub args: Vec<String>,
    /// Why its output is not the same on both architectures.
    differs: Option<&'static str>,
}

impl Program {
    /// All examples, in an order that tells a story; `file` is there when they begin.
    pub fn all(file: &str) -> Vec<Program> {
        let object = format!("baremap-demo-{}", std::process::id());
        let program = |name, args: &[&str]| Program {
            name,
            args: args.iter().map(|arg| arg.to_string()).collect(),
            differs: None,
        };
        let differing = |name, reason| Program { name, args: Vec::new(), differs: Some(reason) };
        vec![
            program("tiny", &[]),
            program("map_file", &["numbers.bin"]),
            program("cat", &[file]),
            program("tail_of_page", &[file]),
            program("inherit", &[file]),
            program("append", &[file, "And this was appended through a map.\n"]),
            program("sum", &[file]),
            program("follow", &["--for-ms", "200", file]),
            program("fork_sum", &[]),
            program("shared_unshared", &[]),
            program("build_tree", &["--kill"]),
            program("workers", &["--kill", file]),
            program("shm_write", &[&object, "Hello from another process"]),
            program("shm_read", &[&object]),
            program("shm_unlink", &[&object]),
            program("visits", &[&object]),
            program("visits", &[&object, "--remove"]),
            program("jit", &["20", "22"]),
            program("load", &[LOADED]),
            differing("protections", "each architecture's own"),
            program("words", &[file]),
            differing("json", "each run's own times"),
            differing("layout", "each process's own"),
        ]
    }

    /// As one would type it.
    pub fn command_line(&self) -> String {
        let mut text = self.name.to_owned();
        for arg in &self.args {
            text.push(' ');
            let plain = arg.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
            text.push_str(&if plain { arg.clone() } else { format!("{arg:?}") });
        }
        text
    }
}

/// How the runs on the two architectures compare.
#[derive(Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    EqualButAddresses,
    /// They may differ, for this reason.
    Different(&'static str),
    Unequal,
    Failed(String),
}

impl Comparison {
    pub fn of(program: &Program, one: &Output, other: &Output) -> Comparison {
        if let Some(failed) = [one, other].into_iter().find(|output| !output.status.success()) {
            return Comparison::Failed(failed.status.to_string());
        }
        if one.stdout == other.stdout {
            return Comparison::Equal;
        }
        if let Some(reason) = program.differs {
            return Comparison::Different(reason);
        }
        let [one, other] =
            [one, other].map(|output| without_addresses(&String::from_utf8_lossy(&output.stdout)));
        if one == other { Comparison::EqualButAddresses } else { Comparison::Unequal }
    }

    pub fn is_fine(&self) -> bool {
        !matches!(self, Comparison::Unequal | Comparison::Failed(_))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Comparison::Equal => write!(f, "equal"),
            Comparison::EqualButAddresses => write!(f, "equal but for addresses"),
            Comparison::Different(reason) => write!(f, "{reason}"),
            Comparison::Unequal => write!(f, "NOT EQUAL"),
            Comparison::Failed(status) => write!(f, "FAILED: {status}"),
        }
    }
}

/// `text` with every hexadecimal number that begins with `0x` replaced.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        result.push_str("0x…");
        result.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    result
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, os::unix::process::ExitStatusExt, process::ExitStatus};

    use super::*;
    use crate::examples;

    fn output(stdout: &str, status: i32) -> Output {
        Output { status: ExitStatus::from_raw(status), stdout: stdout.into(), stderr: Vec::new() }
    }

    fn program(differs: Option<&'static str>) -> Program {
        Program { name: "example", args: Vec::new(), differs }
    }

    #[test]
    fn every_example_is_in_the_demo() {
        let shown: BTreeSet<String> =
            Program::all("f").iter().map(|program| program.name.to_owned()).collect();
        let there: BTreeSet<String> =
            examples::all().unwrap().into_iter().map(|example| example.name).collect();
        assert_eq!(shown, there);
    }

    #[test]
    fn a_command_line_can_be_typed() {
        let line = |args: &[&str]| {
            let args = args.iter().map(|arg| arg.to_string()).collect();
            Program { name: "append", args, differs: None }.command_line()
        };
        assert_eq!(line(&[]), "append");
        assert_eq!(line(&["README.md", "two words\n"]), r#"append README.md "two words\n""#);
    }

    #[test]
    fn outputs_are_compared() {
        let compare = |one, other| Comparison::of(&program(None), &output(one, 0), &output(other, 0));
        assert_eq!(compare("30\n", "30\n"), Comparison::Equal);
        assert_eq!(compare("at 0x7f00, 40\n", "at 0xaaab10, 40\n"), Comparison::EqualButAddresses);
        assert_eq!(compare("at 0x7f00, 40\n", "at 0x7f00, 41\n"), Comparison::Unequal);

        let differing = program(Some("why"));
        assert_eq!(
            Comparison::of(&differing, &output("1", 0), &output("2", 0)),
            Comparison::Different("why")
        );
        let failed = Comparison::of(&differing, &output("1", 0), &output("1", 1 << 8));
        assert!(!failed.is_fine() && matches!(failed, Comparison::Failed(_)));
    }
}
