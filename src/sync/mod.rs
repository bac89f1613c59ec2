//! Synchronisation among processes that share memory, and among threads.
//!
//! | type          | what                                                    | bytes             | among threads only     |
//! |---------------|---------------------------------------------------------|-------------------|------------------------|
//! | [`Mutex`]     | a value that one at a time has; told when one dies with it | 40 and the value | `Mutex<T, Private>`    |
//! | [`Condvar`]   | waiting until what a mutex protects has changed         | 8                 | `Condvar<Private>`     |
//! | [`Semaphore`] | a number of permits                                     | 4                 | `Semaphore<Private>`   |
//! | [`Barrier`]   | so many wait for each other                             | 8                 | `Barrier<Private>`     |
//! | [`Event`]     | something that happens once                             | 4                 | `Event<Private>`       |
//!
//! Among processes they lie in shared memory, alone or in structs that [`shared!`](crate::shared) declares. Memory of zeros holds each
//! of them, free and unset. None allocates. Each wait comes in a form with a [`Deadline`].
//!
//! # When a process is killed
//! At any instruction, and the others go on:
//! - A mutex is told of by the kernel, or by a look at its owner; see [`Engine`]. The next owner is told in turn.
//! - No other wait relies on a wake: somebody may be killed between what it stored and the wake. Who waits for other processes
//!   looks again after a tenth of a second.
//! - A permit of a semaphore is lost with who had it, and a barrier waits for who never comes: until a deadline.
//!
//! # How a thread's locks are known
//! The first lock that a thread takes, and the first one in a forked child, makes a few system calls: it puts some entries of this
//! crate's into the list of robust futexes that the kernel has of the thread, glibc's if there is one (locks of both may be held
//! by one thread, in any order), or its own. Not with musl, whose list has another layout: there, locks go by
//! [`Engine::OwnerCheck`] in a thread that has locked a robust mutex of musl's before; one that does so afterwards replaces the list,
//! and the death of this thread is not noticed any more. The child of a `vfork`, which runs in its parent's memory, takes no locks.
//!
//! A lock is known by thread numbers: processes of several PID namespaces have several of the same number, and must not share one,
//! nor, by [`Engine::OwnerCheck`], processes of several time namespaces.
//! Neither does a lock in a file outlive the machine: after a crash, fill it with zeros.
//!
//! # Buggy or hostile processes
//! Who can store into a lock can break it: it is locked for ever, or by two at once. That gives no undefined behaviour, since the
//! values are [`Shared`](crate::share::Shared) and nothing that lies in shared memory is followed as a pointer by this crate. The kernel
//! does follow the entries of locks that a thread holds while it ends: there, in a process that goes on, a hostile one
//! could have it mark a word that happens to be the dead thread's number.
//!
//! # What is promised, and the test of it
//!
//! The tests are in tests/freestanding (`cargo xtask test NAME` runs one everywhere), the last four in tests/host.
//!
//! | promise | test |
//! |---------|------|
//! | a mutex survives a kill at every instruction of its owner | `sync_kill::killed_at_every_instruction`, `sync_kill::killed_at_random` |
//! | handlers may take locks at every instruction | `sync_mutex::a_handler_takes_locks_at_every_instruction` |
//! | every lock that the dead held is marked, however many | `sync_mutex::every_lock_that_the_dead_held_is_marked` |
//! | one at a time has it | `sync_mutex::two_processes_count_to_the_number` |
//! | a forked child owns nothing of its parent's | `sync_mutex::a_forked_child_owns_nothing_of_its_parents` |
//! | no wake is relied on | `sync_event::who_waits_sees_it_without_being_woken`, and so with the other kinds |
//! | any words are borne, also while they change | `sync_hostile::any_words_are_borne` |
//! | the steps are right in every order of the memory model | `sync_steps`, by a model checker |
//! | locks of glibc's are held beside these in any order | `sync_glibc::a_thread_that_ends_leaves_both_kinds_dead` |
//! | glibc's fork and this crate's | `sync_glibc::a_child_of_glibcs_fork_leaves_both_kinds_dead` |
//! | later threads that have a dead one's address | `sync_glibc::thread_pointers_are_used_again` |

mod barrier;
mod condvar;
mod deadline;
mod event;
mod mutex;
pub(crate) mod owner;
mod private;
mod scope;
mod semaphore;
pub(crate) mod sleep;
mod steps;

pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use deadline::Deadline;
pub use event::Event;
pub use mutex::{Guard, LockError, Mutex, OwnerDied};
pub use owner::{Engine, engine};
pub use scope::{Private, ProcessShared, Scope};
pub use semaphore::Semaphore;
