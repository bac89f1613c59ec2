use baremap_host_tests::example;

#[track_caller]
fn adds(a: i64, b: i64) {
    let sum = example("jit").run([a.to_string(), b.to_string()]).success();
    assert_eq!(sum, format!("{}\n", a.wrapping_add(b)));
}

#[test]
fn integers_are_added() {
    adds(40, 2);
    adds(0, 0);
    adds(-7, 3);
    adds(0x0123_4567_89ab_cdef, 0x1122_3344_5566_7788);
}

#[test]
fn a_sum_wraps_around() {
    adds(i64::MAX, 1);
    adds(i64::MIN, -1);
}

#[test]
fn what_is_no_two_integers_is_refused() {
    let refuses = |arguments: &[&str]| {
        assert_eq!(example("jit").run(arguments).failure(2), "usage: jit INTEGER INTEGER\n", "{arguments:?}");
    };
    refuses(&[]);
    refuses(&["1"]);
    refuses(&["1", "2", "3"]);
    refuses(&["1", "two"]);
    refuses(&["9223372036854775808", "1"]);
}
