//! What is for reading is not stored to, and what is for writing is not loaded.

use baremap::DeviceMap;
use baremap::map::ReadOnly;

fn touch(device: &DeviceMap, read_only: &DeviceMap<ReadOnly>) -> baremap::Result<()> {
    read_only.store(0, 1_u32)?; //~ E0599
    read_only.register::<u32>(0)?; //~ E0599
    let (status, command) = (device.read_only::<u32>(0)?, device.write_only::<u32>(4)?);
    status.store(1)?; //~ E0599
    command.load()?; //~ E0599
    status.load().and_then(|value| command.store(value))
}

pub fn main() -> baremap::Result<()> {
    let _ = touch;
    Ok(())
}
