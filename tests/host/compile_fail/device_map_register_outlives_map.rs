//! Registers go with their map.

use baremap::DeviceMap;

fn touch(device: DeviceMap) -> baremap::Result<u32> {
    let status = device.read_only(0)?;
    drop(device); //~ E0505
    status.load()
}

pub fn main() -> baremap::Result<()> {
    let _: fn(DeviceMap) -> baremap::Result<u32> = touch;
    Ok(())
}
