//! Adds two integers by a function that it makes while it runs.
//!
//! The first integer becomes part of the function's machine code, the second its argument. The sum wraps around.
#![no_std]
#![no_main]

use baremap::arch::code;
use baremap::rt::Env;
use baremap::{CodeMap, Result, eprintln, println};
use core::ffi::CStr;

baremap::entry!(main);

type Adder = extern "C" fn(i64) -> i64;

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1).map(integer);
    let (Some(Some(a)), Some(Some(b)), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: jit INTEGER INTEGER");
        return Ok(2);
    };

    let code = code::adder(a);
    let mut map = CodeMap::new(code.len())?;
    map.write_at(0, &code)?;
    // SAFETY: the code is that of such a function.
    let add_a = unsafe { map.function::<Adder>(0) }?;
    println!("{}", add_a(b));
    Ok(0)
}

fn integer(text: &CStr) -> Option<i64> {
    text.to_str().ok()?.parse().ok()
}
