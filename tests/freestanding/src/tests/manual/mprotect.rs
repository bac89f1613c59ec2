use crate::harness::tests;
use crate::support::child;
use crate::support::memory::Pages;
use baremap::fd::AsFd;
use baremap::sys::{self, MapFlags, ProtFlags, Signal};
use baremap::{Errno, File, page};
use core::ptr;

type Result = core::result::Result<(), Errno>;

const READ: ProtFlags = ProtFlags::READ;
const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

tests! {
    #[skip(qemu_pages, "QEMU rounds lengths up to pages of 4 KiB")]
    fn every_page_of_which_a_byte_is_meant_changes_and_no_other() -> Result {
        let pages = Pages::new(4);
        // SAFETY: the pages are the test's own.
        unsafe { sys::mprotect(pages.page(1), page::size() + 1, READ) }?;
        assert_eq!([0, 1, 2, 3].map(|index| can_be_written(pages.page(index))), [true, false, false, true]);
        let last = |index: usize| pages.page(index).wrapping_add(page::size() - 1);
        assert_eq!([0, 1, 2, 3].map(|index| can_be_written(last(index))), [true, false, false, true]);
        Ok(())
    }

    fn several_maps_change_at_once() -> Result {
        let pages = Pages::new(3);
        // SAFETY: the pages are the test's own.
        unsafe {
            sys::mprotect(pages.page(1), page::size(), ProtFlags::empty())?;
            sys::mprotect(pages.page(0), pages.len(), READ)?;
            assert_eq!([0, 1, 2].map(|index| *pages.page(index)), [0; 3]);
        }
        assert_eq!([0, 1, 2].map(|index| can_be_written(pages.page(index))), [false; 3]);
        Ok(())
    }

    #[skip(qemu_user, "QEMU says ENOMEM")]
    fn no_length_changes_nothing() -> Result {
        let pages = Pages::new(1);
        // SAFETY: the page is the test's own.
        unsafe { sys::mprotect(pages.page(0), 0, ProtFlags::empty()) }?;
        assert!(can_be_written(pages.page(0)));
        Ok(())
    }

    fn a_protection_that_does_not_exist_is_einval() {
        let pages = Pages::new(1);
        let unknown = READ_WRITE | ProtFlags::from_bits_retain(1 << 20);
        // SAFETY: it fails.
        assert_eq!(unsafe { sys::mprotect(pages.page(0), page::size(), unknown) }, Err(Errno::EINVAL));
        assert!(can_be_written(pages.page(0)));
    }

    fn a_range_with_a_gap_is_enomem() {
        let pages = Pages::new(3);
        pages.unmap(1);
        // SAFETY: the pages are the test's own.
        let result = unsafe { sys::mprotect(pages.page(0), pages.len(), READ) };
        assert_eq!(result, Err(Errno::ENOMEM));
        assert!(can_be_written(pages.page(2)));
    }

    #[skip(qemu_user, "QEMU ends by an assertion of its own")]
    fn a_range_beyond_all_addresses_is_enomem() {
        let pages = Pages::new(1);
        for len in [0_usize.wrapping_sub(pages.page(0).addr()), usize::MAX - page::size()] {
            // SAFETY: it fails.
            assert_eq!(unsafe { sys::mprotect(pages.page(0), len, READ) }, Err(Errno::ENOMEM), "{len:#x}");
        }
        assert!(can_be_written(pages.page(0)));
    }

    fn code_can_be_made_writable() -> Result {
        let program = File::open(c"/proc/self/exe")?;
        let (code, flags) = (READ | ProtFlags::EXEC, MapFlags::PRIVATE);
        // SAFETY: the map is the test's own, and the program's file does not shrink.
        unsafe {
            let map = sys::mmap(ptr::null_mut(), page::size(), code, flags, program.as_fd(), 0)?;
            assert_eq!(map.read_volatile(), 0x7f);
            sys::mprotect(map, page::size(), READ_WRITE)?;
            map.write_volatile(0);
            assert_eq!(map.add(1).read_volatile(), b'E');
            sys::munmap(map, page::size())?;
        }
        let mut first = [0];
        program.read_exact_at(&mut first, 0)?;
        assert_eq!(first, [0x7f]);
        Ok(())
    }
}

/// Whether a store to the address, in a child, does without a signal.
fn can_be_written(address: *mut u8) -> bool {
    // SAFETY: the pages are the tests' own, and the store is one to the child's copy of them.
    let status = child::run(|| unsafe { address.write_volatile(7) });
    assert!(status.success() || status.signal() == Some(Signal::SEGV), "{status}");
    status.success()
}
