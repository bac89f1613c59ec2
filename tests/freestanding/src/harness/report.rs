//! What the harness prints, in libtest's words.

use crate::support::time;
use baremap::fd::STDOUT;
use baremap::{File, Result, print, println, write_all};
use core::fmt::{self, Write};
use core::time::Duration;

use super::Test;
use super::child::Ended;
use super::options::{Format, Options};

/// Characters in a line of the terse format.
const COLUMNS: usize = 88;

pub(super) struct Report {
    format: Format,
    shows_times: bool,
    selected: usize,
    filtered_out: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
    /// What the failed tests printed, as it is shown at the end.
    details: File,
    /// The names of the failed tests, as they are shown at the end.
    names: File,
    /// What tests report, as it is shown at the end, if that is asked for.
    tables: Option<File>,
    start: Duration,
}

impl Report {
    pub(super) fn start(selected: usize, filtered_out: usize, options: &Options) -> Result<Self> {
        println!("\nrunning {selected} test{}", if selected == 1 { "" } else { "s" });
        Ok(Self {
            format: options.format,
            shows_times: options.report_time,
            selected,
            filtered_out,
            passed: 0,
            failed: 0,
            ignored: 0,
            details: File::unnamed()?,
            names: File::unnamed()?,
            tables: if options.report { Some(File::unnamed()?) } else { None },
            start: time::now(),
        })
    }

    pub(super) fn ignored(&mut self, test: &Test, reason: &str) {
        self.ignored += 1;
        self.outcome(test, None, 'i', format_args!("ignored, {reason}"));
    }

    pub(super) fn ended(&mut self, ended: &Ended) -> Result<()> {
        let Some(failure) = &ended.failure else {
            self.passed += 1;
            self.outcome(ended.test, Some(ended.took), '.', format_args!("ok"));
            return match (&self.tables, &ended.output) {
                (Some(tables), Some(output)) if ended.test.reports => {
                    write(tables, format_args!("\n---- {} ----\n", ended.test.name))?;
                    copy(output, |bytes| tables.write_all(bytes))
                }
                _ => Ok(()),
            };
        };
        self.failed += 1;
        self.outcome(ended.test, Some(ended.took), 'F', format_args!("FAILED"));
        let name = ended.test.name;
        write(&self.names, format_args!("    {name}\n"))?;
        write(&self.details, format_args!("---- {name} stdout ----\n"))?;
        if let Some(output) = &ended.output {
            copy(output, |bytes| self.details.write_all(bytes))?;
            if !ends_a_line(output)? {
                self.details.write_all(b"\n")?;
            }
        }
        write(&self.details, format_args!("note: {failure}\n\n"))
    }

    fn outcome(&self, test: &Test, took: Option<Duration>, short: char, long: fmt::Arguments<'_>) {
        let count = self.passed + self.failed + self.ignored;
        let took = took.filter(|_| self.shows_times);
        match self.format {
            Format::Pretty => match took {
                // In libtest's words.
                Some(took) => println!("test {} ... {long} <{:.3}s>", test.name, took.as_secs_f64()),
                None => println!("test {} ... {long}", test.name),
            },
            Format::Terse if count.is_multiple_of(COLUMNS) => println!("{short} {count}/{}", self.selected),
            Format::Terse => print!("{short}"),
        }
    }

    /// Prints what is to be said at the end; whether no test failed.
    pub(super) fn finish(self) -> Result<bool> {
        if self.format == Format::Terse {
            println!();
        }
        if let Some(tables) = &self.tables {
            copy(tables, |bytes| write_all(STDOUT, bytes))?;
        }
        if self.failed != 0 {
            println!("\nfailures:\n");
            copy(&self.details, |bytes| write_all(STDOUT, bytes))?;
            println!("\nfailures:");
            copy(&self.names, |bytes| write_all(STDOUT, bytes))?;
        }
        let Self { passed, failed, ignored, filtered_out, .. } = self;
        println!(
            "\ntest result: {}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
             {filtered_out} filtered out; finished in {:.2}s\n",
            if failed == 0 { "ok" } else { "FAILED" },
            (time::now() - self.start).as_secs_f64(),
        );
        Ok(failed == 0)
    }
}

/// Writes formatted text to a file.
fn write(file: &File, text: fmt::Arguments<'_>) -> Result<()> {
    struct Text<'a>(&'a File, Result<()>);
    impl Write for Text<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.1 = self.0.write_all(text.as_bytes());
            self.1.map_err(|_| fmt::Error)
        }
    }
    let mut out = Text(file, Ok(()));
    // The error is in `out`.
    let _ = out.write_fmt(text);
    out.1
}

/// Hands all that is in a file to `take`, piece by piece.
fn copy(file: &File, take: impl Fn(&[u8]) -> Result<()>) -> Result<()> {
    let mut buffer = [0; 1024];
    let mut offset = 0;
    loop {
        match file.read_at(&mut buffer, offset)? {
            0 => return Ok(()),
            len => {
                take(&buffer[..len])?;
                offset += len as u64;
            }
        }
    }
}

/// Whether a file is empty or ends with the end of a line.
fn ends_a_line(file: &File) -> Result<bool> {
    let Some(last) = file.len()?.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}
