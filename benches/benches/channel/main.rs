//! Messages between two processes: round trips, on two processors and on one, and streams of 64 bytes to 64 KiB, by rings and by
//! what the kernel has.
//!
//! `cargo bench -p baremap-benches --bench channel -- [--quick] [FILTER]`; with `--features iceoryx2` beside that as well.
//!
//! Each round has a child of its own, at work when the clock starts.

mod bare;
mod descriptors;
#[cfg(feature = "iceoryx2")]
mod iceoryx;
mod pair;
mod rings;

use baremap_benches::table::Table;
use baremap_benches::way::Round;
use baremap_benches::{Area, Target, Way, bound, ours, peer};

use pair::Pair;

/// What is timed: so many, between two processes. Seconds.
type Timed<'a> = Way<'a, &'a dyn Fn(Pair) -> f64>;

/// Bytes of a round trip's messages.
const SHORT: usize = 8;
/// Bytes of a stream's, and those that show as much when there is little time.
const SIZES: [usize; 6] = [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10];
const FEW: [usize; 3] = [64, 1 << 10, 64 << 10];

const BESIDE_DESCRIPTORS: [Timed<'_>; 5] = [
    peer("pipes", &descriptors::pipe_trips),
    ours("message rings", &rings::trips),
    peer("eventfds", &descriptors::eventfd_trips),
    peer("socketpair", &descriptors::socket_trips),
    bound("futexes", &bare::sleeping_trips),
];

fn main() {
    let mut area = Area::start("sharing", "channel", "Messages between two processes.");
    let rounds = area.either(30, 5);
    if let Some(table) = area.table("round trip, two processors") {
        let target = Target::new("message rings", "atomic", 1.2);
        let table = table.targets(&[target]).why_beside("message rings", "atomic", TWO_LINES);
        let ways: &[Timed<'_>] = &[
            bound("atomic", &bare::trips),
            ours("message rings", &rings::trips),
            #[cfg(feature = "iceoryx2")]
            peer("iceoryx2", &iceoryx::trips),
        ];
        measure(beside_iceoryx(table), rounds, Pair { count: 100_000, processors: [0, 1] }, ways);
    }
    // Whoever waits for a descriptor sleeps, and has to be woken: there are fewer of these.
    if let Some(table) = area.table("round trip, two processors, beside descriptors") {
        let pair = Pair { count: 5_000, processors: [0, 1] };
        measure(table.targets(&[TRIP]), rounds, pair, &BESIDE_DESCRIPTORS);
    }
    if let Some(table) = area.table("round trip, one processor") {
        let pair = Pair { count: 20_000, processors: [0, 0] };
        let table = table.targets(&[TRIP]).why("message rings", ONE_PROCESSOR);
        measure(table, rounds, pair, &BESIDE_DESCRIPTORS);
    }
    for size in area.either(&SIZES[..], &FEW) {
        streams(&mut area, *size, rounds);
    }
}

const ONE_PROCESSOR: &str = "two switches between processes are most of the time of every way: an end lets the other one run before it \
     sleeps (sched_yield(2)), which is one system call a switch, and no way has fewer";
const TWO_LINES: &str = "a message lies in another cache line than the number that announces it: two lines go from processor to processor, \
     and of an atomic one";
const TRIP: Target = Target::new("message rings", "pipes", 0.75);

/// One message after the other, in one direction.
fn streams(area: &mut Area, size: usize, rounds: usize) {
    let (bytes, most) = area.either((256 << 20, 1 << 20), (32 << 20, 1 << 17));
    let count = (bytes / size).min(most) as u64;
    let Some(table) = area.table(format!("messages of {size} bytes")) else { return };
    let target = Target::new("ring of 4 MiB", "pipe", 1.0 / 15.0);
    let targets = if size == 1 << 10 { &[target][..] } else { &[] };
    let ring = |len: usize, batches: bool| move |pair: Pair| rings::messages(size, len, batches, pair);
    let (short, long, batches) = (ring(256 << 10, false), ring(4 << 20, false), ring(4 << 20, true));
    let pipe = |pair: Pair| descriptors::pipe_messages(size, pair);
    let socket = |pair: Pair| descriptors::socket_messages(size, pair);
    #[cfg(feature = "iceoryx2")]
    let published = |pair: Pair| iceoryx::messages(size, 4 << 20, pair);
    let ways: &[Timed<'_>] = &[
        peer("pipe", &pipe),
        ours("ring of 256 KiB", &short),
        ours("ring of 4 MiB", &long),
        ours("ring of 4 MiB, in batches", &batches),
        peer("socketpair", &socket),
        #[cfg(feature = "iceoryx2")]
        peer("iceoryx2, 4 MiB", &published),
    ];
    let table = beside_iceoryx(table).bytes(size).targets(targets);
    measure(table, rounds, Pair { count, processors: [0, 1] }, ways);
}

/// Says so where that peer is not there.
fn beside_iceoryx(table: Table<'_>) -> Table<'_> {
    if cfg!(feature = "iceoryx2") {
        table
    } else {
        table.missing("iceoryx2", "not built: it takes `--features iceoryx2`")
    }
}

/// Nanoseconds of one.
fn measure(table: Table<'_>, rounds: usize, pair: Pair, ways: &[Timed<'_>]) {
    let mut works: Vec<_> = ways.iter().map(|way| || (way.work)(pair) * 1e9 / pair.count as f64).collect();
    let mut ways: Vec<Round<'_>> =
        ways.iter().zip(&mut works).map(|(way, work)| way.with(work as &mut dyn FnMut() -> f64)).collect();
    table.rounds(rounds, &mut ways);
}
