use crate::harness::tests;
use crate::support::child;
use baremap::arch::code::adder;
use baremap::sys::Signal;
use baremap::{AnonMap, CodeMap, Errno, Operation, Reason, Result, page};

type Adder = extern "C" fn(i64) -> i64;

tests! {
    fn made_code_runs() -> Result<()> {
        let mut map = CodeMap::new(100)?;
        map.write_at(0, &adder(5))?;
        map.write_at(48, &adder(-7))?;
        // SAFETY: such functions begin there.
        let (add_five, take_seven) = unsafe { (map.function::<Adder>(0)?, map.function::<Adder>(48)?) };
        assert_eq!((add_five(37), take_seven(7)), (42, 0));
        assert_eq!(add_five(i64::MAX), i64::MIN + 4);
        Ok(())
    }

    fn memory_turns_into_code_and_back() -> Result<()> {
        let mut map = AnonMap::new(100)?;
        for addend in 0..100 {
            let code = adder(addend);
            map[8..8 + code.len()].copy_from_slice(&code);
            let executable = map.make_exec()?;
            // SAFETY: such a function begins there.
            assert_eq!(unsafe { executable.function::<Adder>(8) }?(1), addend + 1);
            // SAFETY: never called.
            let error = unsafe { executable.function::<Adder>(100) }.unwrap_err();
            assert_eq!(error.reason(), Reason::OutOfBounds { offset: 100, len: 1, size: 100 });
            map = executable.make_mut()?;
        }
        Ok(())
    }

    fn code_may_cross_pages() -> Result<()> {
        let mut map = CodeMap::new(2 * page::size())?;
        // The last instruction of the first page is the function's first.
        let offset = page::size() - 4;
        map.write_at(offset, &adder(i64::MAX))?;
        // SAFETY: such a function begins there. On aarch64 it is aligned for instructions; the addend need not be.
        let add = unsafe { map.function::<Adder>(offset) }?;
        assert_eq!(add(1), i64::MIN);
        Ok(())
    }

    #[skip(qemu_user, "QEMU 7 does not learn that code is written by another address than it runs at")]
    fn code_is_replaced() -> Result<()> {
        let mut map = CodeMap::new(100)?;
        for addend in 0..1000 {
            map.write_at(0, &adder(addend))?;
            // SAFETY: such a function begins there.
            assert_eq!(unsafe { map.function::<Adder>(0) }?(1), addend + 1);
        }
        Ok(())
    }

    fn code_that_runs_cannot_be_written() -> Result<()> {
        let map = CodeMap::new(100)?;
        let address = map.as_ptr().cast_mut();
        // SAFETY: mapped; the store raises SIGSEGV, which ends the child.
        let status = child::run(|| unsafe { address.write_volatile(0) });
        assert_eq!(status.signal(), Some(Signal::SEGV));
        Ok(())
    }

    fn what_is_not_within_the_map_is_an_error() -> Result<()> {
        let mut map = CodeMap::new(100)?;
        let error = map.write_at(100, b"x").unwrap_err();
        assert_eq!(error.reason(), Reason::OutOfBounds { offset: 100, len: 1, size: 100 });
        assert_eq!(map.write_at(usize::MAX, b"xx").unwrap_err().errno(), Errno::EINVAL);
        // SAFETY: never called.
        let error = unsafe { map.function::<Adder>(100) }.unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Function, Errno::EINVAL));
        Ok(())
    }

    fn of_no_bytes_is_a_map_too() -> Result<()> {
        let mut map = CodeMap::new(0)?;
        assert!(map.is_empty());
        map.write_at(0, b"")?;
        // SAFETY: never called.
        assert!(unsafe { map.function::<Adder>(0) }.is_err());
        Ok(())
    }

    fn too_long_is_an_error() {
        let error = CodeMap::new(usize::MAX).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::ENOMEM, Reason::TooLong { len: u64::MAX }));
    }
}
