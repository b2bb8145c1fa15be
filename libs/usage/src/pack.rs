//! Owns the form of our caches: words of eight bytes, the first two a name with a version and a checksum of all others.
//! Must stay true: a file with one byte that is not as written, too few or too many is not read; what is written is
//! never larger than what is read.

use agents::Agent;
use agents::logs::Identity;
use agents::tokens::{Class, Tokens};
use cs_core::file::{self, Durability};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// The most bytes of a cache.
const MOST: usize = 1 << 28;
/// Changes whenever the form or the meaning of what is cached changes.
const NAME: [u8; 8] = *b"csuse 15";

/// A word as it is stored.
type Word = [u8; 8];

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub struct Pack(Vec<Word>);

impl Pack {
    /// An empty one.
    pub fn new() -> Self {
        Pack(vec![NAME, [0; 8]])
    }

    /// Adds a word.
    pub fn word(&mut self, word: u64) {
        self.0.push(word.to_le_bytes());
    }

    /// Adds bytes after their count, and fills the last word.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (whole, rest) = bytes.as_chunks();
        self.0.extend_from_slice(whole);
        if !rest.is_empty() {
            let mut last = [0; 8];
            last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
            self.0.push(last);
        }
    }

    /// Adds numbers, of which small ones have few bytes: seven bits in each, and one that says whether there are more.
    pub fn numbers(&mut self, all: impl Iterator<Item = u64>) {
        let mut bytes = Vec::new();
        for mut number in all {
            while number > 0x7f {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
        }
        self.bytes(&bytes);
    }

    /// Adds what `fill` adds, after its length.
    pub fn block(&mut self, fill: impl FnOnce(&mut Self)) {
        let at = self.0.len();
        self.word(0);
        fill(self);
        let words = (self.0.len() - at - 1) as u64;
        self.0.get_mut(at).into_iter().for_each(|room| *room = words.to_le_bytes());
    }

    /// Adds a block that was read, unless there is no room for it in what is read.
    pub fn copy(&mut self, block: Unpack) {
        if (self.0.len() + block.0.len() + 1) * 8 <= MOST {
            self.word(block.0.len() as u64);
            self.0.extend_from_slice(block.0);
        }
    }

    /// Its words.
    pub fn as_block(&self) -> Unpack<'_> {
        Unpack(self.0.get(2..).unwrap_or_default())
    }

    /// The bytes of the file.
    pub fn finish(mut self) -> Vec<u8> {
        let sum = self.as_block().sum();
        self.0.get_mut(1).into_iter().for_each(|room| *room = sum.to_le_bytes());
        self.0.into_flattened()
    }

    /// Replaces a cache. One that cannot be written, or not be read again, is left as it is: without it the results are
    /// the same, only later.
    pub fn save(self, path: &Path) {
        if self.0.len() * 8 <= MOST {
            let _ = file::replace(path, &self.finish(), Durability::Disposable);
        }
    }
}

/// Replaces a cache by these blocks.
pub fn save_blocks<'a>(path: &Path, blocks: impl Iterator<Item = Unpack<'a>>) {
    let mut all = Pack::new();
    blocks.for_each(|block| all.copy(block));
    all.save(path);
}

/// The bytes of a cache; none if it cannot be read.
pub fn load(path: &Path) -> Vec<u8> {
    file::read_at_most(path, MOST).ok().flatten().unwrap_or_default()
}

/// A step for each word; each is reversible, so any change of one word changes the result.
pub fn mix(sum: u64, word: u64) -> u64 {
    let sum = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    sum ^ (sum >> 29)
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub struct Unpack<'a>(&'a [Word]);

impl<'a> Unpack<'a> {
    /// The content of a whole file, if it is as it was written.
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks();
        let (name, words) = words.split_first()?;
        let (sum, words) = words.split_first()?;
        let is_sound = *name == NAME && rest.is_empty() && u64::from_le_bytes(*sum) == Unpack(words).sum();
        is_sound.then_some(Unpack(words))
    }

    /// The checksum of what is left.
    pub fn sum(&self) -> u64 {
        self.0.iter().fold(self.0.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)))
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next words.
    pub fn split(&mut self, words: usize) -> Option<&'a [Word]> {
        let (taken, rest) = self.0.split_at_checked(words)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next word.
    pub fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    fn count(&mut self) -> Option<usize> {
        self.word()?.try_into().ok()
    }

    /// The next bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        self.split(count.div_ceil(8))?.as_flattened().get(..count)
    }

    /// The next block.
    pub fn block(&mut self) -> Option<Self> {
        let words = self.count()?;
        self.split(words).map(Unpack)
    }
}

/// The next of numbers that [`Pack::numbers`] wrote.
#[inline]
pub fn number(from: &mut &[u8]) -> Option<u64> {
    let (byte, rest) = from.split_first()?;
    *from = rest;
    if *byte < 0x80 { Some(u64::from(*byte)) } else { longer(*byte, from) }
}

/// A number of more than seven bits, of which the first are known.
fn longer(first: u8, from: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (u64::from(first & 0x7f), 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        shift += 7;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if *byte < 0x80 {
            return Some(number);
        }
    }
}

/// A value that can be written and read.
pub trait Packed: Sized {
    /// Adds it.
    fn pack(&self, to: &mut Pack);
    /// Reads it.
    fn unpack(from: &mut Unpack) -> Option<Self>;
}

/// A struct is its fields in this order.
macro_rules! packed {
    ($Name:ty { $($field:ident),* }) => {
        impl $crate::pack::Packed for $Name {
            fn pack(&self, to: &mut $crate::pack::Pack) {
                $($crate::pack::Packed::pack(&self.$field, to);)*
            }
            fn unpack(from: &mut $crate::pack::Unpack) -> Option<Self> {
                Some(Self { $($field: $crate::pack::Packed::unpack(from)?),* })
            }
        }
    };
}
pub(crate) use packed;

/// A number is a word.
macro_rules! number {
    ($($Name:ty),*) => {$(
        impl Packed for $Name {
            fn pack(&self, to: &mut Pack) {
                to.word(*self as u64);
            }
            fn unpack(from: &mut Unpack) -> Option<Self> {
                Some(from.word()? as $Name)
            }
        }
    )*};
}
number!(u8, u32, u64, i64);

packed!(Identity { dev, ino, size, modified, changed });
packed!(Tokens { input, output, write_5m, write_1h, read });

impl Packed for Class {
    fn pack(&self, to: &mut Pack) {
        self.0.pack(to);
    }
    fn unpack(from: &mut Unpack) -> Option<Self> {
        u8::unpack(from).map(Class)
    }
}

impl Packed for bool {
    fn pack(&self, to: &mut Pack) {
        to.word(u64::from(*self));
    }
    fn unpack(from: &mut Unpack) -> Option<Self> {
        from.word().map(|word| word != 0)
    }
}

impl Packed for Agent {
    fn pack(&self, to: &mut Pack) {
        to.word(Agent::ALL.iter().position(|agent| agent == self).unwrap_or_default() as u64);
    }
    fn unpack(from: &mut Unpack) -> Option<Self> {
        Agent::ALL.get(from.count()?).copied()
    }
}

impl Packed for String {
    fn pack(&self, to: &mut Pack) {
        to.bytes(self.as_bytes());
    }
    fn unpack(from: &mut Unpack) -> Option<Self> {
        std::str::from_utf8(from.bytes()?).ok().map(str::to_string)
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, to: &mut Pack) {
        to.word(self.len() as u64);
        self.iter().for_each(|one| one.pack(to));
    }
    fn unpack(from: &mut Unpack) -> Option<Self> {
        let count = from.count()?;
        // Each has a word at least, so what is damaged reserves no more than the file is large.
        let mut all = Vec::with_capacity(count.min(from.0.len()));
        for _ in 0..count {
            all.push(T::unpack(from)?);
        }
        Some(all)
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, to: &mut Pack) {
        self.is_some().pack(to);
        self.iter().for_each(|one| one.pack(to));
    }
    fn unpack(from: &mut Unpack) -> Option<Self> {
        if bool::unpack(from)? { T::unpack(from).map(Some) } else { Some(None) }
    }
}

/// Adds a rare value as JSON.
pub fn json(value: &impl Serialize, to: &mut Pack) {
    to.bytes(&serde_json::to_vec(value).unwrap_or_default());
}

/// Reads a rare value.
pub fn of_json<T: DeserializeOwned>(from: &mut Unpack) -> Option<T> {
    serde_json::from_slice(from.bytes()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_one_byte_is_not_read() {
        let mut pack = Pack::new();
        (vec!["one".to_string(), String::new()]).pack(&mut pack);
        pack.block(|to| Some(7u64).pack(to));
        let bytes = pack.finish();
        let mut from = Unpack::open(&bytes).unwrap();
        assert_eq!(Vec::<String>::unpack(&mut from).unwrap(), ["one", ""]);
        let mut block = from.block().unwrap();
        assert_eq!((Option::<u64>::unpack(&mut block), block.is_empty(), from.is_empty()), (Some(Some(7)), true, true));
        assert_eq!(from.word(), None);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                assert!(Unpack::open(&other).is_none(), "{at}");
            }
            assert!(Unpack::open(&bytes[..at]).is_none(), "{at}");
            assert!(Unpack::open(&[&bytes[..at], &bytes[at + 1..]].concat()).is_none(), "{at}");
            assert!(Unpack::open(&[&bytes[..at], &[0; 8], &bytes[at..]].concat()).is_none(), "{at}");
        }
    }

    #[test]
    fn numbers_of_any_size_are_read_as_they_were_written() {
        let all: Vec<u64> = (0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit]).chain([u64::MAX]).collect();
        let mut pack = Pack::new();
        pack.numbers(all.iter().copied());
        let mut bytes = pack.as_block().bytes().unwrap();
        let read: Vec<u64> = std::iter::from_fn(|| number(&mut bytes)).collect();
        assert_eq!((read, bytes.len()), (all, 0));
        for damaged in [&[0xff; 20][..], &[0x80]] {
            assert_eq!(number(&mut { damaged }), None);
        }
    }

    #[test]
    fn each_agent_keeps_its_number() {
        // An agent is stored as its position: another order needs another name of the format.
        assert_eq!(Agent::ALL.map(Agent::word).join(" "), "claude-code codex");
    }

    #[test]
    fn a_false_count_reserves_nothing() {
        let mut pack = Pack::new();
        pack.word(u64::MAX);
        assert_eq!(Vec::<u64>::unpack(&mut pack.as_block()), None);
        assert_eq!(pack.as_block().bytes(), None);
        assert!(pack.as_block().block().is_none());
    }
}
