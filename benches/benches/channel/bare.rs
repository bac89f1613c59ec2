//! The least that two processes can do for each other.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use baremap::SharedMap;
use baremap::sys::{FutexScope, futex_wait, futex_wake};

use crate::pair::Pair;

/// One word there, one back, each on a cache line of its own; both wait by looking.
pub(crate) fn trips(pair: Pair) -> f64 {
    let map = SharedMap::new(256).expect("a page");
    let (there, back): (&AtomicU64, &AtomicU64) =
        (map.value(0).expect("room"), map.value(128).expect("room"));
    let echo = || {
        for number in 1..=pair.count + 1 {
            while there.load(SeqCst) != number {
                spin_loop();
            }
            back.store(number, SeqCst);
        }
        Ok(())
    };
    let mut number = 0;
    let step = || {
        number += 1;
        there.store(number, SeqCst);
        while back.load(SeqCst) != number {
            spin_loop();
        }
    };
    pair.time_steps(echo, step)
}

/// The same where both sleep: a number is stored, and who waits for it is woken.
pub(crate) fn sleeping_trips(pair: Pair) -> f64 {
    let map = SharedMap::new(256).expect("a page");
    let (there, back): (&AtomicU32, &AtomicU32) =
        (map.value(0).expect("room"), map.value(128).expect("room"));
    let echo = || {
        for number in 1..=pair.count as u32 + 1 {
            wait_for(there, number);
            tell(back, number);
        }
        Ok(())
    };
    let mut number = 0;
    let step = || {
        number += 1;
        tell(there, number);
        wait_for(back, number);
    };
    pair.time_steps(echo, step)
}

fn tell(word: &AtomicU32, number: u32) {
    word.store(number, SeqCst);
    futex_wake(word, FutexScope::Shared, 1).expect("it is a futex");
}

fn wait_for(word: &AtomicU32, number: u32) {
    loop {
        let seen = word.load(SeqCst);
        if seen == number {
            return;
        }
        // It is another by now, or who stores it wakes this one.
        let _ = futex_wait(word, FutexScope::Shared, seen, None);
    }
}
