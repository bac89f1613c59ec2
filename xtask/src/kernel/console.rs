//! What a machine prints to its console: its kernel's last words and the tests' results.

use std::{borrow::Cow, collections::VecDeque};

use anyhow::Result;

use crate::libtest::{Results, Transcript};

/// As many lines as show a kernel's panic with the registers and calls that follow it.
const LAST_LINES: usize = 80;

/// What precedes the outcome of the first process, in the last line that it prints.
const ENDING: &str = "init: ";
const SUCCESS: &str = "exit code 0";
/// libtest's exit code if a test failed.
const TESTS_FAILED: &str = "exit code 101";

#[derive(Default)]
pub struct Console {
    transcript: Transcript,
    ending: Option<String>,
    last_lines: VecDeque<String>,
}

impl Console {
    pub fn read(&mut self, line: &str) {
        let line = text(line);
        if let Some(ending) = line.strip_prefix(ENDING) {
            self.ending = Some(ending.to_owned());
        }
        self.transcript.read(&line);
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line.into_owned());
    }

    /// The tests' results and what to show if there is a failure. `end` is how the machine ended.
    pub fn finish<T>(self, end: Result<T>) -> (Results, String) {
        let Transcript { mut results, details, is_complete, .. } = self.transcript;
        let reached = match self.ending.as_deref() {
            Some(SUCCESS) => is_complete && results.failed.is_empty(),
            Some(TESTS_FAILED) => is_complete && !results.failed.is_empty(),
            _ => false,
        };
        let failure = match (end, self.ending) {
            (Err(error), _) => format!("{error:#}"),
            (Ok(_), _) if reached => return (results, details),
            (Ok(_), Some(ending)) => format!("ended without a result ({ending})"),
            (Ok(_), None) => "the machine went off before the tests had ended".into(),
        };
        results.failed.push(failure);
        let mut log = format!("{details}The last lines of the console:\n");
        for line in self.last_lines {
            log.push_str(&format!("    {line}\n"));
        }
        (results, log)
    }
}

/// A line as text: terminals take a carriage return at its end, and a BIOS clears the screen.
pub fn text(line: &str) -> Cow<'_, str> {
    match console::strip_ansi_codes(line) {
        Cow::Borrowed(line) => Cow::Borrowed(line.trim_end_matches('\r')),
        Cow::Owned(line) => Cow::Owned(line.trim_end_matches('\r').to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn read(output: &str) -> Console {
        let mut console = Console::default();
        output.lines().for_each(|line| console.read(line));
        console
    }

    const PASSED: &str = "\x1b[2Jtest a ... ok\r\n\r\ntest result: ok. 1 passed\r\n\r\n";

    #[test]
    fn all_is_well_only_if_the_first_process_says_so() {
        let (results, _) =
            read(&format!("{PASSED}init: exit code 0\r\n[ 1.0] reboot: Power down")).finish(Ok(()));
        assert_eq!((results.passed.len(), results.failed.len()), (1, 0));

        for (output, failure) in [
            (PASSED.to_owned(), "the machine went off before the tests had ended"),
            (format!("{PASSED}init: killed by SIGSEGV"), "ended without a result (killed by SIGSEGV)"),
            (format!("{PASSED}init: exit code 101"), "ended without a result (exit code 101)"),
            ("init: exit code 0".to_owned(), "ended without a result (exit code 0)"),
        ] {
            let (results, details) = read(&output).finish(Ok(()));
            assert_eq!(results.failed, [failure]);
            assert!(details.contains("The last lines of the console:\n    "), "{details}");
        }
    }

    #[test]
    fn the_end_of_the_log_is_shown_of_a_machine_that_hangs_or_panics() {
        let panic = format!("{}Kernel panic - not syncing: no init\r\n", "line\r\n".repeat(100));
        let (results, details) = read(&panic).finish::<()>(Err(anyhow!("not at its end after 9 s")));
        assert_eq!(results.failed, ["not at its end after 9 s"]);
        assert!(details.ends_with("    line\n    Kernel panic - not syncing: no init\n"), "{details}");
    }

    #[test]
    fn failed_tests_are_those_of_the_results() {
        let output = "test a ... FAILED\n\nfailures:\n\n---- a stdout ----\nwhy\n\ntest result: FAILED.\ninit: exit code 101";
        let (results, details) = read(output).finish(Ok(()));
        assert_eq!(results.failed, ["a"]);
        assert!(details.contains("\nwhy\n") && !details.contains("The last lines"), "{details}");
    }
}
