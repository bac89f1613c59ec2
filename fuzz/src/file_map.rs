//! A map of a part of a file, and operations on it with any numbers, against a model: the file's bytes.

use arbitrary::Arbitrary;
use baremap::{Errno, File, MapOptions};
use core::ops::Range;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::number::Number;

/// A file, which part of it is mapped, and what is done.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    /// Some pages at the most.
    file: Vec<u8>,
    /// Added behind, so that offsets of whole pages are within reach of short inputs.
    padding: u16,
    offset: Number,
    len: Option<Number>,
    operations: Vec<Operation>,
}

/// Something that is done to the map.
#[derive(Arbitrary, Debug)]
enum Operation {
    Read { offset: Number, len: u16 },
    Write { offset: Number, bytes: Vec<u8> },
    Range { offset: Number, len: Number },
    Add { offset: Number, value: u32 },
    Flush { offset: Number, len: Number },
}

/// The range as the model has it: in bounds, or not.
fn within(model: &[u8], offset: usize, len: usize) -> Option<Range<usize>> {
    let end = u128::try_from(offset).ok()? + u128::try_from(len).ok()?;
    (end <= model.len() as u128).then(|| offset..offset + len)
}

/// Maps, and compares with the model after each operation.
pub fn run(plan: Plan) {
    let mut model = plan.file;
    model.resize(model.len() + usize::from(plan.padding), 0xa5);
    let file = File::unnamed().unwrap();
    file.write_all_at(&model, 0).unwrap();

    let mut options = MapOptions::new().offset(plan.offset.0);
    if let Some(len) = plan.len {
        options = options.len(len.size());
    }
    let wanted = match plan.len {
        Some(len) => u128::from(plan.offset.0) + u128::from(len.0),
        None => u128::from(plan.offset.0),
    };
    let map = match options.map_mut(&file) {
        Ok(map) => {
            assert!(wanted <= model.len() as u128);
            map
        }
        Err(error) => {
            assert_eq!(error.errno(), Errno::EINVAL, "{error}");
            assert!(wanted > model.len() as u128);
            return;
        }
    };
    let start = plan.offset.size();
    let part = match plan.len {
        Some(len) => start..start + len.size(),
        None => start..model.len(),
    };
    assert_eq!(map.len(), part.len());
    let bytes = &mut model[part.clone()];

    for operation in plan.operations {
        match operation {
            Operation::Read { offset, len } => {
                let offset = offset.size();
                let mut buffer = vec![0; usize::from(len)];
                let expected = within(bytes, offset, buffer.len());
                assert_eq!(map.read_at(offset, &mut buffer).is_ok(), expected.is_some());
                if let Some(range) = expected {
                    assert_eq!(buffer, bytes[range]);
                }
            }
            Operation::Write { offset, bytes: new } => {
                let offset = offset.size();
                let expected = within(bytes, offset, new.len());
                assert_eq!(map.write_at(offset, &new).is_ok(), expected.is_some());
                if let Some(range) = expected {
                    bytes[range].copy_from_slice(&new);
                }
            }
            Operation::Range { offset, len } => {
                match (map.range(offset.size(), len.size()), within(bytes, offset.size(), len.size())) {
                    (Ok(range), Some(expected)) => {
                        let mut buffer = vec![0; range.len()];
                        range.read_at(0, &mut buffer).unwrap();
                        assert_eq!(buffer, bytes[expected]);
                    }
                    (range, expected) => assert!(range.is_err() && expected.is_none()),
                }
            }
            Operation::Add { offset, value } => {
                let offset = offset.size();
                let expected = within(bytes, offset, 4)
                    .filter(|_| (map.as_ptr() as usize).wrapping_add(offset) % 4 == 0);
                match (map.atomic::<AtomicU32>(offset), expected) {
                    (Ok(atomic), Some(range)) => {
                        atomic.fetch_add(value, Relaxed);
                        let old = u32::from_ne_bytes(bytes[range.clone()].try_into().unwrap());
                        bytes[range].copy_from_slice(&old.wrapping_add(value).to_ne_bytes());
                    }
                    (atomic, expected) => assert!(atomic.is_err() && expected.is_none()),
                }
            }
            Operation::Flush { offset, len } => {
                let (offset, len) = (offset.size(), len.size());
                assert_eq!(map.flush_range(offset, len).is_ok(), within(bytes, offset, len).is_some());
            }
        }
    }

    drop(map);
    let mut content = vec![0; model.len()];
    file.read_exact_at(&mut content, 0).unwrap();
    assert_eq!(content, model);
}
