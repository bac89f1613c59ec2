use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use baremap_host_tests::example;
use tempfile::TempDir;

use crate::{LONG, text};

/// A file's folder, and a program that follows the file.
struct Follow {
    folder: TempDir,
    child: Child,
    stdout: ChildStdout,
    stderr: BufReader<ChildStderr>,
}

impl Follow {
    /// Starts with a file of that content, or without one.
    fn start(content: Option<&str>) -> Follow {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        // Should a test wait in vain, it does not wait for ever.
        let mut command = example("follow").command();
        command.args(["--for-ms", "60000"]).arg(&path).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Follow { folder, child, stdout, stderr: BufReader::new(stderr) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn append(&self, content: &str) {
        append(&self.path(), content);
    }

    /// Waits for exactly this on standard output.
    #[track_caller]
    fn prints(&mut self, content: &str) {
        let mut bytes = vec![0; content.len()];
        self.stdout.read_exact(&mut bytes).unwrap();
        assert!(bytes == content.as_bytes(), "{}", bytes.escape_ascii());
    }

    /// Waits for exactly this on standard error.
    #[track_caller]
    fn says(&mut self, sentence: &str) {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        assert_eq!(line, format!("follow: {}: {sentence}\n", self.path().display()));
    }

    /// Ends it, and makes sure that there was nothing else to be read.
    #[track_caller]
    fn ends(mut self) {
        assert_eq!(self.child.try_wait().unwrap(), None, "it has ended by itself");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut rest = Vec::new();
        self.stdout.read_to_end(&mut rest).unwrap();
        self.stderr.read_to_end(&mut rest).unwrap();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

fn append(path: &Path, content: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(content.as_bytes()).unwrap();
}

#[test]
fn prints_what_is_there_and_what_is_appended() {
    let mut follow = Follow::start(Some("first\n"));
    follow.prints("first\n");
    follow.append("second\n");
    follow.prints("second\n");
    let long = text(3 * LONG + 1);
    follow.append(&long);
    follow.prints(&long);
    follow.append("last\n");
    follow.prints("last\n");
    follow.ends();
}

#[test]
fn begins_again_when_the_file_was_truncated() {
    let mut follow = Follow::start(Some("a long first content\n"));
    follow.prints("a long first content\n");
    fs::write(follow.path(), "short\n").unwrap();
    follow.says("truncated");
    follow.prints("short\n");
    File::create(follow.path()).unwrap();
    follow.says("truncated");
    follow.append("and on\n");
    follow.prints("and on\n");
    follow.ends();
}

#[test]
fn waits_for_a_file_that_is_not_there() {
    let mut follow = Follow::start(None);
    follow.says("No such file or directory");
    fs::write(follow.path(), "here\n").unwrap();
    follow.says("appeared, following it");
    follow.prints("here\n");
    follow.ends();
}

#[test]
fn follows_a_log_that_is_rotated() {
    let mut follow = Follow::start(Some("old\n"));
    follow.prints("old\n");
    let rotated = follow.folder.path().join("log.1");
    fs::rename(follow.path(), &rotated).unwrap();
    follow.says("No such file or directory");
    append(&rotated, "late\n");
    follow.prints("late\n");
    fs::write(follow.path(), "new\n").unwrap();
    follow.says("replaced, following the new file");
    follow.prints("new\n");
    follow.ends();
}

#[test]
fn a_file_that_shrinks_while_it_is_printed_does_not_end_it() {
    let content = text(16 * LONG);
    for left in [0, 100, 5 * LONG] {
        let mut follow = Follow::start(Some(&content));
        // Once the first byte has come, it is printing, and cannot end before it is read from.
        follow.prints(&content[..1]);
        OpenOptions::new().write(true).open(follow.path()).unwrap().set_len(left as u64).unwrap();
        let mut printed = vec![content.as_bytes()[0]];
        // What was printed goes on from the start with what is left, once it was noticed that the file shrank.
        let again = format!("{}end\n", &content[..left]);
        follow.append("end\n");
        while !printed.ends_with(b"end\n") {
            let mut bytes = vec![0; LONG];
            let count = follow.stdout.read(&mut bytes).unwrap();
            assert_ne!(count, 0, "it has ended");
            printed.extend(&bytes[..count]);
        }
        let is_again = printed.ends_with(again.as_bytes());
        let before = printed.len() - again.len();
        assert!(is_again && content.as_bytes().starts_with(&printed[..before]), "{left} bytes left");
    }
}

#[test]
fn ends_after_its_time() {
    let path = "/proc/self/cmdline";
    assert_eq!(example("follow").run(["--for-ms", "0", path]).code, 0);
    assert_eq!(example("follow").run(["--for-ms", "1", "/nonexistent"]).code, 0);
}

#[test]
fn a_full_disk_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, "content").unwrap();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = example("follow").command();
    let output =
        command.arg(&path).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "follow: standard output: No space left on device\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn wrong_arguments_are_refused() {
    for arguments in [&[][..], &["a", "b"], &["--for-ms"], &["--for-ms", "1"], &["--for-ms", "x", "a"]] {
        let usage = example("follow").run(arguments).failure(2);
        assert_eq!(usage, "usage: follow [--for-ms N] FILE\n");
    }
}
