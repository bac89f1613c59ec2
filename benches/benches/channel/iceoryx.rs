//! iceoryx2's services, which publish in shared memory.
//!
//! Both ends wait by looking, as its own benchmark does; to sleep takes its events besides, which are Unix sockets.

use std::cell::Cell;
use std::fmt::Debug;
use std::hint::{black_box, spin_loop};
use std::process;

use iceoryx2::node::Node;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::{BackpressureStrategy, LogLevel, NodeBuilder, ServiceName, ipc, set_log_level};

use crate::pair::{Pair, Progress};

/// The child has had a first message. A subscriber connects when it first looks for one, and a publisher whose subscriber has not
/// done so drops what there is no room for.
const CONNECTED: u64 = 3;

/// A process's part in all services.
fn node() -> Node<ipc::Service> {
    set_log_level(LogLevel::Error);
    NodeBuilder::new().create().expect("a place for its files")
}

/// A name that no service has yet: the parent's, for each of its rounds.
struct Name(String);

impl Name {
    fn new(end: &str) -> Self {
        thread_local! {
            static ROUND: Cell<u64> = const { Cell::new(0) };
        }
        let round = ROUND.replace(ROUND.get() + 1);
        Self(format!("baremap-benches/{}/{round}/{end}", process::id()))
    }

    fn get(&self) -> ServiceName {
        self.0.as_str().try_into().expect("a short text")
    }
}

/// A word there and a word back. Each process makes what it uses: a forked child has nothing of its parent's.
pub(crate) fn trips(pair: Pair) -> f64 {
    let (there, back) = (Name::new("there"), Name::new("back"));
    let progress = Progress::new();
    let word = |node: &Node<ipc::Service>, name: &Name| {
        node.service_builder(&name.get())
            .publish_subscribe::<u64>()
            .max_publishers(1)
            .max_subscribers(1)
            .history_size(0)
            .subscriber_max_buffer_size(1)
            .enable_safe_overflow(true)
            .open_or_create()
            .expect("both ends ask for the same")
    };
    let echo = || {
        let node = node();
        let (there, back) = (word(&node, &there), word(&node, &back));
        let receiver = there.subscriber_builder().create().expect("nobody else receives");
        let sender = back.publisher_builder().create().expect("nobody else sends");
        progress.reach(Progress::READY);
        for _ in 0..=pair.count {
            let number = receive(&receiver);
            sender.send_copy(number).expect("the parent lives");
        }
        // What it sent last is gone with it.
        progress.wait_for(Progress::DONE);
        Ok(())
    };
    pair.time(
        echo,
        || {
            let node = node();
            let (there, back) = (word(&node, &there), word(&node, &back));
            let sender: Publisher<ipc::Service, u64, ()> =
                there.publisher_builder().create().expect("nobody else sends");
            let receiver: Subscriber<ipc::Service, u64, ()> =
                back.subscriber_builder().create().expect("nobody else receives");
            progress.wait_for(Progress::READY);
            sender.send_copy(1).expect("the child lives");
            assert_eq!(receive(&receiver), 1);
            (node, there, back, sender, receiver)
        },
        |(.., sender, receiver)| {
            for number in 0..pair.count {
                sender.send_copy(number).expect("the child lives");
                assert_eq!(receive(receiver), number);
            }
            progress.reach(Progress::DONE);
        },
    )
}

fn receive<T: Copy + Debug + iceoryx2::prelude::ZeroCopySend>(
    subscriber: &Subscriber<ipc::Service, T, ()>,
) -> T {
    loop {
        match subscriber.receive().expect("the other end lives") {
            Some(sample) => return *sample,
            None => spin_loop(),
        }
    }
}

/// Messages of `size` bytes, as many at once as `all` bytes have, copied in and out.
pub(crate) fn messages(size: usize, all: usize, pair: Pair) -> f64 {
    let name = Name::new("messages");
    let progress = Progress::new();
    let service = |node: &Node<ipc::Service>| {
        node.service_builder(&name.get())
            .publish_subscribe::<[u8]>()
            .max_publishers(1)
            .max_subscribers(1)
            .history_size(0)
            .subscriber_max_buffer_size(all / size)
            // The sender waits for room, as that of a ring does.
            .enable_safe_overflow(false)
            .open_or_create()
            .expect("both ends ask for the same")
    };
    let drain = || {
        let node = node();
        let service = service(&node);
        let receiver = service.subscriber_builder().create().expect("nobody else receives");
        let mut buffer = vec![0; size];
        let mut take = |count: u64| {
            let mut left = count;
            while left > 0 {
                match receiver.receive().expect("the parent lives") {
                    Some(sample) => {
                        buffer.copy_from_slice(&sample);
                        black_box(&buffer);
                        left -= 1;
                    }
                    None => spin_loop(),
                }
            }
        };
        progress.reach(Progress::READY);
        take(1);
        progress.reach(CONNECTED);
        take(pair.count);
        progress.reach(Progress::DONE);
        Ok(())
    };
    let message = vec![7; size];
    let send = |sender: &Publisher<ipc::Service, [u8], ()>| {
        let sample = sender.loan_slice_uninit(size).expect("as many as there may be");
        sample.write_from_slice(black_box(&message)).send().expect("the child lives");
    };
    pair.time(
        drain,
        || {
            let node = node();
            let service = service(&node);
            let sender: Publisher<ipc::Service, [u8], ()> = service
                .publisher_builder()
                .initial_max_slice_len(size)
                .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
                .create()
                .expect("nobody else sends");
            progress.wait_for(Progress::READY);
            send(&sender);
            progress.wait_for(CONNECTED);
            (node, service, sender)
        },
        |(.., sender)| {
            for _ in 0..pair.count {
                send(sender);
            }
            progress.wait_for(Progress::DONE);
        },
    )
}
