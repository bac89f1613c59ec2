//! Running other programs.

use std::{
    io::{BufRead, BufReader},
    process::{ExitStatus, Output},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use duct::{Expression, ReaderHandle};

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
pub fn stream(command: &Expression, on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    read_lines(&streaming(command)?, on_line)
}

/// Like [`stream`], but kills the program when `limit` is over.
pub fn stream_within(limit: Duration, command: &Expression, on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    let reader = streaming(command)?;
    let (ended, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let reader = &reader;
        let watch = scope.spawn(move || {
            // Nothing is ever sent: the other end is dropped in the end.
            let timed_out = end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            if timed_out { reader.kill().map(|()| true) } else { Ok(false) }
        });
        let status = read_lines(reader, on_line);
        drop(ended);
        if watch.join().expect("the watch does not panic")? {
            bail!("not at its end after {} s", limit.as_secs());
        }
        status
    })
}

fn streaming(command: &Expression) -> Result<ReaderHandle> {
    Ok(command.stderr_to_stdout().stdin_null().unchecked().reader()?)
}

fn read_lines(reader: &ReaderHandle, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    for line in BufReader::new(reader).split(b'\n') {
        on_line(&String::from_utf8_lossy(&line?));
    }
    let output = reader.try_wait()?.context("the output ended before the program did")?;
    Ok(output.status)
}

/// The standard output of a program that has to succeed, without its last line break.
pub fn read(program: impl duct::IntoExecutablePath, args: &[&str]) -> Result<String> {
    output(&duct::cmd(program, args))
}

/// The standard output of a command that has to succeed, without its last line break.
pub fn output(command: &Expression) -> Result<String> {
    let output = command.stdout_capture().stderr_capture().unchecked().run()?;
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

/// The lines of a long log that tell how it ended.
pub fn end_of(log: &str) -> String {
    last_lines(log, LAST_WORDS)
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
    fn streams_until_the_time_is_over() {
        let mut lines = 0;
        let long = Duration::from_secs(60);
        let status = stream_within(long, &duct::cmd!("sh", "-c", "echo one; exit 3"), |_| lines += 1);
        assert_eq!((status.unwrap().code(), lines), (Some(3), 1));
        let hangs = duct::cmd!("sh", "-c", "echo two; exec sleep 1000");
        let error = stream_within(Duration::from_millis(200), &hangs, |_| lines += 1).unwrap_err();
        assert!(error.to_string().starts_with("not at its end"), "{error}");
        assert_eq!(lines, 2);
    }

    #[test]
    fn gives_up_on_a_command_that_hangs() {
        let error = quietly_within(Duration::from_millis(50), &duct::cmd!("sleep", "1000")).unwrap_err();
        assert!(error.to_string().starts_with("no answer"), "{error}");
    }
}
