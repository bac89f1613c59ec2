//! This crate's rings of messages.

use std::hint::black_box;

use baremap::SharedMap;
use baremap::channel::{self, Receiver, Sender};

use crate::SHORT;
use crate::pair::{Pair, Progress};

pub(crate) fn trips(pair: Pair) -> f64 {
    let map = || SharedMap::new(channel::size_for(1 << 10)).expect("small maps");
    let (there, back) = (map(), map());
    let echo = || {
        let (mut receiver, mut sender) = (Receiver::attach(&there)?, Sender::attach(&back)?);
        for _ in 0..=pair.count {
            let mut bytes = [0; SHORT];
            receiver.receive()?.expect("the parent lives").take(&mut bytes)?;
            sender.send(&bytes)?;
        }
        Ok(())
    };
    let mut sender = Sender::attach(&there).expect("nobody else sends");
    let mut receiver = Receiver::attach(&back).expect("nobody else receives");
    let step = || {
        let mut bytes = [7; SHORT];
        sender.send(&bytes).expect("the child lives");
        receiver.receive().expect("the child lives").expect("it goes on").take(&mut bytes).expect("room");
    };
    pair.time_steps(echo, step)
}

/// Messages of `size` bytes by a ring of `ring`, copied in and out.
pub(crate) fn messages(size: usize, ring: usize, batches: bool, pair: Pair) -> f64 {
    let map = SharedMap::new(channel::size_for(ring)).expect("a few MiB");
    // So that the first round through the ring is as the others.
    let _ = map.pages().prefault_write();
    let progress = Progress::new();
    let drain = || {
        let mut receiver = Receiver::attach(&map)?;
        let mut buffer = vec![0; size];
        progress.reach(Progress::READY);
        let mut left = pair.count;
        while left > 0 {
            if batches {
                let message = receiver.receive()?.expect("the parent lives");
                message.take(&mut buffer)?;
                left -= 1;
                left -= receiver.receive_all(|message| {
                    message.copy_to_slice(&mut buffer).expect("room");
                })? as u64;
            } else {
                receiver.receive()?.expect("the parent lives").take(&mut buffer)?;
                left -= 1;
            }
            black_box(&buffer);
        }
        progress.reach(Progress::DONE);
        Ok(())
    };
    let mut sender = Sender::attach(&map).expect("nobody else sends");
    let message = vec![7; size];
    pair.time(
        drain,
        || progress.wait_for(Progress::READY),
        |()| {
            for number in 1..=pair.count {
                if batches && number % 16 != 0 {
                    sender.send_later(black_box(&message)).expect("the child lives");
                } else {
                    sender.send(black_box(&message)).expect("the child lives");
                }
            }
            sender.flush();
            progress.wait_for(Progress::DONE);
        },
    )
}
