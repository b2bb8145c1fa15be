//! Owns what a target has, while it is compared: in as little room as it takes, in the order of the sources. Must stay true:
//! what is not as this program writes it, such as a stamp of another one, is as if it were not known.

use crate::held::Held;
use crate::source::Source;
use cs_core::hex::hex;
use std::collections::HashMap;

/// What a target has of all sources.
#[derive(Debug, Default)]
pub struct Packed(Vec<(Source, Small)>);

/// What it has of one of them.
#[derive(Debug)]
struct Small {
    pos: u64,
    digest: Option<[u8; 32]>,
    stamp: Option<[u8; 16]>,
}

impl Packed {
    /// All of them.
    pub fn of(sources: HashMap<Source, Held>) -> Packed {
        let small = |held: Held| Small { pos: held.pos, digest: bytes(&held.digest), stamp: bytes(&held.stamp) };
        let mut all = Vec::with_capacity(sources.len());
        all.extend(sources.into_iter().map(|(source, held)| (source, small(held))));
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Packed(all)
    }

    /// What it has of a source.
    pub fn get(&self, source: &Source) -> Option<Held> {
        let at = self.0.binary_search_by(|(one, _)| one.cmp(source)).ok()?;
        self.0.get(at).map(|(_, small)| small.held())
    }

    /// The sources of which it has rows.
    pub fn filled(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().filter(|(_, small)| small.pos > 0).map(|(source, _)| source)
    }
}

impl Small {
    fn held(&self) -> Held {
        let text = |bytes: Option<&[u8]>| bytes.map(hex).unwrap_or_default();
        let (digest, stamp) = (self.digest.as_ref().map(|all| &all[..]), self.stamp.as_ref().map(|all| &all[..]));
        Held { pos: self.pos, digest: text(digest), stamp: text(stamp) }
    }
}

/// The bytes that are written so, in small letters.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut all = [0; N];
    let digits = text.as_bytes();
    if digits.len() != 2 * N || digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    for (byte, pair) in all.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(all)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_target_has_comes_out_as_it_went_in_and_other_words_are_not_known() {
        let source = |name: &str| Source::parse(name).unwrap();
        let held = Held { pos: 7, digest: "0f".repeat(32), stamp: "a0".repeat(8) + &"1b".repeat(8) };
        let other = Held { pos: 3, digest: "0F".repeat(32), stamp: "another".into() };
        let all = [("head/b", held.clone()), ("head/a", other), ("usage/x", Held::default())];
        let packed = Packed::of(all.into_iter().map(|(name, held)| (source(name), held)).collect());
        assert_eq!(packed.get(&source("head/b")), Some(held));
        assert_eq!(packed.get(&source("head/a")), Some(Held { pos: 3, ..Held::default() }));
        assert_eq!((packed.get(&source("head/c")), packed.get(&source("usage/x"))), (None, Some(Held::default())));
        assert_eq!(packed.filled().map(Source::to_string).collect::<Vec<_>>(), ["head/a", "head/b"]);
        for wrong in ["+f", "g0", "☃"] {
            assert_eq!(bytes::<1>(wrong), None, "{wrong}");
        }
    }
}
