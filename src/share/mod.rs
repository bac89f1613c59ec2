//! Values that several processes use at once, and how they find each other.
//!
//! | type                            | what                                                                          |
//! |---------------------------------|-------------------------------------------------------------------------------|
//! | [`Shared`]                      | what a type promises that may lie in shared memory; [`shared!`](crate::shared) for structs |
//! | [`LayoutHash`]                | what two programs compare before they share values of a type                  |
//! | [`Offset`], [`OffsetSlice`]     | where a value lies: the same in every process, wherever each has mapped it     |
//! | [`AtomicOffset`]                | an offset that one process publishes and others follow                        |
//! | [`PlainCell`]                   | a number or other plain value, copied in and out                              |
//! | [`SharedMemory`]                | maps that lend the same bytes for as long as they live                        |
//!
//! ```
//! use baremap::share::{AtomicOffset, Offset, PlainCell};
//! use baremap::{SharedMap, shared};
//!
//! shared! {
//!     /// A link of a list.
//!     struct Link {
//!         next: AtomicOffset<Link>,
//!         value: PlainCell<u64>,
//!     }
//! }
//!
//! let map = SharedMap::new(100)?;
//! let (first, second): (&Link, &Link) = (map.value(16)?, map.value(32)?);
//! second.value.set(7);
//! first.next.store(Offset::of(second, &map)?);
//! // In this process or another:
//! let next = first.next.load().get(&map)?;
//! assert_eq!(next.map(|link| link.value.get()), Some(7));
//! # Ok::<(), baremap::Error>(())
//! ```
//!
//! # What may lie in shared memory
//!
//! Another process, buggy or hostile, may change any byte at any moment to anything. To the compiler a field of type `u64` behind
//! `&` never changes, and one of type `bool` is 0 or 1; where that does not hold, behaviour is undefined. So the rule is:
//!
//! - Safe code gets `&T` into shared memory, and never `&mut T`: nobody has such memory alone.
//! - `T` is [`Shared`]: any bytes are a value of it, all of them may change while it is borrowed, and every access is an atomic.
//!   Such are the atomic integers, [`AtomicOffset`], [`PlainCell`], and arrays and structs of these.
//! - A plain value goes into a [`PlainCell`], which copies it in and out. What was checked is the copy, which does not change
//!   any more. There is no plain field, also not one that is "written once and then only read": who would see to that?
//! - An [`Offset`] is checked whenever it is followed: what it leads to is within the map and aligned. It may lead to
//!   another value than was meant, or in a circle. That is wrong, and sound.
//!
//! Who knows that nobody writes any more, because all the others have ended, say, may take a plain reference by an `unsafe`
//! function: [`SharedBytes::as_slice`](crate::SharedBytes::as_slice),
//! [`SharedArena::get_frozen`](crate::alloc::SharedArena::get_frozen).
//!
//! # Why offsets count from the start of the object
//!
//! They could also count from the place where they lie. But then a value could neither be copied nor compared, sent in a message
//! or exchanged by a compare-and-swap, and the start of the map is needed anyway, to check that they stay within it.
//!
//! # What is promised, and the test of it
//!
//! The tests are in tests/freestanding, by these names (`cargo xtask test NAME` runs one everywhere).
//!
//! | promise | test |
//! |---------|------|
//! | an offset leads to the same value in every map | `offset::an_offset_leads_to_the_same_value_at_another_address` |
//! | what it leads to is in bounds and aligned | `offset::what_is_not_within_the_map_is_refused`, `offset::what_is_not_aligned_is_refused` |
//! | another layout has another number | `layout::what_differs_has_another_layout` |
//! | zeros are none | `offset::zeros_are_none_and_no_values` |
//! | a word is stored whole | `offset::a_word_is_never_torn` |
//! | who sees an offset sees the value | `offset::who_sees_an_offset_sees_the_value` |
//! | blocks of several processes lie apart | `shared_arena::several_processes_allocate_at_once` |
//! | a killed process loses at most one block | `shared_arena::a_killed_process_loses_at_most_the_block_it_was_at` |
//! | hostile bytes give no wrong view | `shared_arena::a_hostile_header_gives_neither_a_wrong_view_nor_a_crash` |

mod cell;
mod layout;
mod lend;
mod memory;
mod offset;
mod slice;
mod value;
pub(crate) mod words;

pub use cell::PlainCell;
pub use layout::LayoutHash;
pub use memory::SharedMemory;
pub use offset::{AtomicOffset, Offset};
pub use slice::OffsetSlice;
#[doc(hidden)]
pub use value::__is_shared;
pub use value::Shared;
