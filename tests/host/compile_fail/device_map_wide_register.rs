//! A register is as wide as one instruction.

use baremap::DeviceMap;

fn touch(device: &DeviceMap) -> baremap::Result<()> {
    device.load::<u128>(0)?; //~ E0277
    device.load::<[u8; 4]>(0)?; //~ E0277
    device.load::<u64>(0).map(drop)
}

pub fn main() -> baremap::Result<()> {
    let _: fn(&DeviceMap) -> baremap::Result<()> = touch;
    Ok(())
}
