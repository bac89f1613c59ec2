//! Running other programs.

use std::{
    io::{BufRead, BufReader},
    process::{ExitStatus, Output},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use duct::Expression;

/// As many lines of a failed command as tell the reason without filling the screen.
const LAST_WORDS: usize = 15;

/// Runs `command` without showing anything; an error carries the end of what it printed.
pub fn quietly(command: &Expression) -> Result<()> {
    succeeded(&combined(command).run()?, LAST_WORDS)
}

/// Like [`quietly`], but an error carries all that the command printed.
pub fn check(command: &Expression) -> Result<()> {
    succeeded(&combined(command).run()?, usize::MAX)
}

/// Like [`quietly`], but gives up when `limit` is over.
pub fn quietly_within(limit: Duration, command: &Expression) -> Result<()> {
    let handle = combined(command).stdin_null().start()?;
    match handle.wait_timeout(limit)? {
        Some(output) => succeeded(output, LAST_WORDS),
        None => {
            handle.kill()?;
            bail!("no answer within {} s", limit.as_secs())
        }
    }
}

/// Runs `command` and hands over each line of its standard output and error as it comes.
pub fn stream(command: &Expression, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    let reader = command.stderr_to_stdout().stdin_null().unchecked().reader()?;
    for line in BufReader::new(&reader).split(b'\n') {
        on_line(&String::from_utf8_lossy(&line?));
    }
    let output = reader.try_wait()?.context("the output ended before the program did")?;
    Ok(output.status)
}

/// The standard output of a command that has to succeed, without its last line break.
pub fn read(program: impl duct::IntoExecutablePath, args: &[&str]) -> Result<String> {
    let output = duct::cmd(program, args).stdout_capture().stderr_capture().unchecked().run()?;
    succeeded(&output, LAST_WORDS)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn combined(command: &Expression) -> Expression {
    command.stderr_to_stdout().stdout_capture().unchecked()
}

fn succeeded(output: &Output, shown_lines: usize) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    bail!("{}\n{}", output.status, last_lines(&text, shown_lines))
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let hidden = lines.len().saturating_sub(count);
    lines[hidden..].iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_lines() {
        assert_eq!(last_lines("one\ntwo\nthree\n", 2), "    two\n    three");
        assert_eq!(last_lines("one\n", 2), "    one");
        assert_eq!(last_lines("", 2), "");
    }

    #[test]
    fn a_failing_command_tells_why() {
        let error = quietly(&duct::cmd!("sh", "-c", "echo out; echo err >&2; exit 3")).unwrap_err();
        assert_eq!(error.to_string(), "exit status: 3\n    out\n    err");
    }

    #[test]
    fn streams_both_outputs_and_gives_the_status() {
        let mut lines = Vec::new();
        let command = duct::cmd!("sh", "-c", "echo out; echo err >&2; exit 3");
        let status = stream(&command, |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["out", "err"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn gives_up_on_a_command_that_hangs() {
        let error = quietly_within(Duration::from_millis(50), &duct::cmd!("sleep", "1000")).unwrap_err();
        assert!(error.to_string().starts_with("no answer"), "{error}");
    }
}
