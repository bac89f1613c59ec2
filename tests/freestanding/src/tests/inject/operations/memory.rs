use super::{Copies, Operation, operation};
use crate::support::child;
use baremap::map::{self, Fallback, GrowMap, GuardedMap, HugePage};
use baremap::{Caps, Errno, MapOptions, Result, page};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("GrowMap::new", |calls| calls.fail(|| GrowMap::new(64 * page::size())).map(drop)),
    operation("GrowMap::grow_to", |calls| {
        let mut map = GrowMap::new(64 * page::size())?;
        map.grow_to(5)?;
        map.fill(7);
        let result = calls.fail(|| map.grow_to(2 * page::size()));
        assert_eq!(map.len(), if result.is_ok() { 2 * page::size() } else { 5 });
        assert_eq!(map[..5], [7; 5]);
        result
    }),
    operation("GrowMap::shrink_to", |calls| {
        let mut map = GrowMap::new(64 * page::size())?;
        map.grow_to(2 * page::size())?;
        map.fill(7);
        let result = calls.fail(|| map.shrink_to(5));
        assert_eq!(map.len(), if result.is_ok() { 5 } else { 2 * page::size() });
        assert!(map.iter().all(|&byte| byte == 7));
        result
    }),
    operation("GuardedMap::new", |calls| {
        let _ = Caps::GUARD_PAGES.work();
        calls.fail(|| GuardedMap::new(10)).map(drop)
    }),
    operation("GuardedMap::new, the first of a process", |calls| {
        calls.fail(|| GuardedMap::new(10)).map(drop)
    })
    .remembers(),
    operation("map::regions", |calls| {
        calls.fail(|| {
            let mut regions = map::regions()?;
            while regions.next()?.is_some() {}
            Result::Ok(())
        })
    }),
    operation("HugePage::size", |calls| {
        // A kernel without huge pages says EINVAL.
        calls.fail(|| accept(HugePage::Default.size(), Errno::EINVAL))
    }),
    operation("HugePage::free", |calls| calls.fail(|| accept(HugePage::Size2M.free(), Errno::ENOENT))),
    operation("transparent_huge_size", |calls| {
        calls.fail(|| {
            let _ = map::transparent_huge_size();
            Result::Ok(())
        })
    }),
    operation("AnonMap, huge or nothing", |calls| {
        let options = MapOptions::new().len(page::size()).huge(HugePage::Size2M, Fallback::Error);
        // Where no pages are set aside, EINVAL where there is no such size.
        calls.fail(|| match options.map_anon() {
            Err(error) if matches!(error.errno(), Errno::ENOMEM | Errno::EINVAL) => Ok(()),
            result => result.map(drop),
        })
    }),
    operation("Caps::GUARD_PAGES", |calls| ask(calls, Caps::GUARD_PAGES)).caps(),
    operation("Caps::WIPE_ON_FORK", |calls| ask(calls, Caps::WIPE_ON_FORK)).caps(),
    operation("Caps::DONT_FORK", |calls| ask(calls, Caps::DONT_FORK)).caps(),
    operation("Caps::FIXED_NOREPLACE", |calls| ask(calls, Caps::FIXED_NOREPLACE)).caps(),
    operation("Caps::POPULATE", |calls| ask(calls, Caps::POPULATE)).caps(),
    operation("Caps::MEMFD_SEALS", |calls| ask(calls, Caps::MEMFD_SEALS)).caps(),
    operation("Caps::PROCESS_VM", |calls| ask(calls, Caps::PROCESS_VM)).caps(),
    operation("Caps::ROBUST_LISTS", |calls| ask(calls, Caps::ROBUST_LISTS)).caps(),
    operation("Caps::MSEAL", |calls| ask(calls, Caps::MSEAL)).caps(),
    operation("Caps::MEMFD_SECRET", |calls| ask(calls, Caps::MEMFD_SECRET)).caps(),
    operation("Caps::LOCK_ON_FAULT", |calls| ask(calls, Caps::LOCK_ON_FAULT)).caps(),
    operation("Caps::HUGETLB", |calls| ask(calls, Caps::HUGETLB)).caps(),
    operation("Caps::TRANSPARENT_HUGE_PAGES", |calls| ask(calls, Caps::TRANSPARENT_HUGE_PAGES)).caps(),
];

impl Operation {
    /// What a process knows of its kernel it has learnt once.
    const fn caps(self) -> Self {
        self.remembers().copies(Copies::Undecided)
    }
}

/// Asks whether something works: after a failure the answer may be no, but it is never yes where that is wrong.
fn ask(calls: &super::Calls<'_>, cap: Caps) -> Result<()> {
    let works = child::run(|| u8::from(cap.work())).code() == Some(1);
    let answer = calls.fail(|| Result::Ok(cap.work()))?;
    // Errors by which a kernel that has it would have answered.
    let is_evidence = matches!(calls.errno(), Some(Errno::EEXIST | Errno::EFAULT | Errno::EPERM));
    assert!(works || !answer || is_evidence, "{cap:?} does not work");
    Ok(())
}

/// Takes an error that says that this kernel lacks something for an answer.
fn accept<T>(result: Result<T>, missing: Errno) -> Result<()> {
    match result {
        Err(error) if error.errno() == missing => Ok(()),
        result => result.map(drop),
    }
}
