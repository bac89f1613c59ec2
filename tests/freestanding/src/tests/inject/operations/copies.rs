use super::{Copies, Operation, assert_pattern, file, operation};
use baremap::{FileMap, Result, fault};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("fault::install", |calls| calls.fail(fault::install)).undecided(),
    operation("fault::uninstall", |calls| {
        fault::install()?;
        // SAFETY: no other handler was installed over it.
        calls.fail(|| unsafe { fault::uninstall() })
    })
    .undecided(),
    operation("the first copy of a process", read).undecided(),
    operation("a copy by the kernel, the first of a process", |calls| {
        fault::decline();
        read(calls)
    })
    .undecided(),
    operation("a copy by the kernel", |calls| read_again(calls, 100)).copies(Copies::ByKernel).remembers(),
    operation("a long copy by the kernel", |calls| read_again(calls, 40 << 10))
        .copies(Copies::ByKernel)
        .remembers(),
    operation("a copy by the kernel into a map", |calls| {
        let map = FileMap::write(file()?)?;
        map.write_at(0, b"before")?;
        let mut bytes = [0; 6];
        let result = calls.fail(|| map.write_at(0, b"behind"));
        map.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, if result.is_ok() { b"behind" } else { b"before" });
        result
    })
    .copies(Copies::ByKernel)
    .remembers(),
    operation("a load and a store by the kernel", |calls| {
        let map = FileMap::write(file()?)?;
        map.load::<u8>(0)?;
        calls.fail(|| map.store(8, map.load::<u64>(0)?))
    })
    .copies(Copies::ByKernel)
    .remembers(),
    operation("a copy by the handler", |calls| read_again(calls, 100)),
];

impl Operation {
    const fn undecided(self) -> Self {
        self.copies(Copies::Undecided).remembers()
    }
}

fn read(calls: &super::Calls<'_>) -> Result<()> {
    let (map, mut bytes) = (FileMap::read(file()?)?, [0; 100]);
    calls.fail(|| map.read_at(0, &mut bytes))?;
    assert_pattern(&bytes);
    Ok(())
}

/// Reads that many bytes, not for the first time.
fn read_again(calls: &super::Calls<'_>, len: usize) -> Result<()> {
    let (_file, map) = crate::support::engine::file(len.div_ceil(baremap::page::size()))?;
    let mut bytes = [0; 64 << 10];
    let bytes = &mut bytes[..len];
    map.read_at(0, bytes)?;
    bytes.fill(0);
    calls.fail(|| map.read_at(0, bytes))?;
    assert_pattern(bytes);
    Ok(())
}
