//! Many threads at once, more than the pool has slots, while one of them changes the file's length.

use baremap::{File, FileMap, Reason, page};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

const THREADS: usize = 20;
const ROUNDS: usize = 3000;

/// Every byte that comes is the file's, or a zero from behind its end.
pub(crate) fn threads() {
    let page = page::size();
    let file = File::unnamed().unwrap();
    let content: Vec<u8> = (0..4 * page).map(|index| (index % 251 + 1) as u8).collect();
    file.write_all_at(&content, 0).unwrap();
    let map = FileMap::write(&file).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                file.set_len((page + round * 997 % (3 * page)) as u64).unwrap();
                file.set_len(content.len() as u64).unwrap();
                if done.load(Relaxed) {
                    break;
                }
            }
        });
        let readers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (map, content) = (&map, &content);
                scope.spawn(move || {
                    let mut buffer = vec![0; 3 * page];
                    for round in 0..ROUNDS {
                        let offset = (thread * 31 + round * 173) % (page + 100);
                        let len = [8, 100, page, buffer.len()][round % 4].min(map.len() - offset);
                        let copied =
                            match map.read_at(offset, &mut buffer[..len]).map_err(|error| error.reason()) {
                                Ok(()) => len,
                                Err(Reason::Fault { copied }) => copied,
                                Err(other) => panic!("{other:?}"),
                            };
                        for (index, &byte) in buffer[..copied].iter().enumerate() {
                            let at = offset + index;
                            assert!(byte == content[at] || at >= page && byte == 0, "byte {at} is {byte}");
                        }
                        assert!(copied == len || offset + copied >= page);
                        let value = map.load::<u32>(thread).unwrap();
                        assert_eq!(value.to_ne_bytes(), content[thread..thread + 4]);
                    }
                })
            })
            .collect();
        let results: Vec<_> = readers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Relaxed);
        assert!(results.iter().all(Result::is_ok));
    });
}
