use super::{Operation, assert_pattern, dropped, file, given_back, operation};
use baremap::map::{Access, SharedBytes};
use baremap::{AnonMap, Caps, File, FileMap, MapOptions, Result, page};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("FileMap::read", |calls| {
        let file = file()?;
        assert_shows_pattern(&*calls.fail(|| FileMap::read(&file))?);
        Ok(())
    }),
    operation("FileMap::write", |calls| {
        let file = file()?;
        assert_shows_pattern(&*calls.fail(|| FileMap::write(&file))?);
        Ok(())
    }),
    operation("FileMap::copy", |calls| {
        let file = file()?;
        assert_shows_pattern(&*calls.fail(|| FileMap::copy(&file))?);
        Ok(())
    }),
    operation("FileMap, a part of the file", |calls| {
        let file = file()?;
        let options = MapOptions::new().offset(5).len(page::size()).populate().transparent_huge();
        calls.fail(|| options.map_copy_read_only(&file)).map(drop)
    }),
    operation("FileMap::make_read_only", |calls| {
        let map = FileMap::write(file()?)?;
        let map = calls
            .fail_change(|| map.make_read_only())
            .map_err(|failed| given_back(failed, |map| map.write_at(0, b"still").expect("it is writable")))?;
        assert_shows_pattern(&*map);
        Ok(())
    }),
    operation("FileMap::make_mut", |calls| {
        let map = FileMap::write(file()?)?.make_read_only()?;
        let map = calls
            .fail_change(|| map.make_mut())
            .map_err(|failed| given_back(failed, |map| assert_shows_pattern(&*map)))?;
        map.write_at(0, b"writable")
    }),
    operation("FileMap::make_copy_on_write", |calls| {
        let map = MapOptions::new().map_copy_read_only(file()?)?;
        let map = calls
            .fail_change(|| map.make_copy_on_write())
            .map_err(|failed| given_back(failed, |map| assert_shows_pattern(&*map)))?;
        map.write_at(0, b"writable")
    }),
    operation("FileMap::make_exec", |calls| {
        let map = FileMap::read(File::open(c"/proc/self/exe")?)?;
        calls.fail_change(|| map.make_exec()).map(drop).map_err(|failed| {
            given_back(failed, |map| assert_eq!(map.load::<u8>(0).expect("it is readable"), 0x7f))
        })
    }),
    operation("FileMap::make_none", |calls| {
        let map = FileMap::write(file()?)?;
        calls
            .fail_change(|| map.make_none())
            .map(drop)
            .map_err(|failed| given_back(failed, |map| assert_shows_pattern(&*map)))
    }),
    operation("FileMap::seal", |calls| {
        let map = FileMap::read(file()?)?;
        let bytes = calls
            .fail_change(|| map.seal())
            .map_err(|failed| given_back(failed, |map| assert_shows_pattern(&*map)))?;
        assert_shows_pattern(bytes);
        Ok(())
    })
    .stays()
    .needs(Caps::MSEAL),
    operation("FileMap::flush", |calls| {
        let map = FileMap::write(file()?)?;
        calls.fail(|| map.flush())
    }),
    operation("FileMap::flush_range", |calls| {
        let map = FileMap::write(file()?)?;
        calls.fail(|| map.flush_range(5, 5))
    }),
    operation("FileMap::flush_invalidate", |calls| {
        let map = FileMap::write(file()?)?;
        calls.fail(|| map.flush_invalidate())
    }),
    operation("FileMap::flush_async", |calls| {
        let map = FileMap::write(file()?)?;
        calls.fail(|| map.flush_async())
    }),
    operation("FileMap::remap, longer", |calls| remap(calls, 100 * page::size())),
    operation("FileMap::remap, shorter", |calls| remap(calls, page::size())),
    operation("FileMap::remap, to nothing", |calls| remap(calls, 0)),
    operation("FileMap::remap, from nothing", |calls| {
        let file = File::unnamed()?;
        let mut map = FileMap::write(&file)?;
        file.set_len(10)?;
        let result = calls.fail(|| map.remap(&file));
        assert_eq!(map.len(), if result.is_ok() { 10 } else { 0 });
        result
    }),
    operation("FileMap::set_len", |calls| {
        let file = file()?;
        let mut map = FileMap::write(&file)?;
        let (old, new) = (map.len(), 100 * page::size());
        let result = calls.fail(|| map.set_len(&file, new));
        assert_eq!(map.len(), if result.is_ok() { new } else { old });
        result
    }),
    operation("FileMap::discard", |calls| {
        let mut map = FileMap::copy(file()?)?;
        map.write_at(0, b"stored")?;
        let result = calls.fail(|| map.discard(0, page::size()));
        if result.is_ok() {
            assert_shows_pattern(&*map);
        }
        result
    }),
    operation("FileMap::punch_hole", |calls| {
        let map = FileMap::write(file()?)?;
        let result = calls.fail(|| map.punch_hole(0, page::size()));
        if result.is_err() {
            assert_shows_pattern(&*map);
        }
        result
    }),
    operation("AnonMap::map_file", |calls| {
        let (file, reserved) = (file()?, AnonMap::reserve(3 * page::size())?);
        let options = MapOptions::new();
        let map = calls.fail_change(|| reserved.map_file(&options, &file)).map_err(|failed| {
            given_back(failed, |map| {
                // Where the last step runs out of memory, it is empty.
                assert!(map.is_empty() || map.make_mut().is_ok_and(|map| map.len() == 3 * page::size()));
            })
        })?;
        assert_shows_pattern(&*map);
        Ok(())
    }),
    operation("FileMap, dropped", |calls| {
        let map = FileMap::write(file()?)?;
        dropped(calls, map)
    }),
];

#[track_caller]
fn assert_shows_pattern<A: Access>(bytes: &SharedBytes<A>) {
    let mut copy = [0; 100];
    bytes.read_at(0, &mut copy).expect("all of it is there");
    assert_pattern(&copy);
}

fn remap(calls: &super::Calls<'_>, len: usize) -> Result<()> {
    let file = file()?;
    let mut map = FileMap::write(&file)?;
    let old = map.len();
    file.set_len(len as u64)?;
    let result = calls.fail(|| map.remap(&file));
    assert_eq!(map.len(), if result.is_ok() { len } else { old });
    result
}
