//! What the pages of a map may be used for, as types.
//!
//! | type            | read | write | execute | stores                                       |
//! |-----------------|------|-------|---------|----------------------------------------------|
//! | [`NoAccess`]    |      |       |         |                                              |
//! | [`ReadOnly`]    | yes  |       |         |                                              |
//! | [`ReadWrite`]   | yes  | yes   |         | reach the object, and whoever else maps it   |
//! | [`CopyOnWrite`] | yes  | yes   |         | stay here: each page is copied at the first  |
//! | [`Executable`]  | yes  |       | yes     |                                              |
//!
//! There is none that is writable and executable at once.

use crate::sys::ProtFlags;

/// Pages that may not be touched: addresses that are taken, and no more.
#[derive(Clone, Copy, Debug)]
pub enum NoAccess {}

/// Pages that may be read.
#[derive(Clone, Copy, Debug)]
pub enum ReadOnly {}

/// Pages that may be read and written; stores reach the object and whoever else maps it.
#[derive(Clone, Copy, Debug)]
pub enum ReadWrite {}

/// Pages that may be read and written; the first store to a page makes a copy of it for this process alone.
#[derive(Clone, Copy, Debug)]
pub enum CopyOnWrite {}

/// Pages that may be read and executed.
#[derive(Clone, Copy, Debug)]
pub enum Executable {}

/// What the pages of a map may be used for: [`NoAccess`], [`ReadOnly`], [`ReadWrite`], [`CopyOnWrite`] or
/// [`Executable`].
pub trait Protection: sealed::Sealed + 'static {
    /// As the kernel has it.
    const FLAGS: ProtFlags;
}

/// A protection that allows loads: all but [`NoAccess`].
pub trait Access: Protection {}

/// A protection that allows stores: [`ReadWrite`] or [`CopyOnWrite`].
pub trait Writable: Access {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! protections {
    ($($name:ident = $($flag:ident)|*: $($permission:ident)*,)*) => {
        $(
            impl sealed::Sealed for $name {}
            impl Protection for $name {
                const FLAGS: ProtFlags = ProtFlags::empty()$(.union(ProtFlags::$flag))*;
            }
            $(impl $permission for $name {})*
        )*
    };
}

protections! {
    NoAccess = : ,
    ReadOnly = READ: Access,
    ReadWrite = READ | WRITE: Access Writable,
    CopyOnWrite = READ | WRITE: Access Writable,
    Executable = READ | EXEC: Access,
}
