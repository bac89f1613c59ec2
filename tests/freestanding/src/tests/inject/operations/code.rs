use super::{Operation, dropped, operation};
use baremap::{CodeMap, DeviceMap, File, arch, page};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CodeMap::new", |calls| {
        let mut map = calls.fail(|| CodeMap::new(page::size()))?;
        map.write_at(0, &arch::code::adder(5))?;
        // SAFETY: such a function begins there.
        let add_five = unsafe { map.function::<extern "C" fn(i64) -> i64>(0) }?;
        assert_eq!(add_five(37), 42);
        Ok(())
    }),
    operation("CodeMap, dropped", |calls| {
        let map = CodeMap::new(page::size())?;
        dropped(calls, map)
    }),
    operation("DeviceMap::open", |calls| {
        let file = File::unnamed()?;
        file.set_len(8)?;
        calls.fail(|| DeviceMap::open(&file, 0, 8))?.store(0, 7_u64)
    }),
    operation("DeviceMap::open_read_only", |calls| {
        let file = File::unnamed()?;
        file.set_len(8)?;
        assert_eq!(calls.fail(|| DeviceMap::open_read_only(&file, 0, 8))?.load::<u64>(0)?, 0);
        Ok(())
    }),
];
