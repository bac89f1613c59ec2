//! What is done to an arena.

use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Alloc {
        len: usize,
        align: u32,
    },
    /// In one of the arenas that this one is a scope of.
    Beside {
        outer: usize,
        len: usize,
    },
    Grow {
        block: usize,
        by: usize,
    },
    Shrink {
        block: usize,
        to: u8,
    },
    Free {
        block: usize,
    },
    Text(String),
    /// Of so many values, of which the last cannot be made.
    Slice {
        len: usize,
        fails: bool,
    },
    Iterator {
        len: usize,
    },
    /// A scope for these.
    Scope(Vec<Op>),
    /// These, and then back.
    Rollback(Vec<Op>),
    Keep(usize),
    Reserve(usize),
}

pub(crate) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let leaf = op();
    let inner = leaf.prop_recursive(3, 60, 12, |op| {
        let ops = prop::collection::vec(op.clone(), 0..12);
        prop_oneof![
            2 => op,
            1 => ops.clone().prop_map(Op::Scope),
            1 => ops.prop_map(Op::Rollback),
        ]
    });
    prop::collection::vec(inner, 0..30)
}

fn len() -> impl Strategy<Value = usize> {
    prop_oneof![10 => 0..100_usize, 5 => 100..5000_usize, 1 => 5000..60_000_usize]
}

fn op() -> impl Strategy<Value = Op> {
    let align = prop_oneof![10 => 0..5_u32, 1 => 5..14_u32];
    prop_oneof![
        10 => (len(), align).prop_map(|(len, align)| Op::Alloc { len, align }),
        2 => (any::<usize>(), len()).prop_map(|(outer, len)| Op::Beside { outer, len }),
        4 => (block(), len()).prop_map(|(block, by)| Op::Grow { block, by }),
        3 => (block(), any::<u8>()).prop_map(|(block, to)| Op::Shrink { block, to }),
        3 => block().prop_map(|block| Op::Free { block }),
        2 => ".{0,20}".prop_map(Op::Text),
        2 => (0..50_usize, any::<bool>()).prop_map(|(len, fails)| Op::Slice { len, fails }),
        2 => (0..200_usize).prop_map(|len| Op::Iterator { len }),
        1 => prop_oneof![Just(0), Just(usize::MAX), 0..100_000_usize].prop_map(Op::Keep),
        1 => (0..60_000_usize).prop_map(Op::Reserve),
    ]
}

/// The last block most of the time, and otherwise any.
fn block() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(0), 1 => any::<usize>()]
}
