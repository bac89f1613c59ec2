//! Locks and semaphores that nobody else wants, beside those of glibc and of the standard library.
//!
//! `cargo bench -p baremap-benches --bench sync -- [--quick] [FILTER]`

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::Instant;

use baremap::SharedMap;
use baremap::share::PlainCell;
use baremap::sync::{Event, Mutex, Private, Semaphore};
use baremap_benches::options::Options;
use baremap_benches::table::{Row, Target, print};

/// What is timed: so many pairs of taking and giving up.
type Way<'a> = (&'a str, &'a dyn Fn(u32));

fn main() {
    let options = Options::get();
    // Short rounds: some of them nothing interrupts.
    let (rounds, pairs) = if options.quick { (100, 10_000) } else { (1000, 10_000) };
    let compare = |title: &str, ways: &[Way<'_>], targets: &[Target]| {
        if !title.contains(&options.filter) {
            return;
        }
        let mut rows: Vec<Row> = ways.iter().map(|(name, _)| Row::new(name)).collect();
        // In turns, so that whatever else runs here disturbs all of them alike.
        for _ in 0..rounds {
            for ((_, way), row) in ways.iter().zip(&mut rows) {
                let start = Instant::now();
                way(pairs);
                row.times.push(start.elapsed().as_nanos() as f64 / f64::from(pairs));
            }
        }
        print(title, &mut rows, targets);
    };
    let map = SharedMap::new(1 << 12).expect("a page");

    println!("ratio of the best times, best, median, half the way between the quartiles");
    let shared: &Mutex<PlainCell<u64>> = map.value(0).expect("there is room");
    let private = Mutex::private(0_u64);
    let standard = std::sync::Mutex::new(0_u64);
    let (robust, plain) = (Glibc::mutex(&map, 256, true), Glibc::mutex(&map, 512, false));
    compare(
        "lock and unlock",
        &[
            ("glibc robust", &|pairs| robust.lock_and_unlock(pairs)),
            ("Mutex", &|pairs| {
                for _ in 0..pairs {
                    let number = black_box(shared).lock().expect("nobody has died");
                    number.set(number.get() + 1);
                }
            }),
            ("Mutex, Private", &|pairs| {
                for _ in 0..pairs {
                    *black_box(&private).lock() += 1;
                }
            }),
            ("glibc", &|pairs| plain.lock_and_unlock(pairs)),
            ("std", &|pairs| {
                for _ in 0..pairs {
                    *black_box(&standard).lock().expect("nobody has panicked") += 1;
                }
            }),
        ],
        &[
            Target { row: "Mutex", of: "glibc robust", most: 0.9 },
            Target { row: "Mutex", of: "std", most: 2.0 },
            Target { row: "Mutex, Private", of: "std", most: 1.0 },
        ],
    );

    let semaphore: &Semaphore = map.value(1024).expect("there is room");
    let private: Semaphore<Private> = Semaphore::private(0);
    let glibc = Glibc::semaphore(&map, 1088);
    compare(
        "release and acquire",
        &[
            ("sem_t", &|pairs| glibc.post_and_wait(pairs)),
            ("Semaphore", &|pairs| {
                for _ in 0..pairs {
                    black_box(semaphore).release(1).expect("there are few");
                    semaphore.acquire();
                }
            }),
            ("Semaphore, Private", &|pairs| {
                for _ in 0..pairs {
                    black_box(&private).release(1).expect("there are few");
                    private.acquire();
                }
            }),
        ],
        &[Target { row: "Semaphore", of: "sem_t", most: 1.0 }],
    );

    let event: &Event = map.value(1152).expect("there is room");
    event.set();
    compare(
        "an event that is set",
        &[("Event", &|pairs| {
            for _ in 0..pairs {
                black_box(event).wait();
            }
        })],
        &[],
    );
}

/// Something of glibc's, at an address in shared memory.
struct Glibc<T>(*mut T);

impl<T> Glibc<T> {
    fn at(map: &SharedMap, offset: usize) -> Self {
        assert!(size_of::<T>() <= 64);
        let place: &[PlainCell<u64>; 8] = map.value(offset).expect("there is room");
        Self((&raw const *place).cast_mut().cast())
    }
}

impl Glibc<libc::pthread_mutex_t> {
    fn mutex(map: &SharedMap, offset: usize, robust: bool) -> Self {
        let mutex = Self::at(map, offset);
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: room for a mutex, which nobody uses yet, and attributes that are made first.
        unsafe {
            let attributes: *mut libc::pthread_mutexattr_t = attributes.as_mut_ptr();
            assert_eq!(libc::pthread_mutexattr_init(attributes), 0);
            if robust {
                assert_eq!(libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST), 0);
                assert_eq!(libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED), 0);
            }
            assert_eq!(libc::pthread_mutex_init(mutex.0, attributes), 0);
        }
        mutex
    }

    fn lock_and_unlock(&self, pairs: u32) {
        thread_local! {
            static NUMBER: UnsafeCell<u64> = const { UnsafeCell::new(0) };
        }
        NUMBER.with(|number| {
            for _ in 0..pairs {
                // SAFETY: a mutex that was made; the number is this thread's.
                unsafe {
                    libc::pthread_mutex_lock(black_box(self.0));
                    *number.get() += 1;
                    libc::pthread_mutex_unlock(self.0);
                }
            }
        });
    }
}

impl Glibc<libc::sem_t> {
    fn semaphore(map: &SharedMap, offset: usize) -> Self {
        let semaphore = Self::at(map, offset);
        // SAFETY: room for a semaphore, which nobody uses yet.
        assert_eq!(unsafe { libc::sem_init(semaphore.0, 1, 0) }, 0);
        semaphore
    }

    fn post_and_wait(&self, pairs: u32) {
        for _ in 0..pairs {
            // SAFETY: a semaphore that was made.
            unsafe {
                libc::sem_post(black_box(self.0));
                libc::sem_wait(self.0);
            }
        }
    }
}
