//! Owns guessing the known word that a person may have meant by an unknown one. Pure.

/// The most similar known word, if it is similar enough: at most one letter in three differs.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.trim_start_matches('-').chars().count() / 3).max(1);
    let near = known.map(|other| (distance(word, other), other)).filter(|(distance, _)| *distance <= most);
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// The subcommands and options in the parser's help.
pub fn words_of(help: &str) -> impl Iterator<Item = &str> {
    let listed = help.lines().filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    listed.filter_map(|line| line.split([' ', ',']).next())
}

/// How many letters must be inserted, deleted or replaced to turn one word into the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, c) in one.chars().enumerate() {
        let mut before = n;
        let mut last = n + 1;
        let mut next = vec![last];
        for (d, above) in other.iter().zip(row.iter().skip(1)) {
            last = (last + 1).min(above + 1).min(before + usize::from(c != *d));
            before = *above;
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "Usage: x\n\nOptions:\n  --since           only\n                    what\n  -q, --quiet       ids\n\nCommands:\n  daily             days\n  blocks            windows\n\nExamples:\n";

    #[test]
    fn a_misspelt_word_finds_the_right_one() {
        let near = |word| nearest(word, words_of(HELP));
        assert_eq!([near("dayly"), near("block"), near("--sinse")], [Some("daily"), Some("blocks"), Some("--since")]);
        assert_eq!([near("weekly"), near("x"), near("")], [None, None, None]);
    }

    #[test]
    fn distances_are_counted_in_letters() {
        let pairs = [("daily", "daily"), ("", "abc"), ("kitten", "sitting"), ("né", "ne")];
        assert_eq!(pairs.map(|(one, other)| distance(one, other)), [0, 3, 3, 1]);
    }
}
