//! What a file has, and what a map of it shows.

use super::super::{Step, fits, round_up};
use baremap::{Error, Reason, page};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

pub(super) struct Bytes {
    pub(super) file: Vec<u8>,
    /// Where the map begins in the file.
    pub(super) offset: usize,
    pub(super) len: usize,
    pub(super) is_private: bool,
    /// A private map's pages of its own, by their number in the file.
    copies: BTreeMap<usize, Copied>,
}

struct Copied {
    page: Vec<u8>,
    /// Whether it is certain that there is a copy. Locks and prefaulting copy pages and change no byte, so that it shows
    /// only when the file changes.
    is_certain: bool,
}

impl Bytes {
    /// A file, and a shared map of all of it.
    pub(super) fn new(file: Vec<u8>) -> Self {
        Bytes { len: file.len(), file, offset: 0, is_private: false, copies: BTreeMap::new() }
    }

    pub(super) fn map(&mut self, offset: usize, is_private: bool) {
        self.copies.clear();
        (self.offset, self.len, self.is_private) = (offset, self.file.len() - offset, is_private);
    }

    /// The map ends where the file does now.
    pub(super) fn remap(&mut self) {
        self.len = self.file.len().saturating_sub(self.offset);
        if self.len == 0 {
            self.copies.clear();
        }
    }

    /// How far into its first page the map begins.
    pub(super) fn lead(&self) -> usize {
        if self.len == 0 { 0 } else { self.offset % page::size() }
    }

    /// Bytes from the start of the map that can be touched: up to the end of the file's last page.
    pub(super) fn there(&self) -> usize {
        round_up(self.file.len())
            .saturating_sub(self.offset)
            .min(round_up(self.lead() + self.len) - self.lead())
    }

    pub(super) fn write_file(&mut self, at: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = at + bytes.len();
        self.file.resize(self.file.len().max(end), 0);
        self.file[at..end].copy_from_slice(bytes);
    }

    /// Private pages behind the file's last go as well.
    pub(super) fn truncate_file(&mut self, len: usize) {
        if len < self.file.len() {
            self.copies.retain(|page, _| page * page::size() < round_up(len));
        }
        self.file.resize(len, 0);
    }

    /// What the file has in one of its pages, with zeros behind the end.
    fn page_of_file(&self, page: usize) -> Vec<u8> {
        let start = page * page::size();
        (start..start + page::size()).map(|index| self.file.get(index).copied().unwrap_or(0)).collect()
    }

    /// The pages of the file that hold a range of the map.
    fn pages(&self, at: usize, len: usize) -> Range<usize> {
        if len == 0 {
            return 0..0;
        }
        let start = self.offset + at;
        start / page::size()..(start + len).div_ceil(page::size())
    }

    /// Says that the kernel may copy these pages now.
    pub(super) fn may_be_copied(&mut self, at: usize, len: usize) {
        if !self.is_private {
            return;
        }
        for number in self.pages(at, len.min(self.there().saturating_sub(at))) {
            if !self.copies.contains_key(&number) {
                self.copies.insert(number, Copied { page: self.page_of_file(number), is_certain: false });
            }
        }
    }

    /// Asserts what an access to `len` bytes came to, and gives how many were copied.
    pub(super) fn outcome(
        &self,
        result: Result<(), Error>,
        at: usize,
        len: usize,
    ) -> Result<usize, TestCaseError> {
        let there = self.there().saturating_sub(at).min(len);
        let (expected, copied) = if !fits(at, len, self.len) {
            (Err(Reason::OutOfBounds { offset: at, len, size: self.len }), 0)
        } else if there < len {
            (Err(Reason::Fault { copied: there }), there)
        } else {
            (Ok(()), len)
        };
        prop_assert_eq!(result.map_err(Error::reason), expected, "{} bytes at {}", len, at);
        Ok(copied)
    }

    /// Asserts that a map shows what it has to.
    pub(super) fn compare(&mut self, at: usize, found: &[u8]) -> Step {
        for number in self.pages(at, found.len()) {
            let start = number * page::size();
            let first = start.max(self.offset + at);
            let last = (start + page::size()).min(self.offset + at + found.len());
            let (found, within) =
                (&found[first - self.offset - at..last - self.offset - at], first - start..last - start);
            let file = &self.page_of_file(number)[within.clone()];
            let is_file = found == file;
            match self.copies.get_mut(&number) {
                None => prop_assert!(is_file, "page {number} is not the file's"),
                Some(copied) => {
                    let is_copy = *found == copied.page[within];
                    prop_assert!(is_copy || is_file && !copied.is_certain, "page {number} is not the copy");
                    if !is_copy {
                        self.copies.remove(&number);
                    } else if !is_file {
                        copied.is_certain = true;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether it is promised what becomes of a store: in a shared map not of one behind the end of a file, in its last
    /// page, which may come back or not when the file is made longer.
    pub(super) fn is_storable(&self, at: usize, len: usize) -> bool {
        let is_whole = self.file.len().is_multiple_of(page::size());
        self.is_private || is_whole || !fits(at, len, self.len) || self.offset + at + len <= self.file.len()
    }

    pub(super) fn store(&mut self, at: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if !self.is_private {
            return self.write_file(self.offset + at, bytes);
        }
        self.may_be_copied(at, bytes.len());
        for (index, &byte) in bytes.iter().enumerate() {
            let position = self.offset + at + index;
            let copied = self.copies.get_mut(&(position / page::size())).expect("a page that is there");
            copied.page[position % page::size()] = byte;
            copied.is_certain = true;
        }
    }

    /// A private map's pages show the file again, a shared one's become zero.
    pub(super) fn throw_away(&mut self, at: usize, len: usize) {
        let pages = self.pages(at, len);
        if self.is_private {
            self.copies.retain(|page, _| !pages.contains(page));
        } else {
            let size = self.file.len();
            self.file[(self.offset + at).min(size)..(self.offset + at + len).min(size)].fill(0);
        }
    }

    /// Some of these pages may have been thrown away, as the file shows.
    pub(super) fn may_be_thrown_away(&mut self, at: usize, len: usize, found: &[u8]) {
        for page in self.pages(at, len) {
            if let Some(copied) = self.copies.get_mut(&page) {
                copied.is_certain = false;
            }
            let start = (page * page::size()).min(found.len());
            let range = start..(start + page::size()).min(found.len());
            if !self.is_private && found[range.clone()].iter().all(|&byte| byte == 0) {
                self.file[range].fill(0);
            }
        }
    }
}
