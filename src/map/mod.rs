//! Maps, and what may be borrowed from them.
//!
//! | map                        | made by                                      | lends                                  |
//! |----------------------------|----------------------------------------------|----------------------------------------|
//! | [`AnonMap`]                | [`AnonMap::new`]                             | `&[u8]`, `&mut [u8]`: nobody else has it |
//! | [`AnonMap<NoAccess>`]      | [`AnonMap::reserve`]                         | nothing: addresses, to be filled later |
//! | [`GrowMap`]                | [`GrowMap::new`]                             | `&[u8]`, `&mut [u8]`; grows and never moves |
//! | [`GuardedMap`]             | [`GuardedMap::new`]                          | `&[u8]`, `&mut [u8]`; its neighbours cannot be touched |
//! | [`SharedMap`]              | [`SharedMap::new`]                           | [`SharedBytes`]: children have it too   |
//! | [`FileMap<ReadOnly>`]      | [`FileMap::read`]                            | [`SharedBytes`], for reading           |
//! | [`FileMap<ReadWrite>`]     | [`FileMap::write`]                           | [`SharedBytes`]; stores reach the file |
//! | [`FileMap<CopyOnWrite>`]   | [`FileMap::copy`]                            | [`SharedBytes`]; stores stay here      |
//! | [`SealedMap`]              | [`SealedMap::new`], [`seal`](SealedMap::seal), [`open`](SealedMap::open) | `&[u8]`: nobody can change it |
//! | [`SecretMap`]              | [`SecretMap::new`]                           | `&[u8]`, `&mut [u8]`: not even a child has it |
//! | [`CodeMap`]                | [`CodeMap::new`]                             | [`Function`]s; code is copied in       |
//! | [`DeviceMap`]              | [`DeviceMap::open`]                          | [`Register`]s, and no bytes            |
//!
//! [`MapOptions`] makes them with more to say: a part of a file, an address, huge pages, pages read in at once. What a map's
//! pages may be used for is part of its type, a [`Protection`], and `make_read_only` and its kin change both at once.
//! [`Pages`] takes advice and locks and says what is in memory.
//!
//! Whoever may write to a file may change the bytes of a map of it at any moment, and a `&[u8]` whose bytes change is
//! undefined behaviour. So no safe function gives one; [`SharedBytes`] copies bytes in and out, lends atomics, and
//! gives pointers and `unsafe` slices to those who know better.
//!
//! A length of 0 is a map too: it takes no memory, and nothing is unmapped when it goes.
//!
//! A file that shrinks takes its pages away from its maps, and to touch them raises SIGBUS. The copies, loads and stores
//! of [`SharedBytes`] report that as an error, see [`fault`](crate::fault). Atomics, pointers and slices touch the pages
//! themselves: they are for memory that its user knows to stay.
//!
//! # Why this is sound
//!
//! A map owns its addresses: nothing else in the process unmaps them, maps over them or changes their protection, and
//! the crate does so only by value or by an exclusive reference, when nothing is borrowed. On that rests the rest:
//!
//! | type | why what it lends is right |
//! |------|----------------------------|
//! | [`AnonMap`], [`GrowMap`], [`GuardedMap`] | Private memory that no other process has: a forked child gets a copy. Zero at first, and zero again after `discard`, `decommit` and growing, which take the map exclusively. Advice that would change bytes under a shared reference, now (`MADV_DONTNEED`), some time (`MADV_FREE`) or in a child (`MADV_WIPEONFORK`), is unsafe. |
//! | any [`Protection`] | Slices and bytes are lent only where it is [`Access`], exclusive ones and stores only where it is [`Writable`]. A change of protection takes the map and gives one of another type; where it fails it gives the map back with the protection that it had. None is writable and executable. |
//! | [`FileMap`], [`SharedMap`] | Lend [`SharedBytes`], of which the compiler believes nothing: others may write to them at any moment, and a page that goes away is an error of the copy. What throws pages away may therefore be safe. |
//! | [`AnonMap<NoAccess>`] | Lends nothing. Two parts that are joined are one range of addresses; a file that is mapped into a part is moved over it by one call, so that at no moment somebody else can get the addresses. |
//! | `&'static` of [`AnonMap::seal`] and [`FileMap::seal`] | The map is not dropped any more; that nothing else changes it the kernel sees to. |
//! | [`Pages`] | Borrows the map, so that it stays; nothing that it does in safe code changes a byte or what may be done with one. |
//!
//! All of them are [`Send`] and [`Sync`]: addresses belong to the process. Slices follow Rust's rules of borrowing, and
//! [`SharedBytes`] are made for writers that nobody knows.

//!
//! # What is promised, and the test of it
//!
//! The tests are in tests/freestanding, by these names (`cargo xtask test NAME` runs one everywhere).
//!
//! | promise | test |
//! |---------|------|
//! | a read returns an error when the file shrank | `fault_copies::read_at_comes_to_the_end_of_whole_pages`, `fault_stress` |
//! | owning types: a map is unmapped when it is dropped, exactly | `map_file::a_map_is_unmapped_when_it_is_dropped` |
//! | any offset, not only of whole pages | `map_file::any_offset_and_length_work` |
//! | a length of zero is a map | `map_file::an_empty_file_is_an_empty_map`, `map_anon::no_length_is_an_empty_map` |
//! | a range past the file's end is an error | `map_file::a_part_that_ends_after_the_file_is_einval` |
//! | a fixed address overwrites nothing | `map_fixed::nothing_is_overwritten` |
//! | reserve, then commit, then give back | `map_reservation::decommit_gives_the_memory_back` |
//! | split and join | `map_reservation::parts_go_apart_and_come_together` |
//! | files are mapped over a reservation of one's own, and over nothing else | `map_reservation::a_file_goes_into_a_part` |
//! | growth by mremap(2) | `map_resize::a_map_that_cannot_grow_in_place_moves` |
//! | growth without moving, with guard pages | `map_grow::it_grows_and_shrinks_where_it_is` |
//! | a protection is a type; none is writable and executable | `map_protection`, `code::code_that_runs_cannot_be_written` |
//! | flushes of any range, bounds checked | `map_flush::ranges_need_not_be_aligned` |
//! | a flush that failed is not forgotten | `map_flush::a_flush_that_failed_fails_for_ever` |
//! | prefaulting reports its error | `map_advice::prefault_reports_the_end_of_the_file` |
//! | advice stays within the map | `map_advice::a_range_is_within_the_map` |
//! | huge pages of a chosen size, with the fallback of one's choice | `map_huge::without_huge_pages_the_caller_gets_what_it_chose` |
//! | huge pages are unmapped whole | `map_huge::huge_pages_are_unmapped_as_they_were_mapped` |
//! | a sound `&[u8]` of a file | `sealed::nobody_can_change_it`, `sealed::open_asks_for_seals_against_writing_and_shrinking` |
//! | a slice of any file, as it is now | `sealed::a_snapshot_is_of_the_whole_file_and_leaves_it_alone` |
//! | memfds and seals | `sealed::is_not_sealed_while_it_may_be_written` |
//! | mseal, memfd_secret, mincore, process_vm_readv | `map_lock::a_sealed_map_stays_as_it_is`, `secret`, `map_lock::residency_is_page_by_page`, `fault_kernel::process_vm_readv_alone_is_enough` |
//! | registers of devices, no slices | `device::every_width_is_loaded_and_stored_alone` |
//! | code made at run time | `code::made_code_runs` |
//! | a crash leaves the old value or the new | `durable::killed_at_any_moment_leaves_the_old_value_or_the_new`, `replace::killed_at_any_moment_leaves_the_old_file_or_the_new` |
//! | what is mapped where, without allocation | `regions::each_kind_of_map_is_listed_as_it_is` |

mod advice;
mod anon;
pub(crate) mod bounds;
mod bytes;
mod change;
mod code;
mod device;
mod durable;
mod file;
mod flush;
mod grow;
mod guard;
mod huge;
mod lock;
mod mapping;
mod options;
mod pages;
mod protection;
mod regions;
mod reservation;
mod resize;
mod sealed;
mod secret;
mod shared;

pub use advice::{Advice, UncheckedAdvice};
pub use anon::AnonMap;
pub use bytes::{Atomic, Chunks, Plain, SharedBytes};
pub use change::{ChangeError, Changed};
pub use code::{CodeMap, Function};
pub use device::{DeviceMap, Loadable, Register, Storable, Width, WriteOnly};
pub use durable::{DurableCell, Storage};
pub use file::FileMap;
pub use grow::GrowMap;
pub use guard::GuardedMap;
pub use huge::{Fallback, HugePage, transparent_huge_size};
pub use options::MapOptions;
pub use pages::Pages;
pub use protection::{Access, CopyOnWrite, Executable, NoAccess, Protection, ReadOnly, ReadWrite, Writable};
pub use regions::{Region, Regions, regions};
pub use sealed::SealedMap;
pub use secret::SecretMap;
pub use shared::SharedMap;

static_assertions::assert_impl_all!(AnonMap: Send, Sync);
static_assertions::assert_impl_all!(AnonMap<NoAccess>: Send, Sync);
static_assertions::assert_impl_all!(AnonMap<Executable>: Send, Sync);
static_assertions::assert_impl_all!(FileMap<CopyOnWrite>: Send, Sync);
static_assertions::assert_impl_all!(GrowMap: Send, Sync);
static_assertions::assert_impl_all!(GuardedMap: Send, Sync);
static_assertions::assert_impl_all!(Pages<'_, ReadWrite>: Send, Sync);
static_assertions::assert_impl_all!(SharedMap: Send, Sync);
// What cannot be touched lends nothing, and what cannot be written lends nothing to write to.
static_assertions::assert_not_impl_any!(AnonMap<NoAccess>: core::ops::Deref);
static_assertions::assert_not_impl_any!(FileMap<NoAccess>: core::ops::Deref);
static_assertions::assert_not_impl_any!(AnonMap<ReadOnly>: core::ops::DerefMut);
static_assertions::assert_not_impl_any!(AnonMap<Executable>: core::ops::DerefMut);
static_assertions::assert_not_impl_any!(FileMap<ReadOnly>: core::ops::DerefMut);
