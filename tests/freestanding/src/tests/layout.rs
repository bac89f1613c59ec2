use crate::harness::tests;
use baremap::share::{AtomicOffset, LayoutHash, OffsetSlice, PlainCell, Shared};
use baremap::shared;
use core::sync::atomic::{AtomicI32, AtomicU8, AtomicU32, AtomicU64};

/// A struct of these fields.
macro_rules! layout {
    ($($field:ident: $type:ty),* $(,)?) => {{
        shared! {
            #[allow(dead_code, reason = "only its layout matters")]
            struct Struct {
                $($field: $type),*
            }
        }
        Struct::LAYOUT
    }};
}

tests! {
    fn what_differs_has_another_layout() {
        let layouts = [
            layout! { a: AtomicU32, b: AtomicU32 },
            // Another type.
            layout! { a: AtomicU32, b: AtomicI32 },
            layout! { a: AtomicU32, b: PlainCell<u32> },
            layout! { a: AtomicU32, b: PlainCell<f32> },
            layout! { a: AtomicU32, b: PlainCell<i32> },
            layout! { a: AtomicU32, b: [AtomicU8; 4] },
            layout! { a: PlainCell<u32>, b: AtomicU32 },
            // Another name.
            layout! { a: AtomicU32, c: AtomicU32 },
            layout! { ab: AtomicU32, b: AtomicU32 },
            // Another order.
            layout! { b: AtomicU32, a: AtomicU32 },
            // Other numbers of fields.
            layout! { a: AtomicU32 },
            layout! { a: AtomicU64 },
            layout! { a: [AtomicU32; 2] },
            layout! { a: AtomicU32, b: AtomicU32, c: AtomicU32 },
            layout! {},
            // What offsets lead to.
            layout! { a: AtomicOffset<AtomicU32> },
            layout! { a: AtomicOffset<AtomicU64> },
            layout! { a: PlainCell<OffsetSlice<AtomicU64>> },
            // Not in a struct.
            AtomicU32::LAYOUT,
            AtomicI32::LAYOUT,
            AtomicU64::LAYOUT,
            PlainCell::<u32>::LAYOUT,
            PlainCell::<u64>::LAYOUT,
            <[AtomicU32; 1]>::LAYOUT,
            <[AtomicU32; 2]>::LAYOUT,
            <[[AtomicU32; 2]; 1]>::LAYOUT,
            AtomicOffset::<AtomicU32>::LAYOUT,
        ];
        for (index, one) in layouts.iter().enumerate() {
            for (other_index, other) in layouts[..index].iter().enumerate() {
                assert_ne!(one, other, "{index} and {other_index}");
            }
        }
    }

    fn what_is_the_same_has_the_same_layout() {
        use baremap::share;
        let layout = layout! { a: PlainCell<u32>, c: AtomicU32, next: AtomicOffset<AtomicU64>, b: [AtomicU8; 8] };
        // Neither paths nor spaces nor the struct's name and attributes count.
        shared! {
            /// Another name.
            #[derive(Debug)]
            #[allow(dead_code, reason = "only its layout matters")]
            struct Another {
                a: share::PlainCell< u32 >,
                c: core::sync::atomic::AtomicU32,
                next: baremap::share::AtomicOffset<core::sync::atomic::AtomicU64>,
                /// Documented.
                pub(crate) b: [ AtomicU8 ;8],
            }
        }
        assert_eq!(Another::LAYOUT, layout);
    }

    fn a_layout_within_a_layout_counts() {
        mod one {
            baremap::shared! { pub(super) struct Inner { x: core::sync::atomic::AtomicU32 } }
        }
        mod other {
            baremap::shared! { pub(super) struct Inner { y: core::sync::atomic::AtomicU32 } }
        }
        let with_one = {
            use one::Inner;
            layout! { inner: Inner }
        };
        let with_other = {
            use other::Inner;
            layout! { inner: Inner }
        };
        assert_ne!(with_one, with_other);
    }

    // Programs that were built at other times and for other machines have to agree.
    fn the_numbers_stay() {
        assert_eq!(LayoutHash::of::<[u8; 0]>().get(), fnv(&[&0_u64.to_le_bytes(), &1_u64.to_le_bytes()]));
        let pair = [
            &16_u64.to_le_bytes()[..], &8_u64.to_le_bytes(),
            &0_u64.to_le_bytes(), b"value", &5_u64.to_le_bytes(), b"AtomicU64", &9_u64.to_le_bytes(),
            &fnv(&[&8_u64.to_le_bytes(), &8_u64.to_le_bytes(), b"AtomicU64", &9_u64.to_le_bytes()]).to_le_bytes(),
            &8_u64.to_le_bytes(), b"cell", &4_u64.to_le_bytes(), b"PlainCell<u64>", &14_u64.to_le_bytes(),
            &fnv(&[&8_u64.to_le_bytes(), &8_u64.to_le_bytes(), b"plain", &5_u64.to_le_bytes()]).to_le_bytes(),
        ];
        shared! {
            #[allow(dead_code, reason = "only its layout matters")]
            struct Pair {
                value: AtomicU64,
                cell: PlainCell<u64>,
            }
        }
        assert_eq!(Pair::LAYOUT, fnv(&pair));
    }
}

/// FNV-1a, as its authors describe it.
fn fnv(pieces: &[&[u8]]) -> u64 {
    let bytes = pieces.iter().flat_map(|piece| piece.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
