//! Tries a read, a write and a call under every protection of a page, each in a child of its own.
//!
//! What a protection permits is up to the machine: many cannot keep a page that may be written from being read.
#![no_std]
#![no_main]

use baremap::sys::{self, MapFlags, ProtFlags, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use baremap::{Errno, File, Result, page, print, println, process};
use core::ffi::c_void;
use core::{mem, ptr};

use baremap::fd::AsFd;

baremap::entry!(main);
