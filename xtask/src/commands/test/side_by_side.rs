//! Running suites, several at a time.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use super::suite::Suite;
use crate::libtest::Results;

/// Runs so many at a time; gives their results in their order.
pub fn run(suites: &[Suite], jobs: usize) -> Vec<Results> {
    // What takes long begins first, so that nothing has to be waited for in the end.
    let (long, short): (Vec<_>, Vec<_>) = (0..suites.len()).partition(|&index| suites[index].is_long());
    let order = [long, short].concat();
    let next = AtomicUsize::new(0);
    let results: Vec<OnceLock<Results>> = suites.iter().map(|_| OnceLock::new()).collect();
    thread::scope(|scope| {
        for _ in 0..jobs.min(suites.len()) {
            scope.spawn(|| {
                while let Some(&index) = order.get(next.fetch_add(1, Relaxed)) {
                    results[index].set(suites[index].run()).expect("each has one turn");
                }
            });
        }
    });
    results.into_iter().map(|results| results.into_inner().expect("each had its turn")).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::suite::Work, *};
    use crate::arch::Arch;

    #[test]
    fn results_come_in_the_order_of_the_suites() {
        let suite = |machine, script: &str| {
            let command = duct::cmd("sh", ["-c", script]);
            let work = Ok(Work::Commands(vec![command]));
            Suite { label: "test".into(), machine, may_be_empty: false, work }
        };
        let script = |test: &str| format!("echo 'test {test} ... ok'; echo 'test result: ok.'");
        let machines = [Some(Arch::HOST), None, Some(Arch::HOST), None, None];
        let suites: Vec<Suite> = machines
            .into_iter()
            .zip(["a", "b", "c", "d", "e"])
            .map(|(machine, test)| suite(machine, &script(test)))
            .collect();
        for jobs in [1, 2, 9] {
            let passed: Vec<_> = run(&suites, jobs).into_iter().flat_map(|results| results.passed).collect();
            assert_eq!(passed, ["a", "b", "c", "d", "e"]);
        }
    }
}
