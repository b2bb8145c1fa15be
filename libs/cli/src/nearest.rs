//! Owns guessing the known word that a person may have meant by an unknown one. Pure.

/// The most words that are worth naming in a hint.
const NAMED: usize = 3;

/// The few known words that are similar enough, the most similar first: at most one letter in three differs, where two
/// letters in the wrong order count as one.
pub fn near_words<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let most = (word.trim_start_matches('-').chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = known.map(|other| (distance(word, other), other)).collect();
    near.retain(|(distance, _)| *distance <= most);
    near.sort_by_key(|(distance, _)| *distance);
    near.truncate(NAMED);
    near.into_iter().map(|(_, other)| other).collect()
}

/// How many letters must be inserted, deleted, replaced or exchanged with the next one to turn one word into the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut above: Vec<usize> = Vec::new();
    let mut before = None;
    for (n, c) in one.chars().enumerate() {
        let mut next = vec![n + 1];
        for (at, d) in other.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let replaced = cell(&row, at) + usize::from(c != *d);
            let edited = replaced.min(cell(&row, at + 1) + 1).min(cell(&next, at) + 1);
            let is_exchanged = at > 0 && before == Some(*d) && other.get(at - 1) == Some(&c);
            next.push(if is_exchanged { edited.min(cell(&above, at - 1) + 1) } else { edited });
        }
        above = std::mem::replace(&mut row, next);
        before = Some(c);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_the_right_one() {
        let near = |word| near_words(word, ["daily", "blocks", "--since"].into_iter()).first().copied();
        assert_eq!([near("dayly"), near("block"), near("--sinse")], [Some("daily"), Some("blocks"), Some("--since")]);
        assert_eq!([near("weekly"), near("x"), near("")], [None, None, None]);
    }

    #[test]
    fn several_words_may_be_meant_the_most_similar_first() {
        assert_eq!(near_words("shwo", ["shop", "show", "list"].into_iter()), ["show"]);
        assert_eq!(near_words("park", ["mark", "park", "bark", "dark"].into_iter()), ["park", "mark", "bark"]);
    }

    #[test]
    fn distances_are_counted_in_letters() {
        let pairs =
            [("daily", "daily"), ("", "abc"), ("kitten", "sitting"), ("né", "ne"), ("shwo", "show"), ("ab", "b")];
        assert_eq!(pairs.map(|(one, other)| distance(one, other)), [0, 3, 3, 1, 1, 1]);
    }
}
