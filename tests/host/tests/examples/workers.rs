use baremap_host_tests::example;
use std::fs;

/// What the example calls a word.
fn words(text: &[u8]) -> usize {
    text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).count()
}

/// What it prints of a file, without the lines of the parts, whose sum is checked.
#[track_caller]
fn counts(arguments: &[&str], text: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, text).unwrap();
    let mut arguments = arguments.to_vec();
    arguments.push(file.to_str().unwrap());
    let output = example("workers").run(arguments).success();
    let (mut sum, mut rest) = (0, String::new());
    for line in output.lines() {
        let part =
            line.strip_prefix("part ").and_then(|part| part.split_once(": ")?.1.strip_suffix(" words"));
        match part {
            Some(part) => sum += part.parse::<usize>().unwrap(),
            None => rest += &format!("{line}\n"),
        }
    }
    assert_eq!(sum, words(text));
    rest
}

fn whole(text: &[u8]) -> String {
    format!("{} words in {} bytes\n", words(text), text.len())
}

#[test]
fn every_word_is_counted_once() {
    for text in ["", "a", "ab", "abc", "one word, and 2 more", "wordwordword", "   ", "a b c d e f g h i"] {
        assert_eq!(counts(&[], text.as_bytes()), whole(text.as_bytes()), "{text:?}");
    }
    let long: String = (0..60_000).map(|number| format!("{number} ")).collect();
    for cut in 0..9 {
        let text = &long.as_bytes()[cut..];
        assert_eq!(counts(&[], text), whole(text));
    }
}

#[test]
fn a_worker_that_is_killed_is_named_and_its_part_counted_again() {
    let text: String = (0..60_000).map(|number| format!("{number},")).collect();
    let missing = "part 2 is missing: its worker was killed, and another counts it again\n";
    for _ in 0..10 {
        assert_eq!(counts(&["--kill"], text.as_bytes()), missing.to_owned() + &whole(text.as_bytes()));
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = example("workers").run(["/nonexistent/file"]).failure(1);
    assert!(error.starts_with("error: open: ") && error.contains("ENOENT"), "{error}");
}
