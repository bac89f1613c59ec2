use crate::harness::tests;
use baremap::Errno;
use baremap::sys::{self, GetRandomFlags};

tests! {
    fn getrandom_fills_the_buffer() -> Result<(), Errno> {
        let (mut one, mut two) = ([0; 256], [0; 256]);
        for flags in [GetRandomFlags::empty(), GetRandomFlags::NONBLOCK, GetRandomFlags::INSECURE] {
            assert_eq!(sys::getrandom(&mut one, flags)?, 256);
            assert_eq!(sys::getrandom(&mut two, flags)?, 256);
            assert_ne!(one, two);
        }
        assert_eq!(sys::getrandom(&mut [], GetRandomFlags::empty())?, 0);
        Ok(())
    }

    fn getrandom_refuses_flags_that_contradict() {
        let flags = GetRandomFlags::RANDOM | GetRandomFlags::INSECURE;
        assert_eq!(sys::getrandom(&mut [0; 4], flags), Err(Errno::EINVAL));
        let unknown = GetRandomFlags::from_bits_retain(1 << 31);
        assert_eq!(sys::getrandom(&mut [0; 4], unknown), Err(Errno::EINVAL));
    }
}
