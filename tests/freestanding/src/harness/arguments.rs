//! The command line, one argument at a time.

use baremap::rt::Args;
use core::fmt;
use core::str::FromStr;

use super::options::{Format, Machine};

/// An argument with its value.
#[derive(Clone, Copy)]
pub(super) enum Argument {
    Filter(&'static str),
    Skip(&'static str),
    Exact,
    Ignored,
    IncludeIgnored,
    List,
    Help,
    NoCapture,
    Format(Format),
    TestThreads(usize),
    TimeoutSecs(u64),
    TimeoutFactor(u32),
    FewerRounds(usize),
    Under(Machine),
    Init,
    Report,
    ReportTime,
    SelfTest,
}

/// What is wrong with the command line.
pub(super) enum Misuse {
    NotUtf8,
    Unknown(&'static str),
    NoValue(&'static str),
    BadValue { option: &'static str, value: &'static str, expected: &'static str },
}

/// The arguments of the program, without its name. Cloned and read again where filters are needed: nothing is stored,
/// so that there may be any number of them.
#[derive(Clone)]
pub(super) struct Arguments {
    words: Args,
    only_filters: bool,
}

impl Arguments {
    pub(super) fn new(mut words: Args) -> Self {
        words.next();
        // What a kernel does not know of its own parameters, it hands to its first process, before that one's arguments.
        let foreign = words.clone().position(|word| word == c"--init").unwrap_or(0);
        words.by_ref().take(foreign).for_each(drop);
        Self { words, only_filters: false }
    }

    fn word(&mut self) -> Option<Result<&'static str, Misuse>> {
        self.words.next().map(|word| word.to_str().map_err(|_| Misuse::NotUtf8))
    }

    fn option(&mut self, word: &'static str) -> Result<Argument, Misuse> {
        let (option, given) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        let mut value = || match given {
            Some(value) => Ok(value),
            None => self.word().unwrap_or(Err(Misuse::NoValue(option))),
        };
        let argument = match option {
            "--skip" => Argument::Skip(value()?),
            "--format" => Argument::Format(match value()? {
                "pretty" => Format::Pretty,
                "terse" => Format::Terse,
                value => return Err(Misuse::BadValue { option, value, expected: "pretty or terse" }),
            }),
            "--test-threads" => Argument::TestThreads(positive(option, value()?)?),
            "--timeout-secs" => Argument::TimeoutSecs(positive(option, value()?)?),
            "--timeout-factor" => Argument::TimeoutFactor(positive(option, value()?)?),
            "--fewer-rounds" => Argument::FewerRounds(positive(option, value()?)?),
            "--under" => Argument::Under(match value()? {
                "qemu-user" => Machine::QemuUser,
                "virt" => Machine::Virt,
                value => return Err(Misuse::BadValue { option, value, expected: "qemu-user or virt" }),
            }),
            _ if given.is_some() => return Err(Misuse::Unknown(word)),
            "--exact" => Argument::Exact,
            "--ignored" => Argument::Ignored,
            "--include-ignored" => Argument::IncludeIgnored,
            "--list" => Argument::List,
            "-h" | "--help" => Argument::Help,
            "--nocapture" | "--no-capture" => Argument::NoCapture,
            "-q" | "--quiet" => Argument::Format(Format::Terse),
            "--init" => Argument::Init,
            "--report" => Argument::Report,
            "--report-time" => Argument::ReportTime,
            "--self-test" => Argument::SelfTest,
            _ => return Err(Misuse::Unknown(word)),
        };
        Ok(argument)
    }
}

impl Iterator for Arguments {
    type Item = Result<Argument, Misuse>;

    fn next(&mut self) -> Option<Self::Item> {
        let word = match self.word()? {
            Ok("--") if !self.only_filters => {
                self.only_filters = true;
                return self.next();
            }
            Ok(word) => word,
            Err(misuse) => return Some(Err(misuse)),
        };
        if word.starts_with('-') && !self.only_filters {
            Some(self.option(word))
        } else {
            Some(Ok(Argument::Filter(word)))
        }
    }
}

/// A number of 1 or more.
fn positive<T: FromStr + Default + PartialEq>(
    option: &'static str,
    value: &'static str,
) -> Result<T, Misuse> {
    match value.parse() {
        Ok(number) if number != T::default() => Ok(number),
        _ => Err(Misuse::BadValue { option, value, expected: "a number of 1 or more" }),
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misuse::NotUtf8 => f.write_str("an argument is not UTF-8"),
            Misuse::Unknown(option) => write!(f, "unknown option `{option}`"),
            Misuse::NoValue(option) => write!(f, "`{option}` needs a value"),
            Misuse::BadValue { option, value, expected } => {
                write!(f, "`{option} {value}`: expected {expected}")
            }
        }
    }
}
