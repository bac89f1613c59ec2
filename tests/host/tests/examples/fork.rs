//! `fork_sum` and `shared_unshared`.

use baremap_host_tests::example;

#[test]
fn fork_sum() {
    // The flag may be seen at once or waited for.
    for _ in 0..20 {
        assert_eq!(example("fork_sum").run([""; 0]).success(), "30\n");
    }
}

#[test]
fn shared_unshared() {
    let expected = "\
Child process running...
Value of `unshared` is 15, value of `shared` is 1
Child process changing `shared` and `unshared`...
On child process, `unshared` is 64, `shared` is 128
Parent process checking `shared` and `unshared`...
On parent process, `unshared` is 15, `shared` is 128
";
    assert_eq!(example("shared_unshared").run([""; 0]).success(), expected);
}
