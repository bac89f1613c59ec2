use baremap_host_tests::example;

/// What a protection does to an access.
#[derive(Clone, Copy, Debug)]
enum Truth {
    Permitted,
    Refused,
    /// The processor's own affair: whether it can keep code from being read.
    Either,
}

use Truth::{Either, Permitted, Refused};

/// Reading, writing and calling, on both architectures: neither can let a page be written and not read, and both can
/// keep a page from being executed. Where execution alone is permitted, newer processors refuse to read.
const TABLE: [(&str, [Truth; 3]); 8] = [
    ("PROT_NONE", [Refused, Refused, Refused]),
    ("PROT_READ", [Permitted, Refused, Refused]),
    ("PROT_WRITE", [Permitted, Permitted, Refused]),
    ("PROT_EXEC", [Either, Refused, Permitted]),
    ("PROT_READ|PROT_WRITE", [Permitted, Permitted, Refused]),
    ("PROT_READ|PROT_EXEC", [Permitted, Refused, Permitted]),
    ("PROT_WRITE|PROT_EXEC", [Permitted, Permitted, Permitted]),
    ("PROT_READ|PROT_WRITE|PROT_EXEC", [Permitted, Permitted, Permitted]),
];

#[test]
fn the_table_tells_the_machine_s_truth() {
    let output = example("protections").run([""; 0]).success();
    let mut lines = output.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(head, ["read", "write", "call"]);
    for (protection, truths) in TABLE {
        let line = lines.next().expect(protection);
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((words[0], words.len()), (protection, 4), "{line}");
        for (word, truth) in words[1..].iter().zip(truths) {
            match (*word, truth) {
                ("yes", Permitted | Either) | ("SIGSEGV", Refused | Either) => {}
                _ => panic!("{line}: expected {truths:?}"),
            }
        }
    }
    assert_eq!(lines.next(), None);
}
