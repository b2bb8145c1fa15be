//! Owns the short form of ids in tables: the shortest end that names one session. All programs accept it.

use cs_core::id::SessionId;
use std::collections::HashMap;

/// The shortest ends of ids are not shorter than this.
const SHORTEST: usize = 4;

/// All ids, by their ends.
#[derive(Debug, Default)]
pub struct ShortIds<'a> {
    by_end: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> ShortIds<'a> {
    /// An end must be the end of one of these only.
    pub fn among(ids: impl IntoIterator<Item = &'a SessionId>) -> Self {
        let mut by_end: HashMap<&str, Vec<&str>> = HashMap::new();
        for id in ids {
            by_end.entry(end_of(id.as_str(), SHORTEST)).or_default().push(id.as_str());
        }
        ShortIds { by_end }
    }

    /// The short form of an id.
    pub fn of<'i>(&self, id: &'i str) -> &'i str {
        let similar = self.by_end.get(end_of(id, SHORTEST)).into_iter().flatten().filter(|other| **other != id);
        let equal = |other: &&str| id.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
        end_of(id, similar.map(|other| equal(other) + 1).max().unwrap_or(SHORTEST))
    }
}

fn end_of(id: &str, length: usize) -> &str {
    id.get(id.len().saturating_sub(length)..).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_end_that_is_unique() {
        let ids = ["sess_20261121T0900_ca5d", "sess_20261121T0910_ca5d", "sess_20261121T0910_beef"];
        let ids = ids.map(|id| SessionId::parse(id).unwrap());
        let short = ShortIds::among(ids.iter().chain(&ids));
        assert_eq!(ids.each_ref().map(|id| short.of(id.as_str())), ["00_ca5d", "10_ca5d", "beef"]);
    }
}
