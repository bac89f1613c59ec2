//! Cells of which a crash, or somebody hostile, has left anything, against what the format says that they hold.

use arbitrary::Arbitrary;
use baremap::map::Storage;
use baremap::{DurableCell, Errno, Error, Reason};
use crc::{CRC_64_XZ, Crc};
use std::cell::RefCell;

/// As the format has it.
const MAGIC: &[u8; 8] = b"baremap\x01";
const HEADER: usize = 48;
const SLOT: usize = 64 << 10;
const CRC: Crc<u64> = Crc::<u64>::new(&CRC_64_XZ);

/// What lies in the slots, and what is asked for.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    capacity: u16,
    slots: [Slot; 2],
    buffer: u16,
    value: Vec<u8>,
}

#[derive(Arbitrary, Debug)]
enum Slot {
    Anything(Vec<u8>),
    /// A right header and value, and then some bytes that are not.
    Written {
        sequence: u64,
        capacity: Option<u64>,
        len: Option<u64>,
        value: Vec<u8>,
        damage: Vec<(u8, u8)>,
    },
}

impl Slot {
    fn bytes(&self, own_capacity: u16) -> Vec<u8> {
        let (sequence, capacity, len, value, damage) = match self {
            Slot::Anything(bytes) => return bytes.clone(),
            Slot::Written { sequence, capacity, len, value, damage } => {
                (sequence, capacity, len, value, damage)
            }
        };
        let fields = [
            *sequence,
            capacity.unwrap_or(own_capacity.into()),
            len.unwrap_or(value.len() as u64),
            CRC.checksum(value),
        ];
        let mut bytes = MAGIC.to_vec();
        bytes.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        bytes.extend(CRC.checksum(&bytes).to_le_bytes());
        bytes.extend(value);
        for &(place, bits) in damage {
            if let Some(byte) = bytes.get_mut(usize::from(place)) {
                *byte ^= bits;
            }
        }
        bytes
    }
}

/// What a slot says that it has: a sequence number, a capacity, and the value if it is the right one.
fn read(slot: &[u8]) -> Option<(u64, u64, Option<&[u8]>)> {
    let number = |index: usize| u64::from_le_bytes(slot[8 * index..][..8].try_into().expect("eight bytes"));
    let [sequence, capacity, len, checksum, own] = [1, 2, 3, 4, 5].map(number);
    if &slot[..8] != MAGIC || own != CRC.checksum(&slot[..HEADER - 8]) || len > capacity {
        return None;
    }
    let value = usize::try_from(len).ok().and_then(|len| slot[HEADER..].get(..len));
    Some((sequence, capacity, value.filter(|value| CRC.checksum(value) == checksum)))
}

struct Memory(RefCell<Vec<u8>>);

impl Storage for Memory {
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> baremap::Result<()> {
        buffer.copy_from_slice(&self.0.borrow()[offset..][..buffer.len()]);
        Ok(())
    }

    fn write_at(&self, offset: usize, bytes: &[u8]) -> baremap::Result<()> {
        self.0.borrow_mut()[offset..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self, _: usize, _: usize) -> baremap::Result<()> {
        Ok(())
    }
}

/// Opens the cell, reads it, replaces its value and reads again.
pub fn run(plan: Plan) {
    let capacity = usize::from(plan.capacity);
    let slot_len = (HEADER + capacity).next_multiple_of(SLOT);
    let mut memory = vec![0; 2 * slot_len];
    for (index, slot) in plan.slots.iter().enumerate() {
        let bytes = slot.bytes(plan.capacity);
        let len = bytes.len().min(slot_len);
        memory[index * slot_len..][..len].copy_from_slice(&bytes[..len]);
    }
    let slots = [0, 1].map(|index| read(&memory[index * slot_len..][..slot_len]));
    let own = slots.iter().flatten().filter(|(_, found, _)| *found == capacity as u64);
    let newest = own.filter_map(|&(sequence, _, value)| Some((sequence, value?)));
    // Of two with one number, the first.
    let newest = newest.reduce(|first, second| if second.0 > first.0 { second } else { first });
    let newest = newest.map(|(sequence, value)| (sequence, value.to_vec()));

    let memory = Memory(RefCell::new(memory.clone()));
    let cell = DurableCell::open_on(&memory, capacity);
    let Some((sequence, value)) = newest else {
        let reason = match slots[0] {
            Some((_, found, _)) if found != capacity as u64 => {
                Reason::OtherCapacity { asked: capacity, found }
            }
            _ => Reason::NoValue,
        };
        assert_eq!(cell.map(drop).map_err(Error::reason), Err(reason));
        return;
    };
    let mut cell = cell.unwrap();
    let mut buffer = vec![0; plan.buffer.into()];
    match cell.read(&mut buffer) {
        Ok(found) => assert_eq!(found, value),
        Err(error) => {
            assert!(value.len() > buffer.len(), "{error}, and it has {} bytes", value.len());
            assert_eq!(error.errno(), Errno::EMSGSIZE);
        }
    }

    let written = cell.write(&plan.value);
    let expected = match plan.value.len() {
        len if len > capacity => Err(Errno::EMSGSIZE),
        _ if sequence == u64::MAX => Err(Errno::EOVERFLOW),
        _ => Ok(()),
    };
    assert_eq!(written.map_err(Error::errno), expected);
    let now = if expected.is_ok() { &plan.value } else { &value };
    let cell = DurableCell::open_on(&memory, capacity).unwrap();
    assert_eq!(cell.read(&mut vec![0; capacity]).unwrap(), now);
}
