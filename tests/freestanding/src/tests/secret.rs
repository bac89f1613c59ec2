use crate::harness::tests;
use crate::support::memory::is_mapped;
use crate::support::text::Text;
use crate::support::{child, limits, proc};
use baremap::sys::{self, RemoteRange, Signal};
use baremap::{Errno, Operation, Reason, Result, SecretMap, page};
use linux_raw_sys::general::RLIMIT_MEMLOCK;

/// A map, or nothing where the kernel has none to give: a test then has nothing to look at.
fn secret(len: usize) -> Result<Option<SecretMap>> {
    match SecretMap::new(len) {
        Err(error) if error.errno() == Errno::ENOSYS => Ok(None),
        map => map.map(Some),
    }
}

tests! {
    fn is_there_or_says_what_it_takes() {
        if let Err(error) = SecretMap::new(1) {
            assert_eq!(
                &*Text::of(error),
                "memfd_secret: Function not implemented: it takes Linux 5.14, and before 6.5 the boot parameter \
                 secretmem.enable=1 (ENOSYS)",
            );
        }
    }

    fn is_zeros_to_be_written() -> Result<()> {
        let Some(mut map) = secret(3 * page::size() + 1)? else { return Ok(()) };
        assert_eq!(map.len(), 3 * page::size() + 1);
        assert!(map.iter().all(|&byte| byte == 0));
        map.fill(7);
        assert!(map.iter().all(|&byte| byte == 7));
        Ok(())
    }

    fn of_no_bytes_is_a_map_too() -> Result<()> {
        let Some(map) = secret(0)? else { return Ok(()) };
        assert!(map.is_empty());
        Ok(())
    }

    fn too_long_is_an_error() {
        let error = SecretMap::new(usize::MAX).unwrap_err();
        assert_eq!((error.errno(), error.reason()), (Errno::ENOMEM, Reason::TooLong { len: u64::MAX }));
    }

    fn does_not_print_its_bytes() -> Result<()> {
        let Some(mut map) = secret(4)? else { return Ok(()) };
        map.copy_from_slice(b"key!");
        assert_eq!(&*Text::of(format_args!("{map:?}")), "SecretMap(4 bytes)");
        Ok(())
    }

    fn the_kernel_does_not_copy_its_pages() -> Result<()> {
        let Some(mut map) = secret(16)? else { return Ok(()) };
        map.fill(7);
        let remote = [RemoteRange { address: map.as_ptr().expose_provenance(), len: map.len() }];
        let mut buffer = [0; 16];
        let copied = sys::process_vm_readv(sys::getpid(), &mut buffer, &remote);
        assert_eq!((copied, buffer), (Err(Errno::EFAULT), [0; 16]));
        Ok(())
    }

    fn a_child_does_not_have_it() -> Result<()> {
        let Some(mut map) = secret(16)? else { return Ok(()) };
        map.fill(7);
        let address = map.as_ptr();
        child::check(|| assert!(!is_mapped(address)));
        // SAFETY: the address is not mapped: the child ends.
        let status = child::run(|| unsafe { address.read_volatile() });
        assert_eq!(status.signal(), Some(Signal::SEGV));
        assert!(map.iter().all(|&byte| byte == 7));
        Ok(())
    }

    // Linux 6.18 counts it, the kernels of Debian 12 do not: the limit and what /proc shows go together.
    fn is_limited_where_it_counts_as_locked() -> Result<()> {
        if secret(1)?.is_none() {
            return Ok(());
        }
        child::check_as_nobody(|| {
            limits::set(RLIMIT_MEMLOCK, page::size() as u64).expect("a limit may be lowered");
            let before = proc::locked_memory().expect("/proc is mounted");
            let map = SecretMap::new(page::size());
            assert!(map.is_ok(), "{map:?}");
            let second = SecretMap::new(1).map(drop).map_err(|error| (error.operation(), error.errno()));
            let counts = proc::locked_memory() != Some(before);
            assert_eq!(second, if counts { Err((Operation::Mmap, Errno::EAGAIN)) } else { Ok(()) });
        });
        Ok(())
    }
}
