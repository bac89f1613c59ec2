//! The ways through a function, and the shortest.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Mnemonic, OpKind, Register};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where an instruction leads to, and what it is to those who count.
#[derive(Debug, Default)]
struct Node {
    /// Offsets in the function.
    next: Vec<u64>,
    returns: bool,
    /// Stores a word elsewhere than on the stack.
    stores: bool,
    /// Waits for other processors, or leads elsewhere.
    is_slow: bool,
}

/// How many instructions it takes from a function's start to its return, by the shortest way that stores something
/// and neither calls nor locks. `None` if there is no such way.
pub(crate) fn shortest(code: &[u8]) -> Option<usize> {
    let nodes = if cfg!(target_arch = "x86_64") { x86_64(code) } else { aarch64(code) };
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([(0, false, 1)]);
    while let Some((at, mut stored, count)) = queue.pop_front() {
        let Some(node) = nodes.get(&at).filter(|node| !node.is_slow) else { continue };
        stored |= node.stores;
        if node.returns && stored {
            return Some(count);
        }
        if seen.insert((at, stored)) {
            queue.extend(node.next.iter().map(|&next| (next, stored, count + 1)));
        }
    }
    None
}

fn x86_64(code: &[u8]) -> BTreeMap<u64, Node> {
    let mut nodes = BTreeMap::new();
    for instruction in &mut Decoder::with_ip(64, code, 0, DecoderOptions::NONE) {
        let next = match instruction.flow_control() {
            FlowControl::Next => vec![instruction.next_ip()],
            FlowControl::UnconditionalBranch => vec![instruction.near_branch_target()],
            FlowControl::ConditionalBranch => {
                vec![instruction.next_ip(), instruction.near_branch_target()]
            }
            _ => vec![],
        };
        let node = Node {
            returns: instruction.flow_control() == FlowControl::Return,
            stores: instruction.mnemonic() == Mnemonic::Mov
                && instruction.op0_kind() == OpKind::Memory
                && instruction.memory_base() != Register::RSP,
            is_slow: instruction.has_lock_prefix(),
            next,
        };
        nodes.insert(instruction.ip(), node);
    }
    nodes
}

/// By the encodings of the Arm Architecture Reference Manual, C6.2.
fn aarch64(code: &[u8]) -> BTreeMap<u64, Node> {
    let words = code.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")));
    let mut nodes = BTreeMap::new();
    for (index, word) in words.enumerate() {
        let at = index as u64 * 4;
        // A distance in words, in so many bits from that one on.
        let target = |from: u32, bits: u32| {
            let distance = (word << (32 - bits - from)) as i32 >> (32 - bits);
            at.wrapping_add_signed(i64::from(distance) * 4)
        };
        let node = match word {
            // RET.
            _ if word & 0xffff_fc1f == 0xd65f_0000 => Node { returns: true, ..Node::default() },
            // B.
            _ if word >> 26 == 0b00_0101 => Node { next: vec![target(0, 26)], ..Node::default() },
            // BL, BR and BLR.
            _ if word >> 26 == 0b10_0101 || word & 0xffdf_fc1f == 0xd61f_0000 => Node::default(),
            // B.cond, CBZ and CBNZ.
            _ if word & 0xff00_0010 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 => {
                Node { next: vec![at + 4, target(5, 19)], ..Node::default() }
            }
            // TBZ and TBNZ.
            _ if word & 0x7e00_0000 == 0x3600_0000 => {
                Node { next: vec![at + 4, target(5, 14)], ..Node::default() }
            }
            // STR of 64 bits. LDAXR and STLXR, which order memory, and the barriers.
            _ => Node {
                next: vec![at + 4],
                stores: word & 0xffc0_0000 == 0xf900_0000 && word >> 5 & 31 != 31,
                is_slow: word & 0xffa0_8000 == 0xc800_8000 || word & 0xffff_f01f == 0xd503_301f,
                ..Node::default()
            },
        };
        nodes.insert(at, node);
    }
    nodes
}
