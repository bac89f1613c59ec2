//! Registers are loaded and stored one by one.

use baremap::DeviceMap;

fn first(device: &DeviceMap) -> baremap::Result<u8> {
    let bytes: &[u8] = device; //~ E0308
    device.load(0)
}

pub fn main() -> baremap::Result<()> {
    let _: fn(&DeviceMap) -> baremap::Result<u8> = first;
    Ok(())
}
