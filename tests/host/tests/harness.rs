//! The freestanding tests' own harness, by its tests that fail on purpose: what libtest would say of each, it says.

use std::fs;

use baremap_host_tests::{Output, harness};

/// What libtest exits with if a test failed.
const FAILED: i32 = 101;

/// Short, but enough for a test that does nothing, on a machine that has much to do.
const LIMIT: &str = "4";

fn run(arguments: &[&str]) -> Output {
    harness().run([&["--self-test", "--timeout-secs", LIMIT], arguments].concat())
}

/// The line of a test in the results.
#[track_caller]
fn outcome(output: &Output, test: &str) -> String {
    let start = format!("test self_test::{test} ... ");
    let mut found = output.stdout.lines().filter_map(|line| line.strip_prefix(&start));
    let outcome = found.next().unwrap_or_else(|| panic!("no result of {test} in\n{}", output.stdout));
    assert_eq!(found.next(), None, "{test} has one result");
    outcome.into()
}

/// What is shown of a failed test.
#[track_caller]
fn details<'output>(output: &'output Output, test: &str) -> &'output str {
    let start = format!("---- self_test::{test} stdout ----\n");
    let (_, rest) =
        output.stdout.split_once(&start).unwrap_or_else(|| panic!("no details in\n{}", output.stdout));
    rest.split_once("\n\n").map_or(rest, |(details, _)| details)
}

/// The counts of the last line: passed, failed, ignored, filtered out.
#[track_caller]
fn counts(output: &Output) -> (&str, [usize; 4]) {
    let line = output.stdout.trim_end().lines().next_back().unwrap_or_default();
    let rest = line.strip_prefix("test result: ").expect(line);
    let (verdict, rest) = rest.split_once(". ").expect(line);
    let mut parts = rest.split("; ");
    let counts = ["passed", "failed", "ignored", "measured", "filtered out"].map(|what| {
        let count = parts.next().and_then(|part| part.strip_suffix(what)).expect(line);
        count.trim_end().parse::<usize>().expect(line)
    });
    assert!(parts.next().is_some_and(|part| part.starts_with("finished in ")), "{line}");
    let [passed, failed, ignored, measured, filtered_out] = counts;
    assert_eq!(measured, 0);
    (verdict, [passed, failed, ignored, filtered_out])
}

/// Runs one test that is to fail, and returns what is shown of it.
#[track_caller]
fn fails(test: &str) -> String {
    let output = run(&["--exact", &format!("self_test::{test}")]);
    assert_eq!(outcome(&output, test), "FAILED");
    assert_eq!((output.code, output.stderr.as_str()), (FAILED, ""));
    let (verdict, [passed, failed, ignored, _]) = counts(&output);
    assert_eq!((verdict, [passed, failed, ignored]), ("FAILED", [0, 1, 0]));
    let names = format!("\nfailures:\n    self_test::{test}\n\ntest result: ");
    assert!(output.stdout.contains(&names), "{}", output.stdout);
    details(&output, test).into()
}

/// Runs one test that is to pass.
#[track_caller]
fn passes(test: &str) {
    let output = run(&["--exact", &format!("self_test::{test}")]);
    assert_eq!(outcome(&output, test), "ok");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let (verdict, [passed, failed, ignored, _]) = counts(&output);
    assert_eq!((verdict, [passed, failed, ignored]), ("ok", [1, 0, 0]));
    assert!(!output.stdout.contains("failures:"), "{}", output.stdout);
}

/// The names that a listing has.
fn names(output: &Output) -> Vec<&str> {
    output.stdout.lines().filter_map(|line| line.strip_suffix(": test")).collect()
}

#[test]
fn a_test_that_passes_is_ok_and_what_it_prints_is_not_shown() {
    passes("passes");
    assert!(!run(&["self_test::passes"]).stdout.contains("nobody sees"));
}

#[test]
fn an_assertion_fails_its_test() {
    let details = fails("fails");
    assert!(details.contains("assertion `left == right` failed"), "{details}");
    assert!(details.contains("left: 2") && details.contains("right: 3"), "{details}");
}

#[test]
fn a_panic_fails_its_test() {
    let details = fails("panics");
    assert!(details.contains("a panic") && details.contains("self_test.rs:"), "{details}");
}

#[test]
fn an_error_fails_its_test() {
    let details = fails("returns_an_error");
    assert!(details.contains("open: No such file or directory (ENOENT)"), "{details}");
}

#[test]
fn a_crash_is_its_test_s_failure_and_names_the_signal() {
    let details = fails("crashes");
    assert!(details.contains("killed by SIGSEGV"), "{details}");
}

#[test]
fn an_exit_fails_its_test_and_names_the_code() {
    let details = fails("exits");
    assert!(details.contains("exit code 7"), "{details}");
}

#[test]
fn a_hanging_test_is_killed_and_named() {
    let details = fails("hangs");
    assert!(details.contains("timed out after 4 s"), "{details}");
    assert!(details.contains("before it hangs"), "{details}");
    assert!(fails("has_a_limit_of_its_own").contains("timed out after 1 s"));
}

/// The number of the process that a test says it left behind.
#[track_caller]
fn grandchild(details: &str) -> u32 {
    let number = details.lines().find_map(|line| line.strip_prefix("grandchild "));
    number.and_then(|number| number.parse().ok()).expect(details)
}

#[test]
fn what_a_test_leaves_behind_is_killed() {
    let details = fails("hangs_in_grandchild");
    assert!(details.contains("timed out after 4 s"), "{details}");
    for details in [details, fails("leaves_a_grandchild")] {
        let process = grandchild(&details);
        // The kernel hands numbers out in a circle: nobody has had the time to get the same.
        assert!(fs::metadata(format!("/proc/{process}")).is_err(), "{process} is still there");
    }
}

#[test]
fn the_output_of_a_failing_test_is_shown() {
    let details = fails("prints_then_fails");
    assert!(details.starts_with("seen on stdout\nseen on stderr\n"), "{details}");
    assert!(details.contains("after it has printed"), "{details}");
}

#[test]
fn with_nocapture_tests_print_as_they_run() {
    let output = run(&["--nocapture", "--exact", "self_test::prints_then_fails"]);
    assert_eq!((output.code, outcome_is_failed(&output)), (FAILED, true));
    assert!(output.stdout.contains("seen on stdout\n"), "{}", output.stdout);
    assert!(output.stderr.contains("seen on stderr\n"), "{}", output.stderr);
    assert!(run(&["--nocapture", "self_test::passes"]).stdout.contains("nobody sees"));
}

fn outcome_is_failed(output: &Output) -> bool {
    counts(output).0 == "FAILED"
}

#[test]
fn a_leak_fails_its_test() {
    assert!(fails("leaks_a_descriptor").contains("leaks"));
    assert!(fails("leaks_a_map").contains("leaks"));
}

#[test]
fn an_expected_signal_is_the_only_right_end() {
    passes("expects_signal_and_gets_it");
    let details = fails("expects_signal_and_lives");
    assert!(details.contains("SIGSEGV") && details.contains("exit code 0"), "{details}");
    let details = fails("expects_signal_and_gets_another");
    assert!(details.contains("SIGSEGV") && details.contains("SIGBUS"), "{details}");
}

#[test]
fn an_expected_exit_code_is_the_only_right_end() {
    passes("expects_code_and_gets_it");
    let details = fails("expects_code_and_gets_another");
    assert!(details.contains("exit code 3") && details.contains("exit code 4"), "{details}");
}

#[test]
fn a_test_can_be_left_out_where_it_cannot_hold() {
    passes("is_skipped_under_qemu");
    let output = run(&["--under", "qemu-user", "is_skipped_under_qemu"]);
    assert_eq!(outcome(&output, "is_skipped_under_qemu"), "ignored, it is told to");
    let (verdict, [passed, failed, ignored, _]) = counts(&output);
    assert_eq!((verdict, [passed, failed, ignored], output.code), ("ok", [0, 0, 1], 0));
}

#[test]
fn a_test_for_one_machine_runs_there_only() {
    let output = run(&["is_for_one_machine"]);
    let reason = "ignored, only on QEMU's arm64 machine `virt`: no device at all";
    assert_eq!((outcome(&output, "is_for_one_machine").as_str(), output.code), (reason, 0));
    let output = run(&["--under", "virt", "is_for_one_machine"]);
    assert_eq!((outcome(&output, "is_for_one_machine").as_str(), output.code), ("ok", 0));
}

#[test]
fn a_test_of_later_kernels_runs_there_only() {
    passes("is_about_what_every_kernel_has");
    let output = run(&["is_about_what_no_kernel_has"]);
    let reason = "ignored, only Linux 999.0 and later have something new";
    assert_eq!((outcome(&output, "is_about_what_no_kernel_has").as_str(), output.code), (reason, 0));
}

#[test]
fn times_are_shown_as_libtest_does() {
    let output = run(&["--report-time", "--exact", "self_test::passes", "self_test::is_ignored"]);
    let time = outcome(&output, "passes");
    let seconds = time.strip_prefix("ok <").and_then(|rest| rest.strip_suffix("s>")).expect(&time);
    assert!(seconds.parse::<f64>().is_ok(), "{time}");
    assert_eq!(outcome(&output, "is_ignored"), "ignored, it fails");
}

#[test]
fn limits_can_be_multiplied() {
    // Those of all tests, and those that tests have of their own.
    for (test, message) in
        [("hangs", "timed out after 8 s"), ("has_a_limit_of_its_own", "timed out after 2 s")]
    {
        let output = run(&["--timeout-factor", "2", "--exact", &format!("self_test::{test}")]);
        assert!(details(&output, test).contains(message), "{}", output.stdout);
    }
}

#[test]
fn only_the_first_process_is_an_init() {
    // Before it stands what a kernel did not understand.
    let said = harness().run(["nokaslr", "--unknown", "--init"]).failure(2);
    assert!(said.contains("`--init` is for the first process of a kernel"), "{said}");
}

#[test]
fn an_ignored_test_runs_only_if_it_is_asked_for() {
    let output = run(&["is_ignored"]);
    assert_eq!((outcome(&output, "is_ignored").as_str(), output.code), ("ignored, it fails", 0));
    for option in ["--ignored", "--include-ignored"] {
        let output = run(&[option, "is_ignored"]);
        assert_eq!((outcome(&output, "is_ignored").as_str(), output.code), ("FAILED", FAILED));
    }
    assert_eq!(names(&run(&["--ignored", "--list"])), ["self_test::is_ignored"]);
}

#[test]
fn one_failure_does_not_keep_the_others_from_running() {
    for threads in ["1", "2", "100"] {
        let output = run(&["--test-threads", threads]);
        assert_eq!(output.code, FAILED);
        let (verdict, [passed, failed, ignored, filtered_out]) = counts(&output);
        let all = names(&run(&["--list"])).len();
        assert_eq!((verdict, passed + failed + ignored, filtered_out), ("FAILED", all, 0));
        assert!(output.stdout.starts_with(&format!("\nrunning {all} tests\n")), "{}", output.stdout);
        for test in ["passes", "expects_signal_and_gets_it", "is_skipped_under_qemu"] {
            assert_eq!(outcome(&output, test), "ok");
        }
        for test in ["fails", "crashes", "exits", "hangs", "hangs_in_grandchild", "expects_signal_and_lives"]
        {
            assert_eq!(outcome(&output, test), "FAILED");
        }
    }
}

#[test]
fn filters_select() {
    let selected = |arguments: &[&str]| {
        let output = run(&[&["--list"], arguments].concat());
        assert_eq!(output.code, 0);
        names(&output)
            .into_iter()
            .map(|name| name.trim_start_matches("self_test::").into())
            .collect::<Vec<String>>()
    };
    let all = selected(&[]);
    assert!(all.len() > 10, "{all:?}");
    assert_eq!(selected(&["hangs"]), ["hangs", "hangs_in_grandchild"]);
    assert_eq!(selected(&["hangs", "exits"]), ["exits", "hangs", "hangs_in_grandchild"]);
    assert_eq!(selected(&["self_test::hangs", "--exact"]), ["hangs"]);
    assert_eq!(selected(&["hangs", "--exact"]), [""; 0]);
    assert_eq!(selected(&["hangs", "--skip", "grandchild"]), ["hangs"]);
    assert_eq!(selected(&["--skip=self_test::hangs", "hangs", "--exact"]), [""; 0]);
    assert_eq!(selected(&["nothing has this name"]), [""; 0]);
    let left: Vec<String> =
        all.into_iter().filter(|name| !name.contains('s') && !name.contains("fail")).collect();
    assert_eq!(selected(&["--skip", "s", "--skip", "fail"]), left);

    let output = run(&["--exact", "self_test::passes"]);
    let (_, [passed, _, _, filtered_out]) = counts(&output);
    assert_eq!((passed, filtered_out), (1, names(&run(&["--list"])).len() - 1));
    assert!(output.stdout.starts_with("\nrunning 1 test\n"), "{}", output.stdout);
}

#[test]
fn the_list_is_libtest_s() {
    let list = run(&["--list", "self_test::passes"]).success();
    assert_eq!(list, "self_test::passes: test\n\n1 test, 0 benchmarks\n");
    let list = run(&["--list", "--format", "terse", "self_test::passes"]).success();
    assert_eq!(list, "self_test::passes: test\n");
}

#[test]
fn the_terse_format_has_a_character_for_each_test() {
    let output = run(&["--format", "terse", "--exact", "self_test::passes", "self_test::is_ignored"]);
    assert!(output.stdout.starts_with("\nrunning 2 tests\n"), "{}", output.stdout);
    let results = output.stdout.lines().nth(2).unwrap_or_default();
    assert!(["i.", ".i"].contains(&results), "{}", output.stdout);
    assert_eq!((counts(&output).0, output.code), ("ok", 0));

    let output = run(&["--format=terse", "--exact", "self_test::fails"]);
    assert_eq!(output.stdout.lines().nth(2), Some("F"));
    assert!(details(&output, "fails").contains("assertion"));
    assert_eq!(output.code, FAILED);
}

#[test]
fn a_command_line_that_means_nothing_is_refused() {
    for (arguments, reason) in [
        (["--unknown"].as_slice(), "--unknown"),
        (&["--test-threads", "0"], "--test-threads"),
        (&["--test-threads", "-1"], "--test-threads"),
        (&["--test-threads", "many"], "many"),
        (&["--test-threads"], "--test-threads"),
        (&["--timeout-secs", "0"], "--timeout-secs"),
        (&["--timeout-factor", "0"], "--timeout-factor"),
        (&["--fewer-rounds", "0"], "--fewer-rounds"),
        (&["--format", "json"], "json"),
        (&["--skip"], "--skip"),
        (&["--under", "bochs"], "bochs"),
    ] {
        let said = harness().run(arguments).failure(2);
        assert!(said.starts_with("error: ") && said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn the_tests_of_the_harness_are_not_among_the_others() {
    let output = harness().run(["--list"]);
    let names = names(&output);
    assert!(!names.is_empty() && names.iter().all(|name| !name.contains("self_test")), "{names:?}");
}
