use super::{Operation, assert_pattern, dropped, given_back, memory, operation};
use baremap::map::{Fallback, HugePage, NoAccess};
use baremap::{AnonMap, Caps, MapOptions, Result, SharedMap, page};

pub(super) const OPERATIONS: &[Operation] =
    &[
        operation("AnonMap::new", |calls| calls.fail(|| AnonMap::new(10)).map(drop)),
        operation("AnonMap, populated", |calls| {
            calls.fail(|| MapOptions::new().len(page::size()).populate().map_anon()).map(drop)
        }),
        operation("AnonMap, at an address", |calls| {
            let address = free_address()?;
            calls.fail(|| MapOptions::new().len(page::size()).at(address).map_anon()).map(drop)
        }),
        operation("AnonMap, transparent huge", |calls| {
            calls.fail(|| MapOptions::new().len(4 << 20).transparent_huge().map_anon()).map(drop)
        })
        .large(),
        operation("AnonMap, transparent huge and populated", |calls| {
            calls.fail(|| MapOptions::new().len(4 << 20).transparent_huge().populate().map_anon()).map(drop)
        })
        .large(),
        operation("AnonMap, huge or transparent", |calls| {
            let options = MapOptions::new().len(page::size());
            calls.fail(|| options.huge(HugePage::Size1G, Fallback::Transparent).map_anon()).map(drop)
        })
        .large(),
        operation("AnonMap, huge or small", |calls| {
            let options = MapOptions::new().len(page::size());
            calls.fail(|| options.huge(HugePage::Default, Fallback::Small).map_anon()).map(drop)
        })
        .large(),
        operation("AnonMap::make_read_only", |calls| {
            let map = memory()?;
            match calls.fail_change(|| map.make_read_only()) {
                Ok(map) => assert_pattern(&map),
                Err(failed) => return Err(given_back(failed, |map| assert_still_writable(map))),
            }
            Ok(())
        }),
        operation("AnonMap::make_mut", |calls| {
            let map = memory()?.make_read_only()?;
            match calls.fail_change(|| map.make_mut()) {
                Ok(map) => assert_still_writable(map),
                Err(failed) => return Err(given_back(failed, |map| assert_pattern(&map))),
            }
            Ok(())
        }),
        operation("AnonMap::make_exec", |calls| {
            let map = memory()?;
            match calls.fail_change(|| map.make_exec()) {
                Ok(map) => assert_pattern(&map),
                Err(failed) => return Err(given_back(failed, |map| assert_still_writable(map))),
            }
            Ok(())
        }),
        operation("AnonMap::make_none", |calls| {
            let map = memory()?;
            match calls.fail_change(|| map.make_none()) {
                Ok(map) => assert_still_writable(map.make_mut()?),
                Err(failed) => return Err(given_back(failed, |map| assert_still_writable(map))),
            }
            Ok(())
        }),
        operation("AnonMap::discard", |calls| {
            let mut map = memory()?;
            let result = calls.fail(|| map.discard(0, page::size()));
            match result {
                Ok(()) => assert!(map[..page::size()].iter().all(|&byte| byte == 0)),
                Err(_) => assert_pattern(&map),
            }
            result
        }),
        operation("AnonMap::resize, longer", |calls| resize(calls, 100 * page::size())),
        operation("AnonMap::resize, shorter", |calls| resize(calls, page::size() - 1)),
        operation("AnonMap::resize, to nothing", |calls| resize(calls, 0)),
        operation("AnonMap::resize, from nothing", |calls| {
            let mut map = AnonMap::new(0)?;
            let result = calls.fail(|| map.resize(10));
            assert_eq!(map.len(), if result.is_ok() { 10 } else { 0 });
            result
        }),
        operation("AnonMap::reserve", |calls| calls.fail(|| AnonMap::reserve(64 * page::size())).map(drop)),
        operation("AnonMap::reserve_at", |calls| {
            let address = free_address()?;
            calls.fail(|| AnonMap::reserve_at(address, page::size())).map(drop)
        }),
        operation("AnonMap::decommit", |calls| {
            let map = memory()?;
            match calls.fail_change(|| map.decommit()) {
                Ok(map) => assert!(map.make_mut()?.iter().all(|&byte| byte == 0)),
                Err(failed) => return Err(given_back(failed, |map| assert_still_writable(map))),
            }
            Ok(())
        }),
        operation("AnonMap::split_off and join", |calls| {
            let mut map = memory()?;
            let rest = map.split_off(page::size())?;
            calls.fail_change(|| map.join(rest))?;
            assert_pattern(&map);
            Ok(())
        }),
        operation("AnonMap, dropped", |calls| {
            let map = memory()?;
            dropped(calls, map)
        }),
        operation("AnonMap::seal", |calls| {
            let map = memory()?;
            match calls.fail_change(|| map.seal()) {
                Ok(bytes) => assert_pattern(bytes),
                Err(failed) => return Err(given_back(failed, |map| assert_still_writable(map))),
            }
            Ok(())
        })
        .stays()
        .needs(Caps::MSEAL),
        operation("AnonMap::seal_mut", |calls| {
            let map = memory()?;
            match calls.fail_change(|| map.seal_mut()) {
                Ok(bytes) => assert_pattern(bytes),
                Err(failed) => return Err(given_back(failed, |map| assert_still_writable(map))),
            }
            Ok(())
        })
        .stays()
        .needs(Caps::MSEAL),
        operation("SharedMap::new", |calls| calls.fail(|| SharedMap::new(10)).map(drop)),
        operation("SharedMap::make_read_only", |calls| {
            let map = SharedMap::new(10)?;
            calls.fail_change(|| map.make_read_only()).map(drop).map_err(|failed| {
                given_back(failed, |map| map.write_at(0, b"still").expect("it is writable"))
            })
        }),
        operation("SharedMap::make_mut", |calls| {
            let map = SharedMap::new(10)?.make_read_only()?;
            let map = calls.fail_change(|| map.make_mut())?;
            map.write_at(0, b"writable")
        }),
        operation("SharedMap::make_none", |calls| {
            let map = SharedMap::new(10)?;
            calls.fail_change(|| map.make_none()).map(drop).map_err(|failed| {
                given_back(failed, |map| map.write_at(0, b"still").expect("it is writable"))
            })
        }),
        operation("SharedMap::punch_hole", |calls| {
            let map = SharedMap::new(2 * page::size())?;
            map.store(0, 7_u8)?;
            let result = calls.fail(|| map.punch_hole(0, page::size()));
            if result.is_err() {
                assert_eq!(map.load::<u8>(0)?, 7);
            }
            result
        }),
    ];

/// An address at which nothing is mapped.
fn free_address() -> Result<usize> {
    let map: AnonMap<NoAccess> = AnonMap::reserve(page::size())?;
    Ok(map.as_ptr().addr())
}

/// Asserts that a map has its bytes, and takes others.
#[track_caller]
fn assert_still_writable(mut map: AnonMap) {
    assert_pattern(&map);
    map.fill(0);
}

fn resize(calls: &super::Calls<'_>, len: usize) -> Result<()> {
    let mut map = memory()?;
    let old = map.len();
    let result = calls.fail(|| map.resize(len));
    assert_eq!(map.len(), if result.is_ok() { len } else { old });
    assert_pattern(&map[..len.min(old)]);
    result
}
