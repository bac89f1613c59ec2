//! Running a freestanding program, natively or under an emulator.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::environment;

/// A freestanding program in its file.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// The program in this file.
    #[must_use]
    pub fn new(path: PathBuf) -> Program {
        Program { path }
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of its file.
    #[must_use]
    pub fn read(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// A command that runs it, by the runner if there is one, with nothing on its standard input.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut words = environment::runner().into_iter();
        let mut command = match words.next() {
            Some(runner) => {
                let mut command = Command::new(runner);
                command.args(words).arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        command.stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    #[must_use]
    pub fn run<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Output {
        Output::of(self.command().args(arguments))
    }
}

/// What a program printed, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What it printed on standard output.
    pub stdout: String,
    /// What it printed on standard error.
    pub stderr: String,
    /// Its exit code, or 128 and the signal that killed it.
    pub code: i32,
}

impl Output {
    /// Runs a command to its end.
    #[must_use]
    pub fn of(command: &mut Command) -> Output {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Output { stdout: text(output.stdout), stderr: text(output.stderr), code: code(output.status) }
    }

    /// What it printed, if it ended with code 0 and had nothing to complain of.
    #[must_use]
    pub fn success(self) -> String {
        assert_eq!((self.stderr.as_str(), self.code), ("", 0), "it printed {:?}", self.stdout);
        self.stdout
    }

    /// What it said on standard error, if it printed nothing else and ended with that code.
    #[must_use]
    pub fn failure(self, code: i32) -> String {
        assert_eq!((self.stdout.as_str(), self.code), ("", code), "it said {:?}", self.stderr);
        self.stderr
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("the program prints UTF-8")
}

fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| Some(128 + status.signal()?)).expect("it has ended")
}
