//! The locks of `sync` beside glibc's robust mutexes, in one thread and on one list.
#![cfg(target_env = "gnu")]

use baremap::share::PlainCell;
use baremap::sync::{self, Condvar, Deadline, Engine, LockError, Mutex, Private};
use baremap::{SharedMap, arch, process};
use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::mem::{self, MaybeUninit};
use std::thread;
use std::time::Duration;

type Own = Mutex<PlainCell<u64>>;

const LONG: Duration = Duration::from_secs(60);
/// Locks of each kind.
const COUNT: usize = 24;

/// Locks of both kinds in shared memory.
struct Locks {
    map: SharedMap,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Free,
    Held,
    Died,
}

impl Locks {
    const SIZE: usize = 64;

    fn new() -> Self {
        let map = SharedMap::new(2 * COUNT * Self::SIZE).unwrap();
        let locks = Self { map };
        let mut attributes = MaybeUninit::uninit();
        for index in 0..COUNT {
            // SAFETY: room for a mutex, which nobody uses yet, and attributes that are made first.
            unsafe {
                let attributes: *mut libc::pthread_mutexattr_t = attributes.as_mut_ptr();
                assert_eq!(libc::pthread_mutexattr_init(attributes), 0);
                assert_eq!(libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST), 0);
                assert_eq!(libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED), 0);
                assert_eq!(libc::pthread_mutex_init(locks.glibc(index), attributes), 0);
            }
        }
        locks
    }

    fn own(&self, index: usize) -> &Own {
        self.map.value(Self::SIZE * index).unwrap()
    }

    fn glibc(&self, index: usize) -> *mut libc::pthread_mutex_t {
        let place: &[PlainCell<u64>; 8] = self.map.value(Self::SIZE * (COUNT + index)).unwrap();
        (&raw const *place).cast_mut().cast()
    }

    fn lock_glibc(&self, index: usize) {
        // SAFETY: a mutex that was made.
        assert_eq!(unsafe { libc::pthread_mutex_lock(self.glibc(index)) }, 0);
    }

    fn unlock_glibc(&self, index: usize) {
        // SAFETY: a mutex that was made.
        assert_eq!(unsafe { libc::pthread_mutex_unlock(self.glibc(index)) }, 0);
    }

    /// What a look at it says, after which it is as it was, or free and consistent.
    fn own_state(&self, index: usize) -> State {
        match self.own(index).try_lock() {
            Ok(_) => State::Free,
            Err(LockError::OwnerDied(died)) => {
                drop(died.mark_consistent());
                State::Died
            }
            Err(LockError::Failed(_)) => State::Held,
        }
    }

    fn glibc_state(&self, index: usize) -> State {
        let mutex = self.glibc(index);
        // SAFETY: a mutex that was made.
        unsafe {
            match libc::pthread_mutex_trylock(mutex) {
                0 => {
                    libc::pthread_mutex_unlock(mutex);
                    State::Free
                }
                libc::EOWNERDEAD => {
                    libc::pthread_mutex_consistent(mutex);
                    libc::pthread_mutex_unlock(mutex);
                    State::Died
                }
                _ => State::Held,
            }
        }
    }

    /// Takes and leaves locks of both kinds in an order that `seed` chooses. The ones that are held at the end are left so.
    fn shuffle(&self, seed: u64) -> ([bool; COUNT], [bool; COUNT]) {
        let mut random = seed;
        let mut below = |limit: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as usize % limit
        };
        let mut own: [Option<_>; COUNT] = [const { None }; COUNT];
        let mut glibc = [false; COUNT];
        for _ in 0..500 {
            let index = below(COUNT);
            if below(2) == 0 {
                match own[index].take() {
                    Some(guard) => drop(guard),
                    None => own[index] = Some(self.own(index).lock().unwrap()),
                }
            } else {
                if glibc[index] {
                    self.unlock_glibc(index)
                } else {
                    self.lock_glibc(index)
                }
                glibc[index] = !glibc[index];
            }
        }
        let held = own.each_ref().map(Option::is_some);
        mem::forget(own);
        (held, glibc)
    }

    /// Asserts that those locks, and no others, were those of somebody who died.
    fn assert_died(&self, (own, glibc): ([bool; COUNT], [bool; COUNT])) {
        for index in 0..COUNT {
            let expected = |held| if held { State::Died } else { State::Free };
            assert_eq!(self.own_state(index), expected(own[index]), "lock {index}");
            assert_eq!(self.glibc_state(index), expected(glibc[index]), "glibc's lock {index}");
        }
    }
}

/// Runs a closure in a child that glibc has forked.
fn fork(run: impl FnOnce()) {
    // SAFETY: the child uses locks in shared memory, and ends.
    unsafe {
        match libc::fork() {
            0 => {
                run();
                libc::_exit(0)
            }
            pid => {
                let mut status = 0;
                assert_eq!(libc::waitpid(pid, &raw mut status, 0), pid);
                assert_eq!(status, 0, "the child");
            }
        }
    }
}

#[test]
fn a_thread_that_ends_leaves_both_kinds_dead() {
    assert_eq!(sync::engine(), Engine::RobustList);
    let locks = Locks::new();
    for seed in 1..=200 {
        // A new thread each time, mostly on the stack of the one before.
        let held = thread::scope(|scope| scope.spawn(|| locks.shuffle(seed)).join().unwrap());
        locks.assert_died(held);
    }
}

#[test]
fn a_child_of_glibcs_fork_leaves_both_kinds_dead() {
    let locks = Locks::new();
    let (parents, parents_glibc) = (locks.own(0).lock().unwrap(), 0);
    locks.lock_glibc(parents_glibc);
    let others = Locks::new();
    for seed in 1..=50 {
        let map = SharedMap::new(2 * COUNT).unwrap();
        fork(|| {
            assert_eq!((locks.own_state(0), locks.glibc_state(0)), (State::Held, State::Held));
            let (own, glibc) = others.shuffle(seed);
            map.write_at(0, &own.map(u8::from)).unwrap();
            map.write_at(COUNT, &glibc.map(u8::from)).unwrap();
        });
        let mut held = [0; 2 * COUNT];
        map.read_at(0, &mut held).unwrap();
        let half = |from: usize| std::array::from_fn(|index| held[from + index] != 0);
        others.assert_died((half(0), half(COUNT)));
    }
    // What is the parent's has stayed so.
    fork(|| assert_eq!((locks.own_state(0), locks.glibc_state(0)), (State::Held, State::Held)));
    drop(parents);
    locks.unlock_glibc(parents_glibc);
    fork(|| assert_eq!((locks.own_state(0), locks.glibc_state(0)), (State::Free, State::Free)));
}

#[test]
fn a_child_of_this_crates_fork_has_a_list_of_its_own() {
    let locks = Locks::new();
    let parents = locks.own(0).lock().unwrap();
    for _ in 0..20 {
        // SAFETY: the child uses the map only.
        let child = unsafe {
            process::spawn(|| {
                assert_eq!(locks.own_state(0), State::Held);
                for index in 1..COUNT {
                    mem::forget(locks.own(index).lock());
                }
            })
        };
        assert!(child.unwrap().wait().unwrap().success());
        for index in 1..COUNT {
            assert_eq!(locks.own_state(index), State::Died, "lock {index}");
        }
    }
    drop(parents);
}

#[test]
fn a_killed_process_leaves_both_kinds_dead() {
    let locks = Locks::new();
    for _ in 0..20 {
        // SAFETY: the child uses locks in shared memory, and is killed.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            for index in 0..COUNT {
                locks.lock_glibc(index);
                mem::forget(locks.own(index).lock());
            }
            // SAFETY: this process ends here.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
        let mut status = 0;
        // SAFETY: the status is this function's own.
        assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
        assert_eq!(libc::WTERMSIG(status), libc::SIGKILL);
        locks.assert_died(([true; COUNT], [true; COUNT]));
    }
}

#[test]
fn thread_pointers_are_used_again() {
    let locks = Locks::new();
    let mut pointers = HashMap::new();
    for round in 0..100 {
        let pointer = thread::scope(|scope| {
            let run = || {
                mem::forget(locks.own(0).lock().unwrap());
                // SAFETY: a thread of glibc's has one.
                unsafe { arch::thread::pointer() }
            };
            scope.spawn(run).join().unwrap()
        });
        assert_eq!(locks.own_state(0), State::Died, "round {round}");
        *pointers.entry(pointer).or_insert(0) += 1;
    }
    assert!(pointers.values().any(|&count| count > 1), "no pointer came twice: {pointers:?}");
}

#[test]
fn threads_exclude_each_other() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 50_000;
    let (shared, private) = (Mutex::new(PlainCell::new(0_u64)), Mutex::private(0_u64));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let number = shared.lock().unwrap();
                    number.set(number.get() + 1);
                    drop(number);
                    *private.lock() += 1;
                }
            });
        }
    });
    assert_eq!((shared.lock().unwrap().get(), private.into_inner()), (THREADS * ROUNDS, THREADS * ROUNDS));
}

#[test]
fn threads_notify_each_other() {
    const ROUNDS: u64 = 20_000;
    static TURN: Mutex<u64, Private> = Mutex::private(0);
    static CHANGED: Condvar<Private> = Condvar::private();
    let play = |own: u64| {
        for _ in 0..ROUNDS {
            let mut turn = TURN.lock();
            while *turn % 2 != own {
                let (guard, result) = CHANGED.wait_until(turn, Deadline::after(LONG));
                assert!(!result.timed_out());
                turn = guard;
            }
            *turn += 1;
            drop(turn);
            CHANGED.notify_one();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| play(0));
        scope.spawn(|| play(1));
    });
    assert_eq!(*TURN.lock(), 2 * ROUNDS);
}

/// glibc's layout, as the kernel and this crate rely on it.
#[test]
fn glibcs_entry_is_where_it_is_expected() {
    let locks = Locks::new();
    let cell = UnsafeCell::new([0_usize; 3]);
    let (mut head, mut len) = (std::ptr::null_mut::<[usize; 3]>(), 0_usize);
    locks.lock_glibc(0);
    // SAFETY: the kernel writes pointer and length; the head is this thread's as long as it runs.
    unsafe {
        assert_eq!(libc::syscall(libc::SYS_get_robust_list, 0, &raw mut head, &raw mut len), 0);
        *cell.get() = *head;
    }
    let [first, offset, pending] = cell.into_inner();
    assert_eq!((offset as isize, pending, len), (-32, 0, 24));
    assert_eq!(first, locks.glibc(0).addr() + 32);
    locks.unlock_glibc(0);
}

/// glibc gives the stack of a thread that ended, and with it the thread pointer, to the next thread.
#[test]
fn a_thread_that_comes_after_one_whose_list_was_broken_is_another() {
    let map = SharedMap::new(4096).unwrap();
    let locks: &[Own] = map.values(0, 20).unwrap();
    let spoilt = SharedMap::new(64).unwrap();
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            // As many as a thread has room for without a further page, and one in which somebody stores nonsense.
            let held: Vec<_> = locks[..9].iter().map(|lock| lock.lock().unwrap()).collect();
            mem::forget(spoilt.value::<Own>(0).unwrap().lock().unwrap());
            spoilt.store(32, 8_u64).unwrap();
            drop(held);
        });
        first.join().unwrap();
        let second = scope.spawn(|| {
            mem::forget(locks[15].lock().unwrap());
            let word: u32 = map.load(15 * size_of::<Own>()).unwrap();
            // SAFETY: it takes nothing.
            (word & 0x1fff_ffff, unsafe { libc::gettid() } as u32)
        });
        let (owner, thread) = second.join().unwrap();
        assert_eq!(owner, thread);
    });
    match locks[15].lock_until(Deadline::after(LONG)) {
        Err(LockError::OwnerDied(number)) => drop(number.mark_consistent()),
        other => panic!("{other:?}"),
    };
}
