//! Pages for other allocators and for collections, each behind its feature.
//!
//! | feature             | for                                          | what it gets                                          |
//! |---------------------|----------------------------------------------|-------------------------------------------------------|
//! | `talc`              | talc 5                                       | [`TalcSource`], over any [`PageSource`]               |
//! | `dlmalloc`          | dlmalloc 0.2                                 | [`DlmallocSource`], over [`AnonPages`]; [`LockedDlmalloc`] |
//! | `allocator-api2`    | collections of allocator-api2 0.4, talc      | [`AnonPages`], `&`[`Bump`] and `&`[`Arena`] are `Allocator`s |
//! | `allocator-api2-02` | hashbrown, bumpalo: allocator-api2 0.2       | the same                                              |
//!
//! talc and dlmalloc lock. One of them as a program's allocator is out of bounds in a signal's handler, and in a child that was forked
//! while another thread allocated; [`Bump`] is not.
//!
//! # Without an adapter
//! Allocators that are told what memory they have take a reservation ([`GrowMap`]), and more of it as they need it; they never
//! give any back.
//!
//! ```
//! use baremap::map::GrowMap;
//! use core::alloc::Layout;
//! use linked_list_allocator::Heap;
//!
//! // Addresses, of which the first 64 KiB are memory.
//! let mut map = GrowMap::new(1 << 40)?;
//! map.grow_to(1 << 16)?;
//! let mut heap = Heap::empty();
//! // SAFETY: nobody else uses the map, and it stays as long as the heap.
//! unsafe { heap.init(map.as_mut_ptr(), map.len()) };
//!
//! let layout = Layout::new::<[u8; 100_000]>();
//! assert!(heap.allocate_first_fit(layout).is_err());
//! map.grow_to(1 << 20)?;
//! // SAFETY: the map has grown by as much, where it is.
//! unsafe { heap.extend((1 << 20) - (1 << 16)) };
//! let block = heap.allocate_first_fit(layout).expect("there is room");
//! // SAFETY: the block is from above.
//! unsafe { heap.deallocate(block, layout) };
//! # Ok::<(), baremap::Error>(())
//! ```
//!
//! ```
//! use baremap::map::GrowMap;
//! use buddy_system_allocator::Heap;
//! use core::alloc::Layout;
//!
//! let mut map = GrowMap::new(1 << 40)?;
//! map.grow_to(1 << 16)?;
//! let start = map.as_mut_ptr().expose_provenance();
//! let mut heap = Heap::<32>::empty();
//! // SAFETY: nobody else uses the map, and it stays as long as the heap.
//! unsafe { heap.add_to_heap(start, start + (1 << 16)) };
//!
//! let layout = Layout::new::<[u8; 100_000]>();
//! assert!(heap.alloc(layout).is_err());
//! map.grow_to(1 << 20)?;
//! // SAFETY: by these bytes the map has grown.
//! unsafe { heap.add_to_heap(start + (1 << 16), start + (1 << 20)) };
//! let block = heap.alloc(layout).expect("there is room");
//! // SAFETY: the block is from above.
//! unsafe { heap.dealloc(block, layout) };
//! # Ok::<(), baremap::Error>(())
//! ```
//!
//! [`AnonPages`]: super::AnonPages
//! [`Arena`]: super::Arena
//! [`Bump`]: super::Bump
//! [`GrowMap`]: crate::map::GrowMap
//! [`PageSource`]: super::PageSource

#[cfg(any(feature = "allocator-api2", feature = "allocator-api2-02"))]
mod allocator_api;
#[cfg(feature = "dlmalloc")]
mod dlmalloc;
#[cfg(feature = "talc")]
mod talc;

#[cfg(feature = "dlmalloc")]
pub use self::dlmalloc::{DlmallocSource, LockedDlmalloc};
#[cfg(feature = "talc")]
pub use self::talc::TalcSource;
