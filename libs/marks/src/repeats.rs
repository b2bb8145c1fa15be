//! Owns whether a person repeats in a mark what the mark hides.

/// Whether a text says what is hidden: the same words, in any case and with any spaces between them. A part of a longer word
/// is another word.
pub fn repeats(said: &str, hidden: &str) -> bool {
    let (said, hidden) = (plain(said), plain(hidden));
    let (Some(first), Some(last)) = (hidden.chars().next(), hidden.chars().next_back()) else { return false };
    said.match_indices(&hidden).any(|(at, found)| {
        let before = said.get(..at).and_then(|text| text.chars().next_back());
        let after = said.get(at + found.len()..).and_then(|text| text.chars().next());
        !joins(before, Some(first)) && !joins(Some(last), after)
    })
}

/// Whether two characters beside each other are in one word.
fn joins(a: Option<char>, b: Option<char>) -> bool {
    a.is_some_and(char::is_alphanumeric) && b.is_some_and(char::is_alphanumeric)
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_repeated_whatever_their_case_and_parts_of_words_are_not() {
        for (said, hidden) in [
            ("a customer's name, also Marta", "Marta"),
            ("marta", " Marta\n"),
            ("(Jane  Roe)", "jane\nroe"),
            ("É is it", "é"),
            ("x=ghp_1", "=ghp_1"),
        ] {
            assert!(repeats(said, hidden), "{said} {hidden}");
        }
        for (said, hidden) in
            [("nothing is here", "her"), ("Martas", "Marta"), ("a name", "Jane Roe"), ("a name", " "), ("", "x")]
        {
            assert!(!repeats(said, hidden), "{said} {hidden}");
        }
        assert!(repeats("there, her", "her"), "one of them is the word");
    }
}
