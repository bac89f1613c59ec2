//! What the kernel has mapped, and how much more it may.

use super::{Room, Step};
use baremap::sys::ProtFlags;
use baremap::{File, map, page};
use proptest::prelude::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::ops::Range;

#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) range: Range<usize>,
    pub(crate) protection: ProtFlags,
    pub(crate) is_shared: bool,
    pub(crate) offset: u64,
    object: ((u32, u32), u64),
}

/// All that is mapped.
pub(crate) struct Space(Vec<Region>);

impl Space {
    pub(crate) fn now() -> Self {
        let mut found = Vec::with_capacity(200);
        let mut regions = map::regions().unwrap();
        while let Some(region) = regions.next().unwrap() {
            found.push(Region {
                range: region.range(),
                protection: region.protection(),
                is_shared: region.is_shared(),
                offset: region.offset(),
                object: (region.device(), region.inode()),
            });
        }
        Space(found)
    }

    /// The maps of a file.
    pub(crate) fn of(&self, file: &File) -> Vec<Region> {
        let stat = file.stat().unwrap();
        let object = (stat.device(), stat.inode());
        self.0.iter().filter(|region| region.object == object).cloned().collect()
    }

    pub(crate) fn overlaps(&self, range: &Range<usize>) -> bool {
        self.0.iter().any(|region| region.range.start < range.end && range.start < region.range.end)
    }

    /// Asserts that all of a range is private memory without a file, with this protection.
    pub(crate) fn is_private(&self, range: &Range<usize>, protection: ProtFlags) -> Step {
        let mut next = range.start;
        for region in &self.0 {
            if region.range.contains(&next) && next < range.end {
                let found = (region.protection, region.is_shared, region.object.1);
                prop_assert_eq!(found, (protection, false, 0), "{:x?} in {:x?}", region, range);
                next = region.range.end;
            }
        }
        prop_assert!(next >= range.end, "{next:#x} is not mapped, of {range:x?}");
        Ok(())
    }
}

/// Does something that does not allocate while the kernel gives no more than so many pages of private memory
/// (RLIMIT_DATA), so that it may fail, and half-way too.
pub(crate) fn with_room<T>(Room(room): Room, action: impl FnOnce() -> T) -> T {
    let Some(pages) = room else { return action() };
    let before = getrlimit(Resource::Data);
    let current = Some(private_memory() + pages * page::size() as u64);
    setrlimit(Resource::Data, Rlimit { current, ..before }).unwrap();
    let result = action();
    setrlimit(Resource::Data, before).unwrap();
    result
}

fn private_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap();
    1024 * line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap()
}
