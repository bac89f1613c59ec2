//! Rings of messages and of bytes, both ends in one process, with somebody hostile who stores anything at any moment: as long as
//! nobody did, what was sent arrives; after that, nothing panics, hangs or reaches beyond the ring.

use arbitrary::Arbitrary;
use baremap::channel::{Reader, Receiver, Sender, Writer};
use baremap::sync::Deadline;
use baremap::{Errno, Error, SharedBytes, SharedMap, channel};
use std::collections::VecDeque;

use crate::number::Number;

/// How large the ring is, and what happens.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    has_bytes: bool,
    capacity: u8,
    start: u8,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Send { len: u8 },
    SendInPlace { len: u8, commits: Option<bool> },
    Flush,
    Receive,
    ReceiveShort { len: u8 },
    ReceiveAll,
    AttachSender,
    AttachReceiver,
    DropSender,
    DropReceiver,
    /// Somebody else's store, into a word of the header or anywhere.
    Store { place: u8, anywhere: Option<Number>, value: Number },
}

/// The words of the header that say something, as it is laid out today: label, size, and each end's position and whether it was dropped.
const WORDS: [usize; 7] = [0, 8, 128 + 40, 128 + 48, 256 + 40, 256 + 48, 384];

/// Does what the steps say.
pub fn run(plan: Plan) {
    let (start, size) = (usize::from(plan.start) / 8 * 8, channel::size_for(usize::from(plan.capacity)));
    let map = SharedMap::new(start + size + 8).unwrap();
    let ring = map.range(start, size).unwrap();
    if plan.has_bytes { bytes(ring, &plan.steps) } else { messages(ring, &plan.steps) }
    let mut around = vec![1; start];
    map.read_at(0, &mut around).unwrap();
    assert!(around.iter().all(|&byte| byte == 0) && map.load::<u64>(start + size).unwrap() == 0);
}

/// Stores what the step says. The owners' words stay as they are: with a living stranger's number there, an end is not free.
fn store(ring: &SharedBytes, place: u8, anywhere: Option<Number>, value: Number) {
    let offset = anywhere.map_or(WORDS[usize::from(place) % WORDS.len()], Number::size);
    let is_an_owner = |at: usize| (128..168).contains(&at) || (256..296).contains(&at);
    if !is_an_owner(offset) && !is_an_owner(offset.wrapping_add(7)) {
        let _ = ring.store(offset, value.0);
    }
}

/// What is sent and not received yet; `None` once somebody hostile has stored something.
struct Model<T>(Option<VecDeque<T>>);

impl<T: PartialEq + std::fmt::Debug> Model<T> {
    fn push(&mut self, item: T) {
        if let Some(items) = &mut self.0 {
            items.push_back(item);
        }
    }

    fn pop(&mut self, found: &T) {
        if let Some(items) = &mut self.0 {
            assert_eq!(items.pop_front().as_ref(), Some(found));
        }
    }

    /// What an error may be: that of a damaged ring only where it is.
    fn allows(&self, error: Error) {
        match error.errno() {
            Errno::EAGAIN | Errno::EPIPE | Errno::EMSGSIZE | Errno::EBUSY | Errno::ETIMEDOUT => {}
            Errno::EBADMSG | Errno::EINVAL => assert!(self.0.is_none(), "{error}"),
            _ => panic!("{error}"),
        }
    }
}

fn content(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|index| seed.wrapping_add(index as u8)).collect()
}

fn messages(ring: &SharedBytes, steps: &[Step]) {
    let mut model = Model(Some(VecDeque::new()));
    let mut later = Vec::new();
    let (mut sender, mut receiver) = (None, None);
    for (number, step) in steps.iter().enumerate() {
        let seed = number as u8;
        match (step, &mut sender, &mut receiver) {
            (Step::AttachSender, _, _) => match Sender::attach(ring) {
                Ok(end) => sender = Some(end),
                Err(error) => model.allows(error),
            },
            (Step::AttachReceiver, _, _) => match Receiver::attach(ring) {
                Ok(end) => receiver = Some(end),
                Err(error) => model.allows(error),
            },
            (Step::DropSender, _, _) => {
                later.drain(..).for_each(|message| model.push(message));
                sender = None;
            }
            (Step::DropReceiver, _, _) => receiver = None,
            (Step::Send { len }, Some(sender), _) => {
                let message = content(usize::from(*len), seed);
                match sender.try_send(&message) {
                    Ok(()) => {
                        later.drain(..).for_each(|message| model.push(message));
                        model.push(message);
                    }
                    Err(error) => {
                        assert_eq!(error.errno() == Errno::EMSGSIZE, message.len() > sender.most());
                        // Whoever finds no room has flushed before.
                        if error.errno() != Errno::EMSGSIZE {
                            later.drain(..).for_each(|message| model.push(message));
                        }
                        model.allows(error);
                    }
                }
            }
            (Step::SendInPlace { len, commits }, Some(sender), _) => {
                let message = content(usize::from(*len), seed);
                let was_full = match sender.try_reserve(message.len()) {
                    Ok(slot) => {
                        assert_eq!(slot.len(), message.len());
                        slot.write_at(0, &message).unwrap();
                        match commits {
                            None => continue,
                            Some(false) => slot.commit_later(),
                            Some(true) => slot.commit(),
                        }
                        false
                    }
                    Err(error) => {
                        let is_long = error.errno() == Errno::EMSGSIZE;
                        model.allows(error);
                        if is_long {
                            continue;
                        }
                        true
                    }
                };
                if !was_full {
                    later.push(message);
                }
                if was_full || *commits == Some(true) {
                    later.drain(..).for_each(|message| model.push(message));
                }
            }
            (Step::Flush, Some(sender), _) => {
                sender.flush();
                later.drain(..).for_each(|message| model.push(message));
            }
            (Step::Receive, _, Some(receiver)) => match receiver.receive_until(Deadline::PASSED) {
                Ok(Some(message)) => {
                    let mut buffer = vec![0; message.len()];
                    message.read_at(0, &mut buffer).unwrap();
                    assert_eq!(message.take(&mut vec![0; buffer.len()]), Ok(buffer.len()));
                    forget_flushed(&mut later, &mut model, &buffer);
                    model.pop(&buffer);
                }
                Ok(None) => {}
                Err(error) => model.allows(error),
            },
            (Step::ReceiveShort { len }, _, Some(receiver)) => match receiver.try_receive() {
                Ok(Some(message)) => {
                    let (mut buffer, full) = (vec![0; usize::from(*len)], message.len());
                    let result = message.take(&mut buffer);
                    assert_eq!(result.is_ok(), buffer.len() >= full);
                    if result.is_ok() {
                        buffer.truncate(full);
                        forget_flushed(&mut later, &mut model, &buffer);
                        model.pop(&buffer);
                    }
                }
                Ok(None) => {}
                Err(error) => model.allows(error),
            },
            (Step::ReceiveAll, _, Some(receiver)) => {
                let mut found = Vec::new();
                let result = receiver.receive_all(|message| {
                    let mut buffer = vec![0; message.len()];
                    message.read_at(0, &mut buffer).unwrap();
                    found.push(buffer);
                });
                match result {
                    Ok(count) => assert_eq!(count, found.len()),
                    Err(error) => model.allows(error),
                }
                for message in &found {
                    forget_flushed(&mut later, &mut model, message);
                    model.pop(message);
                }
            }
            (Step::Store { place, anywhere, value }, _, _) => {
                model.0 = None;
                store(ring, *place, *anywhere, *value);
            }
            _ => {}
        }
    }
}

/// A sender that had to look for room has published what it had put off, which only the receiver finds out.
fn forget_flushed(later: &mut Vec<Vec<u8>>, model: &mut Model<Vec<u8>>, found: &[u8]) {
    let is_empty = model.0.as_ref().is_some_and(VecDeque::is_empty);
    if is_empty && later.first().is_some_and(|message| message == found) {
        later.drain(..).for_each(|message| model.push(message));
    }
}

fn bytes(ring: &SharedBytes, steps: &[Step]) {
    let mut model = Model(Some(VecDeque::new()));
    let (mut writer, mut reader) = (None, None);
    for (number, step) in steps.iter().enumerate() {
        let seed = number as u8;
        match (step, &mut writer, &mut reader) {
            (Step::AttachSender, _, _) => match Writer::attach(ring) {
                Ok(end) => writer = Some(end),
                Err(error) => model.allows(error),
            },
            (Step::AttachReceiver, _, _) => match Reader::attach(ring) {
                Ok(end) => reader = Some(end),
                Err(error) => model.allows(error),
            },
            (Step::DropSender, _, _) => writer = None,
            (Step::DropReceiver, _, _) => reader = None,
            (Step::Send { len }, Some(writer), _) => {
                let bytes = content(usize::from(*len), seed);
                match writer.try_write(&bytes) {
                    Ok(count) => {
                        assert!(count <= bytes.len() && (count > 0 || bytes.is_empty()));
                        bytes[..count].iter().for_each(|&byte| model.push(byte));
                    }
                    Err(error) => model.allows(error),
                }
            }
            (Step::SendInPlace { len, commits: Some(_) }, Some(writer), Some(_)) => {
                // Only where it need not wait.
                if model.0.as_ref().is_some_and(|items| items.len() < writer.capacity()) {
                    let free = writer.reserve().unwrap();
                    let bytes = content(usize::from(*len).min(free.len()), seed);
                    free.write_at(0, &bytes).unwrap();
                    free.commit(bytes.len()).unwrap();
                    bytes.iter().for_each(|&byte| model.push(byte));
                }
            }
            (Step::Receive | Step::ReceiveAll, _, Some(reader)) => {
                let mut buffer = vec![0; 300];
                match reader.read_until(&mut buffer, Deadline::PASSED) {
                    Ok(count) => buffer[..count].iter().for_each(|byte| model.pop(byte)),
                    Err(error) => model.allows(error),
                }
            }
            (Step::ReceiveShort { len }, _, Some(reader)) => {
                let mut buffer = vec![0; usize::from(*len)];
                match reader.try_read(&mut buffer) {
                    Ok(count) => buffer[..count].iter().for_each(|byte| model.pop(byte)),
                    Err(error) => model.allows(error),
                }
            }
            (Step::Store { place, anywhere, value }, _, _) => {
                model.0 = None;
                store(ring, *place, *anywhere, *value);
            }
            _ => {}
        }
    }
}
