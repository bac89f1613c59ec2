//! Registers of devices.

use crate::Errno;
use crate::arch::{copy as instruction, device};
use crate::error::{Error, Operation, Reason, Result};
use crate::fault;
use crate::fd::AsFd;
use crate::file::again;
use crate::sys::{self, MapFlags};
use core::fmt;
use core::marker::PhantomData;
use static_assertions::assert_impl_all;

use super::bounds;
use super::mapping::Mapping;
use super::options;
use super::{Access, ReadOnly, ReadWrite};

/// A map of a device: `/dev/mem`, UIO, a framebuffer. It gives loads and stores of 8, 16, 32 and 64 bits, and nothing else.
///
/// Each is one aligned instruction, made neither twice nor left out, without write-back: the only kind that a device
/// understands and that a hypervisor can emulate. There are no slices and no references, which the compiler may read
/// when it likes and copy as it likes.
///
/// A page that the device lacks raises SIGBUS. So this map takes [`fault::install`]: then that is an error. (A program
/// that began by [`entry!`](crate::entry) has it from the start.) A processor may report the fault of a store later than
/// the store, which is then nobody's.
///
/// Registers are lent by name, with an offset that is checked once:
///
/// ```
/// use baremap::map::{ReadOnly, Register};
/// use baremap::{DeviceMap, Result, fault};
///
/// struct Timer<'map> {
///     control: Register<'map, u32>,
///     count: Register<'map, u64, ReadOnly>,
/// }
///
/// impl<'map> Timer<'map> {
///     fn new(map: &'map DeviceMap) -> Result<Self> {
///         Ok(Self { control: map.register(0)?, count: map.read_only(8)? })
///     }
/// }
///
/// fault::install()?;
/// # // A file in the device's stead.
/// # let device = baremap::File::unnamed()?;
/// # device.set_len(16)?;
/// let map = DeviceMap::open(&device, 0, 16)?;
/// let timer = Timer::new(&map)?;
/// timer.control.update(|bits| bits | 1)?;
/// assert_eq!(timer.control.load()?, 1);
/// assert_eq!(timer.count.load()?, 0);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Safety
/// There is none to promise: what a store makes of a machine is the device's affair, as it is with a write to the device's
/// file. Who may open `/dev/mem` for writing may change any memory, this process's included.
///
/// # Order
/// A device's registers see one thread's accesses in order. Between them and memory, say a buffer that the device is told
/// to read, nothing is in order without [`DeviceMap::read_barrier`], [`DeviceMap::write_barrier`] or
/// [`DeviceMap::barrier`]. A barrier does not wait until the device has a store: to load from the device does.
///
/// # Caches
/// Whether the processor caches is the driver's affair. For `/dev/mem`, [`OFlags::SYNC`](crate::sys::OFlags::SYNC) says
/// that it shall not.
///
/// # After a fork
/// A forked child has the same registers: what both do to them comes to one device, in any order.
pub struct DeviceMap<A: Access = ReadWrite> {
    mapping: Mapping,
    /// How far into the mapping the bytes begin.
    lead: usize,
    len: usize,
    access: PhantomData<A>,
}

assert_impl_all!(DeviceMap: Send, Sync);

impl DeviceMap<ReadOnly> {
    /// Maps `len` bytes from `offset`, for loads alone. UIO's map N is at N times the page size.
    ///
    /// # Errors
    /// `EOPNOTSUPP` with [`Reason::NoHandler`], `EACCES` (not open for reading), `EINVAL` (the end is beyond all offsets, or the
    /// driver does not like the range), `ENODEV` (not to be mapped), `EPERM` (the kernel keeps that range of `/dev/mem` to
    /// itself) and others of [`sys::mmap`](crate::sys::mmap).
    pub fn open_read_only(device: impl AsFd, offset: u64, len: usize) -> Result<DeviceMap<ReadOnly>> {
        Self::map(device, offset, len)
    }
}

impl DeviceMap<ReadWrite> {
    /// Maps `len` bytes from `offset`, for loads and stores; see [`DeviceMap::open_read_only`].
    ///
    /// # Errors
    /// As [`DeviceMap::open_read_only`]; `EACCES` (not open for reading and writing).
    pub fn open(device: impl AsFd, offset: u64, len: usize) -> Result<DeviceMap<ReadWrite>> {
        Self::map(device, offset, len)
    }

    /// Lends the register at `offset`.
    ///
    /// # Errors
    /// `EINVAL` (not within the map, or its address is not a multiple of its size).
    pub fn register<T: Width>(&self, offset: usize) -> Result<Register<'_, T, ReadWrite>> {
        self.find(offset)
    }

    /// Lends the register at `offset` for stores alone: to load it may have an effect, or no sense.
    ///
    /// # Errors
    /// As [`DeviceMap::register`].
    pub fn write_only<T: Width>(&self, offset: usize) -> Result<Register<'_, T, WriteOnly>> {
        self.find(offset)
    }

    /// Stores to the register at `offset`.
    ///
    /// # Errors
    /// As [`DeviceMap::register`] and [`Register::store`].
    pub fn store<T: Width>(&self, offset: usize, value: T) -> Result<()> {
        self.write_only(offset)?.store(value)
    }
}

impl<A: Access> DeviceMap<A> {
    fn map(device: impl AsFd, offset: u64, len: usize) -> Result<Self> {
        with_handler(Operation::MapDevice)?;
        let fd = device.as_fd();
        let stat = again(Operation::Stat, || sys::fstat(fd))?;
        let huge = options::huge_pages(fd, &stat);
        // A device does not say how long it is.
        let span = bounds::file_span(offset, Some(len), u64::MAX, huge)?;
        let object = Some((fd, span.page_offset));
        match Mapping::new(span.mapped_len, A::FLAGS, MapFlags::SHARED, object) {
            Ok(mapping) => {
                let mapping = mapping.of_huge_pages(huge);
                Ok(DeviceMap { mapping, lead: span.lead, len, access: PhantomData })
            }
            Err(errno) => Err(options::explain(Error::new(Operation::MapDevice, errno), fd)),
        }
    }

    /// Bytes.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no byte.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Lends the register at `offset` for loads alone.
    ///
    /// # Errors
    /// As [`DeviceMap::register`].
    pub fn read_only<T: Width>(&self, offset: usize) -> Result<Register<'_, T, ReadOnly>> {
        self.find(offset)
    }

    /// Loads from the register at `offset`.
    ///
    /// # Errors
    /// As [`DeviceMap::register`] and [`Register::load`].
    pub fn load<T: Width>(&self, offset: usize) -> Result<T> {
        self.read_only(offset)?.load()
    }

    /// Loads before it are done before any access after it: the status that says that data is there, before the data.
    #[inline]
    pub fn read_barrier(&self) {
        device::read_barrier();
    }

    /// Stores before it are seen before any store after it: the data, before the register that says that it is there.
    #[inline]
    pub fn write_barrier(&self) {
        device::write_barrier();
    }

    /// Loads and stores before it are seen before any after it.
    #[inline]
    pub fn barrier(&self) {
        device::barrier();
    }

    fn find<T: Width, R>(&self, offset: usize) -> Result<Register<'_, T, R>> {
        bounds::within(Operation::Register, offset, size_of::<T>(), self.len)?;
        let address = self.mapping.start().as_ptr().wrapping_add(self.lead + offset);
        bounds::aligned(Operation::Register, address, offset, size_of::<T>())?;
        Ok(Register { address, kind: PhantomData })
    }
}

impl<A: Access> fmt::Debug for DeviceMap<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.mapping.start().as_ptr().wrapping_add(self.lead);
        write!(f, "DeviceMap({} bytes at {start:p})", self.len)
    }
}

/// A register of a device, of [`Width`] `T`: for loads ([`ReadOnly`]), stores ([`WriteOnly`]) or both.
pub struct Register<'map, T: Width, R = ReadWrite> {
    address: *mut u8,
    kind: PhantomData<(&'map DeviceMap, T, R)>,
}

// SAFETY: an access is one instruction, whole to whatever else accesses the register, in this thread or another.
unsafe impl<T: Width, R> Send for Register<'_, T, R> {}
// SAFETY: as above.
unsafe impl<T: Width, R> Sync for Register<'_, T, R> {}

/// A register that may be stored to and not loaded.
#[derive(Clone, Copy, Debug)]
pub enum WriteOnly {}

/// A register that may be loaded: [`ReadOnly`] or [`ReadWrite`].
pub trait Loadable: sealed::Kind {}

/// A register that may be stored to: [`WriteOnly`] or [`ReadWrite`].
pub trait Storable: sealed::Kind {}

impl Loadable for ReadOnly {}
impl Loadable for ReadWrite {}
impl Storable for ReadWrite {}
impl Storable for WriteOnly {}

impl<T: Width, R: Loadable> Register<'_, T, R> {
    /// Loads.
    ///
    /// # Errors
    /// `EFAULT` with [`Reason::Fault`] (the device lacks the page, or reports an error), `EOPNOTSUPP` with
    /// [`Reason::NoHandler`] (it was taken out: [`fault::uninstall`]).
    #[inline]
    pub fn load(&self) -> Result<T> {
        with_handler(Operation::Load)?;
        // SAFETY: mapped readable as long as the map is borrowed, aligned, and the handler is there for a fault.
        unsafe { T::load(self.address) }.ok_or_else(|| missing(Operation::Load))
    }
}

impl<T: Width, R: Storable> Register<'_, T, R> {
    /// Stores.
    ///
    /// # Errors
    /// As [`Register::load`].
    #[inline]
    pub fn store(&self, value: T) -> Result<()> {
        with_handler(Operation::Store)?;
        // SAFETY: as in `load`, and mapped writable.
        unsafe { T::store(self.address, value) }.ok_or_else(|| missing(Operation::Store))
    }
}

impl<T: Width, R: Loadable + Storable> Register<'_, T, R> {
    /// Loads, and stores what the closure makes of it. Another access may come between the two.
    ///
    /// # Errors
    /// As [`Register::load`].
    #[inline]
    pub fn update(&self, change: impl FnOnce(T) -> T) -> Result<()> {
        self.store(change(self.load()?))
    }
}

impl<T: Width, R> Clone for Register<'_, T, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Width, R> Copy for Register<'_, T, R> {}

impl<T: Width, R> fmt::Debug for Register<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Register({} bits at {:p})", 8 * size_of::<T>(), self.address)
    }
}

/// What a register holds: `u8`, `u16`, `u32` or `u64`.
pub trait Width: Copy + sealed::Width {}

mod sealed {
    pub trait Kind {}
    impl Kind for super::ReadOnly {}
    impl Kind for super::ReadWrite {}
    impl Kind for super::WriteOnly {}

    /// The two instructions of a width; `None` after a fault.
    ///
    /// # Safety
    /// The address is mapped for the access and aligned, and the handler is there for a fault.
    pub trait Width: Sized {
        unsafe fn load(from: *const u8) -> Option<Self>;
        unsafe fn store(to: *mut u8, value: Self) -> Option<()>;
    }
}

macro_rules! widths {
    ($($width:ident $load:ident $store:ident,)*) => {
        $(
            impl Width for $width {}

            impl sealed::Width for $width {
                #[inline(always)]
                unsafe fn load(from: *const u8) -> Option<Self> {
                    // SAFETY: passed on to the caller.
                    let loaded = unsafe { instruction::$load(from) };
                    (loaded.fault == 0).then_some(loaded.value as Self)
                }

                #[inline(always)]
                unsafe fn store(to: *mut u8, value: Self) -> Option<()> {
                    // SAFETY: passed on to the caller.
                    let fault = unsafe { instruction::$store(to, value.into()) };
                    (fault == 0).then_some(())
                }
            }
        )*
    };
}

widths! {
    u8 load_u8 store_u8,
    u16 load_u16 store_u16,
    u32 load_u32 store_u32,
    u64 load_u64 store_u64,
}

/// Sees to it that a fault is an error. The kernel's copies are no way out: they access a device in pieces of their own.
#[inline]
fn with_handler(operation: Operation) -> Result<()> {
    if fault::is_ready() {
        return Ok(());
    }
    Err(Error::because(operation, Errno::EOPNOTSUPP, Reason::NoHandler))
}

#[cold]
fn missing(operation: Operation) -> Error {
    Error::because(operation, Errno::EFAULT, Reason::Fault { copied: 0 })
}
