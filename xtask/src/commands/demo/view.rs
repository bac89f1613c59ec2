//! Two outputs in two columns.

use std::process::Output;

use comfy_table::{Table, presets};
use console::Term;

use crate::arch::Arch;

/// Longer outputs are cut: the demo is to be read.
const LINES: usize = 12;

/// For an output that is no terminal.
const WIDTH: u16 = 120;

/// Of the table: borders and padding.
const FRAME: usize = 7;

/// A table of the output on x86_64 and on aarch64.
pub fn side_by_side(x86_64: &Output, aarch64: &Output) -> Table {
    let width = Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| columns);
    let column = (usize::from(width).saturating_sub(FRAME) / 2).max(20);

    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(Arch::ALL.map(|arch| format!("{arch:column$}")));
    table.add_row([x86_64, aarch64].map(|output| excerpt(output, column)));
    table
}

/// The first lines of an output, no wider than `width`; the errors of a program that failed.
fn excerpt(output: &Output, width: usize) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        text.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    let lines: Vec<&str> = text.lines().collect();
    // Cutting a single line would save nothing.
    let shown = if lines.len() <= LINES + 1 { lines.len() } else { LINES };
    let mut excerpt: Vec<String> = lines[..shown].iter().map(|line| cut(line, width)).collect();
    if shown < lines.len() {
        excerpt.push(format!("… {} more lines", lines.len() - shown));
    }
    excerpt.join("\n")
}

/// A line without what would upset a terminal, no wider than `width`.
fn cut(line: &str, width: usize) -> String {
    let plain: String = line.replace('\t', "    ").chars().filter(|c| !c.is_control()).collect();
    console::truncate_str(&plain, width, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

    use super::*;

    fn output(stdout: &str, status: i32) -> Output {
        Output { status: ExitStatus::from_raw(status), stdout: stdout.into(), stderr: b"error\n".into() }
    }

    #[test]
    fn a_long_output_is_cut() {
        let text = "line\n".repeat(LINES + 5);
        let excerpt = excerpt(&output(&text, 0), 20);
        assert_eq!(excerpt.lines().count(), LINES + 1);
        assert!(excerpt.ends_with("… 5 more lines"));
    }

    #[test]
    fn a_short_output_is_whole() {
        let text = "line\n".repeat(LINES + 1);
        assert_eq!(excerpt(&output(&text, 0), 20), text.trim_end());
    }

    #[test]
    fn errors_are_shown_if_the_program_failed() {
        assert_eq!(excerpt(&output("out\n", 0), 20), "out");
        assert_eq!(excerpt(&output("out\n", 1 << 8), 20), "out\nerror");
    }

    #[test]
    fn lines_fit_their_column() {
        assert_eq!(cut("a wide line", 6), "a wid…");
        assert_eq!(cut("\ta\u{1b}[1mb", 20), "    a[1mb");
    }
}
