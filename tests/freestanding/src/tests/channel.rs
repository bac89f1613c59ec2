use crate::harness::tests;
use crate::support::engine::Random;
use crate::support::rounds::rounds;
use crate::support::{child, pointer};
use baremap::channel::{self, Message, Reader, Receiver, Sender, Writer};
use baremap::process::{self, sleep};
use baremap::sync::Deadline;
use baremap::sys::Signal;
use baremap::{Errno, Error, Operation, Reason, Result, SharedMap};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;

/// Where the words of the header are: what the ring is, its size, and how far each end came.
const LABEL: usize = 0;
const SIZE: usize = 8;
const SENT: usize = 128 + 40;
const TAKEN: usize = 256 + 40;
/// The bytes before the ring's own.
const HEADER: usize = 384;

/// Against a test that hangs; long enough for any machine.
fn late() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn message_of<const SIZE: usize>(message: Option<Message<'_, &SharedMap>>) -> Result<[u8; SIZE]> {
    let mut bytes = [0; SIZE];
    assert_eq!(message.expect("a message").take(&mut bytes)?, SIZE);
    Ok(bytes)
}

fn wait_for(number: &AtomicU32, value: u32) {
    while number.load(Relaxed) < value {
        sleep(Duration::from_micros(100));
    }
}

/// What a message of a length has in it: all of it depends on its number.
fn fill(bytes: &mut [u8], number: u64) {
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = (number as usize * 31 + index) as u8;
    }
}

tests! {
    fn messages_arrive_whole_and_in_order() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(256))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            assert_eq!(sender.most(), 120);
            let (mut sent, mut received) = ([0; 120], [0; 120]);
            // Every length, at every place in the ring.
            for number in 0..2000_u64 {
                let len = (number * 7 % 121) as usize;
                fill(&mut sent[..len], number);
                sender.send(&sent[..len])?;
                let message = receiver.receive()?.expect("a message");
                assert_eq!(message.len(), len);
                assert_eq!(message.take(&mut received)?, len);
                assert_eq!(sent[..len], received[..len], "{number}");
            }
            Ok(())
        });
    }

    fn a_full_ring_takes_no_message_and_an_empty_one_gives_none() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            let nothing = receiver.try_receive().map(drop).unwrap_err();
            assert_eq!((nothing.operation(), nothing.errno()), (Operation::Receive, Errno::EAGAIN));
            // 16 bytes each.
            for number in 0..4_u64 {
                sender.try_send(&number.to_ne_bytes())?;
            }
            let full = sender.try_send(b"").unwrap_err();
            assert_eq!((full.operation(), full.errno()), (Operation::Send, Errno::EAGAIN));
            assert_eq!(sender.try_reserve(1).map(drop).map_err(Error::errno), Err(Errno::EAGAIN));
            assert_eq!(sender.send_until(b"", Deadline::PASSED).map_err(Error::errno), Err(Errno::ETIMEDOUT));
            assert_eq!(
                sender.send_until(b"", Deadline::after(Duration::from_millis(20))).map_err(Error::errno),
                Err(Errno::ETIMEDOUT),
            );
            for number in 0..4_u64 {
                assert_eq!(message_of(receiver.try_receive()?)?, number.to_ne_bytes());
            }
            assert_eq!(receiver.receive_until(Deadline::PASSED).map(drop).map_err(Error::errno), Err(Errno::ETIMEDOUT));
            sender.try_send(b"")?;
            assert_eq!(receiver.receive_until(Deadline::PASSED)?.map(|message| message.len()), Some(0));
            Ok(())
        });
    }

    fn a_message_that_is_too_long_is_refused() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(128))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            let most = sender.most();
            let error = sender.send(&[1; 128][..=most]).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Send, Errno::EMSGSIZE));
            assert_eq!(error.reason(), Reason::TooLarge { len: most + 1, most });
            assert_eq!(sender.reserve(usize::MAX).map(drop).map_err(Error::errno), Err(Errno::EMSGSIZE));

            // The longest fits wherever the ring stands.
            for _ in 0..20 {
                sender.send(&[2; 128][..most])?;
                let message = receiver.receive()?.expect("a message");
                let error = message.take(&mut [0; 128][..most - 1]).unwrap_err();
                assert_eq!((error.operation(), error.errno()), (Operation::Receive, Errno::EMSGSIZE));
                assert_eq!(error.reason(), Reason::TooLarge { len: most, most: most - 1 });
                // It is the next one still.
                assert_eq!(receiver.receive()?.expect("a message").take(&mut [0; 128])?, most);
                sender.send(b"between")?;
                assert_eq!(message_of(receiver.receive()?)?, *b"between");
            }
            Ok(())
        });
    }

    fn messages_are_written_and_read_in_place() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(128))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            for number in 0..20_u64 {
                // What is not committed is not sent.
                sender.reserve(24)?.write_at(0, &[0xff; 24])?;
                let slot = sender.reserve(24)?;
                assert_eq!(slot.len(), 24);
                slot.atomic::<AtomicU64>(8)?.store(number, Relaxed);
                slot.commit();
                let message = receiver.receive()?.expect("a message");
                assert_eq!((message.len(), message.load(8)), (24, Ok(number)));
            }
            Ok(())
        });
    }

    fn a_batch_is_sent_and_received_at_once() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(128))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            for round in 0..20 {
                for number in 0..3_u64 {
                    let slot = sender.reserve(8)?;
                    slot.store(0, number)?;
                    slot.commit_later();
                }
                if round == 0 {
                    assert_eq!(receiver.try_receive().map(drop).map_err(Error::errno), Err(Errno::EAGAIN));
                }
                sender.flush();
                let mut expected = 0;
                let count = receiver.receive_all(|message| {
                    assert_eq!(message.load(0), Ok(expected));
                    expected += 1;
                })?;
                assert_eq!(count, 3);
            }
            // What was put off goes before the sender waits, since the receiver may wait for it.
            while let Ok(slot) = sender.try_reserve(8) {
                slot.commit_later();
            }
            assert_eq!(receiver.receive_all(|_| ())?, 8);
            assert_eq!(receiver.receive_all(|_| ())?, 0);
            // And with the sender.
            sender.reserve(8)?.commit_later();
            drop(sender);
            assert_eq!(receiver.receive_all(|_| ())?, 1);
            assert!(receiver.receive()?.is_none());
            Ok(())
        });
    }

    fn bytes_arrive_in_order() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(100))?;
            let (mut writer, mut reader) = (Writer::attach(&map)?, Reader::attach(&map)?);
            assert_eq!((writer.capacity(), reader.capacity()), (104, 104));
            let mut random = Random(1);
            let (mut written, mut read) = (0_u64, 0_u64);
            let mut bytes = [0; 120];
            for _ in 0..2000 {
                let len = random.below(121);
                for (index, byte) in bytes[..len].iter_mut().enumerate() {
                    *byte = (written + index as u64) as u8;
                }
                written += match writer.try_write(&bytes[..len]) {
                    Ok(count) => count as u64,
                    Err(error) => {
                        assert_eq!((error.errno(), written - read), (Errno::EAGAIN, 104));
                        0
                    }
                };
                let len = random.below(121);
                match reader.try_read(&mut bytes[..len]) {
                    Ok(count) => {
                        assert!(count == len.min((written - read) as usize));
                        for &byte in &bytes[..count] {
                            assert_eq!(byte, read as u8);
                            read += 1;
                        }
                    }
                    Err(error) => assert_eq!((error.errno(), written), (Errno::EAGAIN, read)),
                }
            }
            assert!(written > 20_000, "{written} bytes");
            Ok(())
        });
    }

    fn bytes_are_written_and_read_in_place() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            let (mut writer, mut reader) = (Writer::attach(&map)?, Reader::attach(&map)?);
            for round in 0..20_u8 {
                let free = writer.reserve()?;
                assert!(!free.is_empty() && free.len() <= 64);
                free.write_at(0, &[round])?;
                free.commit(1)?;
                let filled = reader.peek()?.expect("bytes");
                assert_eq!((filled.len(), filled.load::<u8>(0)), (1, Ok(round)));
                filled.consume(1)?;
            }
            let free = writer.reserve()?;
            let most = free.len();
            let error = free.commit(most + 1).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::TooLarge { len: most + 1, most }));
            assert_eq!(reader.try_read(&mut [0]).map_err(Error::errno), Err(Errno::EAGAIN));
            writer.write_all(b"four")?;
            let error = reader.peek()?.expect("bytes").consume(5).unwrap_err();
            assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::TooLarge { len: 5, most: 4 }));
            let mut bytes = [0; 9];
            assert_eq!(reader.read(&mut bytes)?, 4);
            assert_eq!(&bytes[..4], b"four");
            Ok(())
        });
    }

    fn nothing_to_write_or_no_room_to_read_does_not_wait() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            let (mut writer, mut reader) = (Writer::attach(&map)?, Reader::attach(&map)?);
            assert_eq!(reader.read(&mut []), Ok(0));
            assert_eq!(writer.write(&[7; 65])?, 64);
            assert_eq!(writer.write(b""), Ok(0));
            assert_eq!(writer.write_until(b"x", Deadline::PASSED).map_err(Error::errno), Err(Errno::ETIMEDOUT));
            assert_eq!(reader.read_until(&mut [0; 64], Deadline::PASSED), Ok(64));
            assert_eq!(reader.read_until(&mut [0; 64], Deadline::PASSED).map_err(Error::errno), Err(Errno::ETIMEDOUT));
            Ok(())
        });
    }

    fn an_end_that_is_dropped_is_noticed() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            let mut receiver = Receiver::attach(&map)?;
            let mut sender = Sender::attach(&map)?;
            sender.send(b"last")?;
            drop(sender);
            assert_eq!(message_of(receiver.receive()?)?, *b"last");
            assert!(receiver.receive()?.is_none() && receiver.try_receive()?.is_none());
            // Another goes on.
            let mut sender = Sender::attach(&map)?;
            assert_eq!(receiver.try_receive().map(drop).map_err(Error::errno), Err(Errno::EAGAIN));
            sender.send(b"more")?;
            assert_eq!(message_of(receiver.receive()?)?, *b"more");

            drop(receiver);
            while sender.try_send(b"nobody").is_ok() {}
            let error = sender.send(b"nobody").unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Send, Errno::EPIPE));
            assert_eq!(sender.try_send(b"nobody").map_err(Error::errno), Err(Errno::EPIPE));
            let mut receiver = Receiver::attach(&map)?;
            assert_eq!(message_of(receiver.receive()?)?, *b"nobody");

            let map = SharedMap::new(channel::size_for(64))?;
            let mut reader = Reader::attach(&map)?;
            Writer::attach(&map)?.write_all(b"bytes")?;
            let mut bytes = [0; 64];
            assert_eq!((reader.read(&mut bytes), &bytes[..5]), (Ok(5), b"bytes".as_slice()));
            assert_eq!((reader.read(&mut bytes), reader.peek().map(|bytes| bytes.is_none())), (Ok(0), Ok(true)));
            Ok(())
        });
    }

    fn an_end_has_one_user() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            let sender = Sender::attach(&map)?;
            let busy = |end: Result<()>| {
                let error = end.unwrap_err();
                assert_eq!((error.operation(), error.errno()), (Operation::Attach, Errno::EBUSY));
            };
            busy(Sender::attach(&map).map(drop));
            // The one that could not attach has changed nothing.
            child::check(|| busy(Sender::attach(&map).map(drop)));
            busy(Sender::attach(&map).map(drop));
            drop(sender);
            child::check(|| Sender::attach(&map).map(drop));
            Sender::attach(&map).map(drop)
        });
    }

    fn a_copy_in_a_forked_child_is_not_the_childs() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            sender.reserve(0)?.commit_later();
            {
                // SAFETY: the child drops its copies and nothing else.
                let child = unsafe { process::fork() }?;
                match child {
                    process::Fork::Child => {
                        drop(sender);
                        drop(receiver);
                        process::exit(0)
                    }
                    process::Fork::Parent(child) => assert!(child.wait()?.success()),
                }
            }
            assert_eq!(receiver.try_receive().map(drop).map_err(Error::errno), Err(Errno::EAGAIN));
            sender.send(b"mine")?;
            assert_eq!(receiver.receive()?.map(|message| message.len()), Some(0));
            assert_eq!(message_of(receiver.receive()?)?, *b"mine");
            assert_eq!(Sender::attach(&map).map(drop).map_err(Error::errno), Err(Errno::EBUSY));
            Ok(())
        });
    }

    fn an_end_waits_for_the_other_to_attach() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            // SAFETY: the child uses nothing but the map.
            let child = unsafe {
                process::spawn(|| {
                    sleep(Duration::from_millis(20));
                    Sender::attach(&map)?.send(b"late")
                })
            }?;
            let mut receiver = Receiver::attach(&map)?;
            assert_eq!(message_of(receiver.receive_until(late())?)?, *b"late");
            assert!(child.wait()?.success());
            Ok(())
        });
    }

    #[timeout(120)]
    fn an_end_that_is_killed_is_noticed_on_either_side() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(64))?;
            let ready: SharedMap = SharedMap::new(4)?;
            let ready: &AtomicU32 = ready.value(0)?;
            for round in 0..10 {
                ready.store(0, Relaxed);
                // SAFETY: the child uses nothing but the maps.
                let child = unsafe {
                    process::spawn(|| {
                        let mut sender = Sender::attach(&map)?;
                        ready.store(1, Relaxed);
                        sender.send(b"the last")?;
                        // Half a message.
                        sender.reserve(8)?.write_at(0, b"half a m")?;
                        ready.store(2, Relaxed);
                        loop {
                            sleep(Duration::MAX);
                            sender.flush();
                        }
                        #[expect(unreachable_code, reason = "it is killed")]
                        Ok::<(), Error>(())
                    })
                }?;
                // The sender before has ended, which is not to be taken for this one's end.
                wait_for(ready, 1);
                let mut receiver = Receiver::attach(&map)?;
                assert_eq!(message_of(receiver.receive_until(late())?)?, *b"the last");
                if round % 2 == 0 {
                    wait_for(ready, 2);
                    child.kill(Signal::KILL)?;
                } else {
                    // It is killed while this end sleeps.
                    // SAFETY: the child uses nothing of its parent's.
                    unsafe {
                        process::spawn(|| {
                            sleep(Duration::from_millis(20));
                            child.kill(Signal::KILL)
                        })
                    }?
                    .wait()?;
                }
                let error = receiver.receive_until(late()).map(drop).unwrap_err();
                assert_eq!((error.operation(), error.errno()), (Operation::Receive, Errno::EOWNERDEAD));
                assert_eq!(receiver.try_receive().map(drop).map_err(Error::errno), Err(Errno::EOWNERDEAD));
                assert!(child.wait()?.signal().is_some());
                // Another goes on where it was.
                let mut sender = Sender::attach(&map)?;
                sender.send(b"successor")?;
                assert_eq!(message_of(receiver.receive()?)?, *b"successor");
            }

            // SAFETY: the child uses nothing but the maps.
            let child = unsafe {
                process::spawn(|| {
                    let receiver = Receiver::attach(&map)?;
                    ready.store(3, Relaxed);
                    sleep(Duration::MAX);
                    drop(receiver);
                    Ok::<(), Error>(())
                })
            }?;
            wait_for(ready, 3);
            let mut sender = Sender::attach(&map)?;
            while sender.try_send(b"unread").is_ok() {}
            child.kill(Signal::KILL)?;
            let error = sender.send_until(b"unread", late()).unwrap_err();
            assert_eq!((error.operation(), error.errno()), (Operation::Send, Errno::EOWNERDEAD));
            child.wait()?;
            let mut receiver = Receiver::attach(&map)?;
            assert_eq!(message_of(receiver.receive()?)?, *b"unread");
            sender.send_until(b"unread", late())
        });
    }

    #[timeout(300)]
    fn a_process_that_is_killed_at_any_moment_leaves_whole_messages() {
        pointer::without_and_with(|| -> Result<()> {
            let rounds = rounds(1000);
            let map = SharedMap::new(channel::size_for(512))?;
            let ready: SharedMap = SharedMap::new(4)?;
            let ready: &AtomicU32 = ready.value(0)?;
            let mut random = Random(5);
            let mut receiver = Receiver::attach(&map)?;
            let (mut next, mut most) = (0_u64, 0);
            for round in 0..rounds {
                let bytes_before = next;
                // SAFETY: the child uses nothing but the map.
                let child = unsafe {
                    process::spawn(|| {
                        let mut sender = Sender::attach(&map)?;
                        ready.store(round as u32 + 1, Relaxed);
                        let mut bytes = [0; 200];
                        for number in next.. {
                            let len = 8 + (number * 13 % 190) as usize;
                            fill(&mut bytes[8..len], number);
                            bytes[..8].copy_from_slice(&number.to_ne_bytes());
                            if number % 3 == 0 {
                                let slot = sender.reserve(len)?;
                                slot.write_at(0, &bytes[..len])?;
                                slot.commit();
                            } else {
                                sender.send(&bytes[..len])?;
                            }
                        }
                        Ok::<(), Error>(())
                    })
                }?;
                wait_for(ready, round as u32 + 1);
                let until = next + 1 + random.below(100) as u64;
                let mut expected = [0; 200];
                let mut is_killed = false;
                loop {
                    let message = match receiver.receive_until(late()) {
                        Ok(Some(message)) => message,
                        Ok(None) => panic!("the sender is never dropped"),
                        Err(error) => {
                            assert!(is_killed && error.errno() == Errno::EOWNERDEAD, "round {round}: {error}");
                            break;
                        }
                    };
                    let mut bytes = [0; 200];
                    let len = message.take(&mut bytes)?;
                    fill(&mut expected[8..], next);
                    expected[..8].copy_from_slice(&next.to_ne_bytes());
                    assert_eq!(len, 8 + (next * 13 % 190) as usize);
                    assert_eq!(bytes[..len], expected[..len], "message {next}");
                    next += 1;
                    if next == until {
                        child.kill(Signal::KILL)?;
                        is_killed = true;
                    }
                }
                most = most.max(next - bytes_before);
                child.wait()?;
            }
            baremap::eprintln!("{rounds} kills, up to {most} messages");
            Ok(())
        });
    }

    #[timeout(300)]
    fn two_processes_send_each_other_what_they_receive() {
        pointer::without_and_with(|| -> Result<()> {
            let rounds = rounds(20_000) as u64;
            let (there, back) = (SharedMap::new(channel::size_for(64))?, SharedMap::new(channel::size_for(64))?);
            // SAFETY: the child uses nothing but the maps.
            let child = unsafe {
                process::spawn(|| {
                    let (mut receiver, mut sender) = (Receiver::attach(&there)?, Sender::attach(&back)?);
                    while let Some(message) = receiver.receive_until(late())? {
                        let number: u64 = message.load(0)?;
                        sender.send_until(&(number + 1).to_ne_bytes(), late())?;
                    }
                    Ok::<(), Error>(())
                })
            }?;
            let (mut sender, mut receiver) = (Sender::attach(&there)?, Receiver::attach(&back)?);
            for number in 0..rounds {
                sender.send_until(&number.to_ne_bytes(), late())?;
                assert_eq!(message_of(receiver.receive_until(late())?)?, (number + 1).to_ne_bytes());
            }
            drop(sender);
            assert!(child.wait()?.success());
            assert!(receiver.receive()?.is_none());
            Ok(())
        });
    }

    #[timeout(300)]
    fn a_stream_of_a_megabyte_goes_through_a_small_ring() {
        pointer::without_and_with(|| -> Result<()> {
            let map = SharedMap::new(channel::size_for(1000))?;
            // SAFETY: the child uses nothing but the map.
            let child = unsafe {
                process::spawn(|| {
                    let mut writer = Writer::attach(&map)?;
                    let mut bytes = [0; 777];
                    let mut number = 0_u64;
                    while number < 1 << 20 {
                        for (index, byte) in bytes.iter_mut().enumerate() {
                            *byte = (((number + index as u64) * 0x9e37_79b9) >> 13) as u8;
                        }
                        number += writer.write_until(&bytes, late())? as u64;
                    }
                    Ok::<(), Error>(())
                })
            }?;
            let mut reader = Reader::attach(&map)?;
            let mut bytes = [0; 512];
            let mut number = 0_u64;
            loop {
                let count = reader.read_until(&mut bytes, late())?;
                for &byte in &bytes[..count] {
                    assert_eq!(byte, ((number * 0x9e37_79b9) >> 13) as u8, "byte {number}");
                    number += 1;
                }
                if count == 0 {
                    break;
                }
            }
            assert!(number >= 1 << 20);
            assert!(child.wait()?.success());
            Ok(())
        });
    }

    fn one_of_several_rings_is_waited_for() {
        pointer::without_and_with(|| -> Result<()> {
            let maps: [Result<SharedMap>; 3] = core::array::from_fn(|_| SharedMap::new(channel::size_for(64)));
            let maps = maps.each_ref().map(|map| map.as_ref().expect("small maps"));
            let mut receivers = [Receiver::attach(maps[0])?, Receiver::attach(maps[1])?, Receiver::attach(maps[2])?];
            assert_eq!(
                channel::wait_any(&mut receivers, Some(Deadline::PASSED)).map_err(Error::errno),
                Err(Errno::ETIMEDOUT),
            );
            let soon = Deadline::after(Duration::from_millis(20));
            assert_eq!(channel::wait_any(&mut receivers[..2], Some(soon)).map_err(Error::errno), Err(Errno::ETIMEDOUT));
            assert_eq!(channel::wait_any(&mut [None::<Receiver<&SharedMap>>], None).map_err(Error::errno), Err(Errno::EINVAL));

            // SAFETY: the child uses nothing but the maps.
            let child = unsafe {
                process::spawn(|| {
                    sleep(Duration::from_millis(20));
                    let (_second, mut third) = (Sender::attach(maps[1])?, Sender::attach(maps[2])?);
                    third.send(b"third")?;
                    sleep(Duration::MAX);
                    Ok::<(), Error>(())
                })
            }?;
            assert_eq!(channel::wait_any(&mut receivers, Some(late()))?, 2);
            assert_eq!(message_of(receivers[2].receive()?)?, *b"third");
            // It is killed: both say so, the first one first.
            // SAFETY: the child uses nothing of its parent's.
            unsafe {
                process::spawn(|| {
                    sleep(Duration::from_millis(20));
                    child.kill(Signal::KILL)
                })
            }?
            .wait()?;
            let index = channel::wait_any(&mut receivers, Some(late()))?;
            assert!(index > 0);
            child.wait()?;
            for receiver in &mut receivers[1..] {
                assert_eq!(receiver.receive_until(late()).map(drop).map_err(Error::errno), Err(Errno::EOWNERDEAD));
            }
            Ok(())
        });
    }

    fn what_is_no_ring_is_refused() {
        pointer::without_and_with(|| -> Result<()> {
            let refused = |end: Result<()>| {
                let error = end.unwrap_err();
                assert_eq!(error.errno(), Errno::EINVAL);
                error.reason()
            };
            let small = SharedMap::new(channel::size_for(0) - 1)?;
            let least = channel::size_for(0);
            assert_eq!(
                refused(Sender::attach(small.range(0, least - 1)?).map(drop)),
                Reason::SmallRing { len: least - 1, least },
            );
            assert!(matches!(refused(Sender::attach(small.range(0, 5)?).map(drop)), Reason::OutOfBounds { .. }));

            let map = SharedMap::new(4096)?;
            assert!(matches!(
                refused(Sender::attach(map.range(4, 1000)?).map(drop)),
                Reason::Misaligned { offset: 0, align: 8 }
            ));
            map.write_at(LABEL, b"#!/bin/sh\n")?;
            assert_eq!(refused(Sender::attach(&*map).map(drop)), Reason::NoRing);

            let map = SharedMap::new(4096)?;
            Sender::attach(&map).map(drop)?;
            assert_eq!(refused(Reader::attach(&map).map(drop)), Reason::OtherRing);
            assert_eq!(
                refused(Receiver::attach(map.range(0, 2048)?).map(drop)),
                Reason::WrongLength { len: 2048, expected: 4096 },
            );
            let label: u64 = map.load(LABEL)?;
            map.store(LABEL, label + 1)?;
            assert_eq!(refused(Receiver::attach(&map).map(drop)), Reason::OtherVersion { found: 2, expected: 1 });
            // A process was killed between size and label.
            map.store(LABEL, 0_u64)?;
            Receiver::attach(&map).map(drop)?;
            assert_eq!((map.load(LABEL), map.load(SIZE)), (Ok(label), Ok(4096_u64)));
            Ok(())
        });
    }

    fn numbers_that_cannot_be_are_an_error() {
        pointer::without_and_with(|| -> Result<()> {
            let broken = |result: Result<()>| {
                let error = result.unwrap_err();
                assert_eq!((error.errno(), error.reason()), (Errno::EBADMSG, Reason::BrokenRing));
            };
            // Positions: the other end's, too far ahead or behind.
            let map = SharedMap::new(channel::size_for(64))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            for sent in [65_u64, u64::MAX, 1 << 63] {
                map.store(SENT, sent)?;
                broken(receiver.try_receive().map(drop));
                broken(receiver.receive().map(drop));
            }
            map.store(SENT, 0_u64)?;
            for _ in 0..4 {
                sender.send(b"")?;
            }
            while sender.try_send(b"").is_ok() {}
            for taken in [65_u64, u64::MAX] {
                map.store(TAKEN, taken)?;
                broken(sender.try_send(b""));
            }
            drop(sender);
            // An end that attaches.
            map.store(TAKEN, 3_u64)?;
            map.store(SENT, 1_000_u64)?;
            broken(Sender::attach(&map).map(drop));

            // Lengths.
            let map = SharedMap::new(channel::size_for(64))?;
            let (mut sender, mut receiver) = (Sender::attach(&map)?, Receiver::attach(&map)?);
            sender.send(b"12345678")?;
            for len in [9_u64, 16, 56, 57, u64::MAX - 1, u64::MAX - 7, 1 << 32, 1 << 63] {
                map.store(HEADER, len)?;
                broken(receiver.try_receive().map(drop));
            }
            map.store(HEADER, 8_u64)?;
            assert_eq!(message_of(receiver.receive()?)?, *b"12345678");
            // Nothing behind what is left out.
            sender.send(b"12345678")?;
            map.store(HEADER + 16, u64::MAX)?;
            broken(receiver.try_receive().map(drop));
            Ok(())
        });
    }
}
