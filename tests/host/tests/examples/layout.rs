use baremap_host_tests::{example, is_emulated};

/// A line of the listing.
#[derive(Debug)]
struct Row {
    from: u64,
    to: u64,
    permissions: String,
    purpose: String,
}

fn rows() -> Vec<Row> {
    let output = example("layout").run([""; 0]).success();
    let mut lines = output.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(head, ["from", "to", "bytes", "perm", "use"]);
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let words: Vec<&str> = line.split_whitespace().collect();
    let address = |word: &str| u64::from_str_radix(word.strip_prefix("0x").expect(line), 16).expect(line);
    let row = Row {
        from: address(words[0]),
        to: address(words[1]),
        permissions: words[3].into(),
        purpose: words[4..].join(" "),
    };
    assert_eq!(words[2].parse(), Ok(row.to - row.from), "{line}: the bytes from one to the other");
    assert!(!row.purpose.is_empty(), "{line}");
    row
}

#[test]
fn goes_from_top_to_bottom() {
    let mut rows = rows();
    // QEMU lists the page of the kernel's half, x86_64's [vsyscall], twice.
    rows.retain(|row| row.to <= i64::MAX as u64);
    for row in &rows {
        assert!(row.from < row.to, "{row:?}");
    }
    for pair in rows.windows(2) {
        assert!(pair[1].to <= pair[0].from, "{pair:?}");
    }
}

#[test]
fn names_what_every_program_has() {
    let rows = rows();
    let index = |purpose: &str| rows.iter().position(|row| row.purpose == purpose);
    // The kernel puts the strings above the stack, and the stack above the program.
    let purposes = ["arguments and environment", "stack", "bss", "data", "text"];
    let mut found = purposes.map(|purpose| (purpose, index(purpose))).to_vec();
    if is_emulated() {
        // The /proc/self/maps that QEMU makes up lacks most maps where pages are larger than the host's.
        found.retain(|(_, index)| index.is_some());
    }
    assert!(found.iter().all(|(_, index)| index.is_some()), "{found:?}");
    assert!(found.is_sorted_by_key(|&(_, index)| index), "{found:?}");
    for (purpose, index) in found {
        let expected = if purpose == "text" { "r-xp" } else { "rw-p" };
        assert_eq!(index.map(|index| rows[index].permissions.as_str()), Some(expected), "{purpose}");
    }
}

#[test]
fn nothing_is_writable_and_executable() {
    for row in rows() {
        assert!(!(row.permissions.contains('w') && row.permissions.contains('x')), "{row:?}");
    }
}
