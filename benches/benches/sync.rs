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
use baremap_benches::{Area, EQUAL, Target, ours, ours_against, peer};

/// Pairs of taking and giving up in a round: short rounds, so that some of them nothing interrupts.
const PAIRS: u32 = 10_000;

fn main() {
    let mut area = Area::start("sharing", "sync", "Locks and semaphores that nobody else wants.");
    let map = SharedMap::new(1 << 12).expect("a page");
    locks(&mut area, &map);
    semaphores(&mut area, &map);
    events(&mut area, &map);
}

/// Nanoseconds a pair.
fn timed(pairs: impl FnOnce()) -> f64 {
    let start = Instant::now();
    pairs();
    start.elapsed().as_nanos() as f64 / f64::from(PAIRS)
}

fn rounds(area: &Area) -> usize {
    area.either(1000, 100)
}

fn locks(area: &mut Area, map: &SharedMap) {
    let rounds = rounds(area);
    let Some(table) = area.table("lock and unlock") else { return };
    let shared: &Mutex<PlainCell<u64>> = map.value(0).expect("there is room");
    let private = Mutex::private(0_u64);
    let standard = std::sync::Mutex::new(0_u64);
    let (robust, plain) = (Glibc::mutex(map, 256, true), Glibc::mutex(map, 512, false));
    table
        .targets(&[
            Target::new("Mutex", "glibc robust", 0.9),
            Target::new("Mutex", "std", 2.0),
            Target::new("Mutex, Private", "std", EQUAL),
        ])
        .why(
            "Mutex",
            "beside the two atomic instructions, the lock is announced to the kernel, put on the thread's list and taken from it, so that \
             the next owner hears of a death: stores that std does without, and that glibc's robust mutex makes too",
        )
        .why("Mutex, Private", "the same two atomic instructions: what differs is what one run differs by from the next")
        .rounds(
            rounds,
            &mut [
                peer("glibc robust", &mut || timed(|| robust.lock_and_unlock())),
                ours_against("Mutex", "glibc robust", &mut || {
                    timed(|| {
                        for _ in 0..PAIRS {
                            let number = black_box(shared).lock().expect("nobody has died");
                            number.set(number.get() + 1);
                        }
                    })
                }),
                ours_against("Mutex, Private", "std", &mut || {
                    timed(|| {
                        for _ in 0..PAIRS {
                            *black_box(&private).lock() += 1;
                        }
                    })
                }),
                // As long as there is one thread, it has no atomic instruction.
                peer("glibc", &mut || timed(|| plain.lock_and_unlock())),
                peer("std", &mut || {
                    timed(|| {
                        for _ in 0..PAIRS {
                            *black_box(&standard).lock().expect("nobody has panicked") += 1;
                        }
                    })
                }),
            ],
        );
}

const TWO: &str = "two atomic instructions are all of it, as in glibc; besides, attempts are counted, so that nobody who stores there for \
     ever keeps a thread";

fn semaphores(area: &mut Area, map: &SharedMap) {
    let rounds = rounds(area);
    let Some(table) = area.table("release and acquire") else { return };
    let semaphore: &Semaphore = map.value(1024).expect("there is room");
    let private: Semaphore<Private> = Semaphore::private(0);
    let glibc = Glibc::semaphore(map, 1088);
    table
        .targets(&[Target::new("Semaphore", "sem_t", EQUAL)])
        .why("Semaphore", TWO)
        .why("Semaphore, Private", TWO)
        .rounds(
            rounds,
            &mut [
                peer("sem_t", &mut || timed(|| glibc.post_and_wait())),
                ours("Semaphore", &mut || {
                    timed(|| {
                        for _ in 0..PAIRS {
                            black_box(semaphore).release(1).expect("there are few");
                            semaphore.acquire();
                        }
                    })
                }),
                ours("Semaphore, Private", &mut || {
                    timed(|| {
                        for _ in 0..PAIRS {
                            black_box(&private).release(1).expect("there are few");
                            private.acquire();
                        }
                    })
                }),
            ],
        );
}

fn events(area: &mut Area, map: &SharedMap) {
    let rounds = rounds(area);
    let Some(table) = area.table("an event that is set") else { return };
    let event: &Event = map.value(1152).expect("there is room");
    event.set();
    table.rounds(
        rounds,
        &mut [ours("Event", &mut || {
            timed(|| {
                for _ in 0..PAIRS {
                    black_box(event).wait();
                }
            })
        })],
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

    fn lock_and_unlock(&self) {
        thread_local! {
            static NUMBER: UnsafeCell<u64> = const { UnsafeCell::new(0) };
        }
        NUMBER.with(|number| {
            for _ in 0..PAIRS {
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

    fn post_and_wait(&self) {
        for _ in 0..PAIRS {
            // SAFETY: a semaphore that was made.
            unsafe {
                libc::sem_post(black_box(self.0));
                libc::sem_wait(self.0);
            }
        }
    }
}
