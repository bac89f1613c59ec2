//! CRC-64/XZ: every damage to up to 64 bits in a row is found, any other with all but one chance in 2⁶⁴.

/// The polynomial of ECMA-182, lowest bit first.
const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;

/// What each byte does to the remainder.
static TABLE: [u64; 256] = table();

/// A checksum in the making.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checksum(u64);

impl Checksum {
    /// The checksum of no bytes.
    pub(super) const fn new() -> Self {
        Self(!0)
    }

    /// The checksum of these bytes.
    pub(super) fn of(bytes: &[u8]) -> u64 {
        let mut checksum = Self::new();
        checksum.add(bytes);
        checksum.value()
    }

    /// Adds what follows.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = TABLE[usize::from(self.0 as u8 ^ byte)] ^ self.0 >> 8;
        }
    }

    /// The checksum of all that was added.
    pub(super) const fn value(self) -> u64 {
        !self.0
    }
}

const fn table() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut remainder = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            let carry = if remainder & 1 == 0 { 0 } else { POLYNOMIAL };
            remainder = remainder >> 1 ^ carry;
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}

/// The check value of the catalogue of CRCs: the checksum of the digits from 1 to 9.
const _: () = {
    let (digits, mut remainder, mut index) = (b"123456789", !0_u64, 0);
    let table = table();
    while index < digits.len() {
        remainder = table[(remainder as u8 ^ digits[index]) as usize] ^ remainder >> 8;
        index += 1;
    }
    assert!(!remainder == 0x995d_c9bb_df19_39fa);
};
