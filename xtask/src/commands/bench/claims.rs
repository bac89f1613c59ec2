//! The README, the page and its pictures agree with what the benchmarks have written.

use std::fs;

use serde_json::Value;

use crate::workspace;

fn read(name: &str) -> String {
    fs::read_to_string(workspace::root().join(name)).unwrap()
}

/// By what GitHub links a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// A link to the page.
struct Link<'a> {
    text: &'a str,
    anchor: &'a str,
    /// The rows whose ratio the text is.
    title: Option<&'a str>,
}

/// All links of a text whose address begins so.
fn links<'a>(text: &'a str, address: &str) -> Vec<Link<'a>> {
    let mut links = Vec::new();
    let parts: Vec<&str> = text.split(&format!("]({address}#")).collect();
    for pair in parts.windows(2) {
        let (_, text) = pair[0].rsplit_once('[').unwrap();
        let end = pair[1].find([' ', ')']).unwrap();
        let (anchor, rest) = pair[1].split_at(end);
        let title = rest.strip_prefix(" \"").and_then(|rest| rest.split_once('"'));
        links.push(Link { text, anchor, title: title.map(|(title, _)| title) });
    }
    links
}

#[test]
fn every_claim_points_to_a_table() {
    let (readme, page) = (read("README.md"), read("BENCHMARKS.md"));
    let anchors: Vec<String> =
        page.lines().filter_map(|line| line.strip_prefix("### ")).map(anchor).collect();
    let claims = links(&readme, "BENCHMARKS.md");
    assert!(!claims.is_empty());
    for link in claims.into_iter().chain(links(&page, "")) {
        assert!(
            anchors.iter().any(|anchor| anchor == link.anchor),
            "BENCHMARKS.md has nothing of #{}",
            link.anchor
        );
    }
}

/// The best value of a row in the table that a link leads to.
fn best(anchor_of_table: &str, row: &str) -> Option<f64> {
    let (benchmark, _) = anchor_of_table.split_once('-')?;
    let lines = read(&format!("benches/results/{benchmark}.jsonl"));
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut rows = lines.filter_map(|mut line| line.get_mut("row").map(Value::take));
    let found = rows.find(|record| {
        let table = record["table"].as_str().unwrap();
        record["row"] == row && anchor(&format!("{benchmark}: {table}")) == anchor_of_table
    })?;
    found["best"].as_f64()
}

#[test]
fn every_ratio_is_that_of_its_rows() {
    let readme = read("README.md");
    let links = links(&readme, "BENCHMARKS.md");
    let ratios: Vec<(&Link<'_>, &str)> = links.iter().filter_map(|link| Some((link, link.title?))).collect();
    assert!(!ratios.is_empty());
    for (Link { text, anchor, .. }, title) in ratios {
        let (row, of) = title.split_once(" by ").unwrap();
        let measured = [row, of].map(|row| {
            best(anchor, row).unwrap_or_else(|| panic!("nothing was measured of {row} at #{anchor}"))
        });
        let measured = measured[0] / measured[1];
        // The table that is linked is one of several where there is a range.
        let (least, most) = text.split_once(" to ").unwrap_or((text, text));
        assert!(
            measured >= number(least) - rounding(least) && measured <= number(most) + rounding(most),
            "README.md says {text} of {title}; #{anchor} has {measured}"
        );
    }
}

fn number(text: &str) -> f64 {
    text.replace(',', "").parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// By how much a number may differ from its text.
fn rounding(text: &str) -> f64 {
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    0.501 * 0.1_f64.powi(digits as i32)
}

/// Sizes, which are said as they are.
#[test]
fn every_size_is_that_of_its_row() {
    let readme = read("README.md");
    let is_size = |link: &Link<'_>| {
        link.title.is_none() && link.anchor.starts_with("programs-") && link.anchor.ends_with("-bytes")
    };
    let sizes: Vec<Link<'_>> =
        links(&readme, "BENCHMARKS.md").into_iter().filter(|link| is_size(link)).collect();
    assert!(!sizes.is_empty());
    for Link { text, anchor, .. } in sizes {
        let size = text.split(' ').next().map(number);
        assert_eq!(best(anchor, "baremap"), size, "README.md says {text}; see #{anchor}");
    }
}

#[test]
fn the_page_has_its_pictures() {
    let page = read("BENCHMARKS.md");
    let pictures =
        page.lines().filter_map(|line| line.strip_prefix("![")?.split_once("](")?.1.strip_suffix(')'));
    let pictures: Vec<&str> = pictures.collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(read(picture).starts_with("<svg"), "{picture}");
    }
}
