//! With files and /dev/zero in a device's stead: they are there everywhere, and a page that is gone raises the same SIGBUS.

use crate::harness::tests;
use crate::support::fds::{self, CLOSED};
use crate::support::text::Text;
use baremap::map::{ReadOnly, Register, WriteOnly};
use baremap::sys::{Mode, OFlags};
use baremap::{DeviceMap, Errno, File, Operation, Reason, Result, fault, page};

const GONE: Reason = Reason::Fault { copied: 0 };

fn file(len: usize) -> Result<File> {
    let file = File::unnamed()?;
    file.set_len(len as u64)?;
    Ok(file)
}

tests! {
    fn every_width_is_loaded_and_stored_alone() -> Result<()> {
        let file = fds::file(&[0xff; 40]);
        let map = DeviceMap::open(&file, 0, 40)?;
        map.store(1, 0x01_u8)?;
        map.store(6, 0x0302_u16)?;
        map.store(12, 0x0706_0504_u32)?;
        map.store(24, 0x0f0e_0d0c_0b0a_0908_u64)?;
        let mut bytes = [0; 40];
        file.read_exact_at(&mut bytes, 0)?;
        let mut expected = [0xff; 40];
        expected[1] = 1;
        expected[6..8].copy_from_slice(&[2, 3]);
        expected[12..16].copy_from_slice(&[4, 5, 6, 7]);
        expected[24..32].copy_from_slice(&[8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(bytes, expected);
        assert_eq!(map.load::<u8>(1)?, 0x01);
        assert_eq!(map.load::<u16>(6)?, 0x0302);
        assert_eq!(map.load::<u32>(12)?, 0x0706_0504);
        assert_eq!(map.load::<u64>(24)?, 0x0f0e_0d0c_0b0a_0908);
        Ok(())
    }

    fn registers_are_lent_for_loads_for_stores_and_for_both() -> Result<()> {
        let map = DeviceMap::open(file(16)?, 0, 16)?;
        let both: Register<'_, u32> = map.register(4)?;
        let load: Register<'_, u32, ReadOnly> = map.read_only(4)?;
        let store: Register<'_, u32, WriteOnly> = map.write_only(4)?;
        store.store(6)?;
        both.update(|value| value * 7)?;
        assert_eq!((load.load()?, both.load()?, map.load::<u32>(8)?), (42, 42, 0));
        Ok(())
    }

    fn a_register_is_aligned_and_within_the_map() -> Result<()> {
        let map = DeviceMap::open(file(12)?, 0, 12)?;
        let misaligned = |offset, align| Reason::Misaligned { offset, align };
        assert_eq!(map.register::<u16>(1).unwrap_err().reason(), misaligned(1, 2));
        assert_eq!(map.register::<u32>(6).unwrap_err().reason(), misaligned(6, 4));
        assert_eq!(map.register::<u64>(4).unwrap_err().reason(), misaligned(4, 8));
        let outside = |offset, len| Reason::OutOfBounds { offset, len, size: 12 };
        assert_eq!(map.register::<u8>(12).unwrap_err().reason(), outside(12, 1));
        assert_eq!(map.read_only::<u64>(8).unwrap_err().reason(), outside(8, 8));
        assert_eq!(map.write_only::<u32>(usize::MAX - 1).unwrap_err().reason(), outside(usize::MAX - 1, 4));
        assert_eq!(map.load::<u16>(11).unwrap_err().operation(), Operation::Register);
        assert_eq!(map.store(11, 0_u16).unwrap_err().errno(), Errno::EINVAL);
        Ok(())
    }

    fn an_offset_need_not_be_of_whole_pages() -> Result<()> {
        let file = file(2 * page::size())?;
        let offset = page::size() as u64 + 8;
        file.write_all_at(&[1, 2, 3, 4], offset)?;
        let map = DeviceMap::open_read_only(&file, offset, 4)?;
        assert_eq!((map.len(), map.load::<u32>(0)?), (4, 0x0403_0201));
        // Aligned is the address, not the offset.
        let odd = DeviceMap::open_read_only(&file, offset + 2, 8)?;
        assert_eq!(odd.load::<u16>(0)?, 0x0403);
        assert_eq!(odd.load::<u32>(0).unwrap_err().reason(), Reason::Misaligned { offset: 0, align: 4 });
        Ok(())
    }

    fn a_page_that_is_not_there_is_an_error() -> Result<()> {
        let file = file(page::size())?;
        let map = DeviceMap::open(&file, 0, 2 * page::size())?;
        let missing = map.register::<u32>(page::size())?;
        let (load, store) = (missing.load().unwrap_err(), missing.store(1).unwrap_err());
        assert_eq!((load.operation(), load.errno(), load.reason()), (Operation::Load, Errno::EFAULT, GONE));
        assert_eq!((store.operation(), store.errno(), store.reason()), (Operation::Store, Errno::EFAULT, GONE));
        map.store(0, 7_u64)?;
        file.set_len(0)?;
        assert_eq!(map.load::<u8>(0).unwrap_err().reason(), GONE);
        assert_eq!(map.load::<u16>(0).unwrap_err().reason(), GONE);
        assert_eq!(map.load::<u32>(0).unwrap_err().reason(), GONE);
        assert_eq!(map.load::<u64>(0).unwrap_err().reason(), GONE);
        assert_eq!(map.store(0, 0_u8).unwrap_err().reason(), GONE);
        assert_eq!(map.store(0, 0_u16).unwrap_err().reason(), GONE);
        assert_eq!(map.store(0, 0_u64).unwrap_err().reason(), GONE);
        file.set_len(1)?;
        assert_eq!(map.load::<u64>(0)?, 0);
        Ok(())
    }

    fn without_the_handler_there_is_no_map() -> Result<()> {
        fault::decline();
        let device = file(8)?;
        let error = DeviceMap::open(&device, 0, 8).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::EOPNOTSUPP, Reason::NoHandler));
        assert_eq!(
            &*Text::of(error),
            "mmap: a device without fault::install(): a page that it lacks would end the process (EOPNOTSUPP)",
        );
        fault::install()?;
        let map = DeviceMap::open(&device, 0, 8)?;
        // SAFETY: there is one thread.
        unsafe { fault::uninstall() }?;
        assert_eq!(map.load::<u8>(0).unwrap_err().reason(), Reason::NoHandler);
        assert_eq!(map.store(0, 1_u8).unwrap_err().reason(), Reason::NoHandler);
        Ok(())
    }

    fn a_descriptor_of_the_wrong_mode_says_so() -> Result<()> {
        let open = |file: File| DeviceMap::open(file, 0, 8).unwrap_err();
        let device = fds::file(b"register");
        let (read_only, write_only) = (fds::reopen(&device, OFlags::RDONLY), fds::reopen(&device, OFlags::WRONLY));
        assert_eq!(open(read_only).reason(), Reason::NotWritable);
        assert_eq!(open(write_only).reason(), Reason::NotReadable);
        assert_eq!(DeviceMap::open(CLOSED, 0, 8).unwrap_err().errno(), Errno::EBADF);
        Ok(())
    }

    #[skip(qemu_user, "QEMU says EINVAL where the host's pages are smaller: it takes the object for an empty file")]
    fn what_is_no_device_says_so() {
        let open = |fd| DeviceMap::open_read_only(fd, 0, 8).unwrap_err().errno();
        assert_eq!(open(fds::pipe().0), Errno::ENODEV);
        assert_eq!(open(fds::directory()), Errno::ENODEV);
    }

    fn a_range_beyond_all_offsets_is_an_error() -> Result<()> {
        let device = file(8)?;
        let error = DeviceMap::open(&device, u64::MAX, 8).unwrap_err();
        assert_eq!(error.reason(), Reason::PastEnd { offset: u64::MAX, len: 8, size: u64::MAX });
        let error = DeviceMap::open(&device, 0, usize::MAX).unwrap_err();
        assert_eq!(error.reason(), Reason::TooLong { len: u64::MAX });
        Ok(())
    }

    fn of_no_bytes_is_a_map_too() -> Result<()> {
        // Nothing is mapped: what cannot be mapped does not stand in the way.
        let map = DeviceMap::open(fds::pipe().0, 4, 0)?;
        assert!(map.is_empty());
        assert!(map.load::<u8>(0).is_err());
        Ok(())
    }

    #[skip(qemu_user, "QEMU says EINVAL where the host's pages are smaller: it takes the device for an empty file")]
    fn a_device_without_a_length_is_mapped() -> Result<()> {
        let map = DeviceMap::open(File::open_rw(c"/dev/zero")?, 0, 64)?;
        let (data, ready) = (map.register::<u64>(0)?, map.register::<u8>(63)?);
        data.store(7)?;
        map.write_barrier();
        ready.store(1)?;
        map.barrier();
        assert_eq!(ready.load()?, 1);
        map.read_barrier();
        assert_eq!(data.load()?, 7);
        Ok(())
    }

    // The device by which QEMU hands a firmware its configuration: a selector of 16 bits, big-endian, and a byte at a time
    // of what it selects (docs/specs/fw_cfg.rst of QEMU).
    #[only(virt, "the firmware configuration in /dev/mem")]
    fn the_firmware_configuration_of_qemu_says_who_it_is() -> Result<()> {
        const FW_CFG: u64 = 0x0902_0000;
        const SIGNATURE: u16 = 0;
        let map = DeviceMap::open(physical_memory()?, FW_CFG, 16)?;
        map.store(8, SIGNATURE.to_be())?;
        let data = map.read_only::<u8>(0)?;
        assert_eq!([data.load()?, data.load()?, data.load()?, data.load()?], *b"QEMU");
        Ok(())
    }

    // What no device answers is an external abort to the processor, and SIGBUS to the process.
    #[only(virt, "an address in /dev/mem that no device has")]
    fn an_address_that_no_device_has_is_an_error() -> Result<()> {
        const NOTHING: u64 = 0x0c00_0000;
        let map = DeviceMap::open(physical_memory()?, NOTHING, page::size())?;
        let absent = map.register::<u32>(8)?;
        let (load, store) = (absent.load().unwrap_err(), absent.store(1).unwrap_err());
        assert_eq!((load.operation(), load.errno(), load.reason()), (Operation::Load, Errno::EFAULT, GONE));
        assert_eq!((store.operation(), store.errno(), store.reason()), (Operation::Store, Errno::EFAULT, GONE));
        assert_eq!(map.load::<u8>(3).unwrap_err().reason(), GONE);
        assert_eq!(map.load::<u16>(2).unwrap_err().reason(), GONE);
        assert_eq!(map.load::<u64>(16).unwrap_err().reason(), GONE);
        Ok(())
    }

    fn too_long_with_what_is_before_it_is_enomem() -> Result<()> {
        let (file, len) = (file(16)?, isize::MAX as usize - 50);
        for error in [DeviceMap::open(&file, 100, len).err(), DeviceMap::open(&file, 0, usize::MAX - 100).err()] {
            let error = error.expect("more than there is");
            assert_eq!(error.errno(), Errno::ENOMEM);
            assert!(matches!(error.reason(), Reason::TooLong { .. }), "{error}");
        }
        Ok(())
    }
}

fn physical_memory() -> Result<File> {
    File::open_with(c"/dev/mem", OFlags::RDWR | OFlags::SYNC, Mode::empty())
}
