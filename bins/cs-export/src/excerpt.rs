//! Owns counting the words of a text, and cutting it at the end of a word.

/// Longer words count as several, because some scripts put no spaces between words.
const LONG: usize = 12;

/// How many words a text has.
pub fn words(text: &str) -> usize {
    text.split_whitespace().map(weight).sum()
}

fn weight(word: &str) -> usize {
    1 + word.chars().count() / LONG
}

/// The beginning of a text, at most `most` words, with `…` if something was cut.
pub fn cut(text: &str, most: usize) -> String {
    let text = text.trim();
    let mut left = most;
    let mut end = 0;
    for word in text.split_whitespace() {
        // The word is a slice of the text, so its offset is the difference of the addresses.
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let weight = weight(word);
        if weight > left {
            let letters: usize = word.chars().take(left * LONG).map(char::len_utf8).sum();
            let end = if left > 0 && letters > 0 { start + letters } else { end };
            return format!("{}…", text.get(..end.min(text.len())).unwrap_or_default());
        }
        left -= weight;
        end = start + word.len();
    }
    text.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_words_and_inside_long_ones() {
        assert_eq!((cut("one two  three", 2).as_str(), words("one two  three")), ("one two…", 3));
        assert_eq!(cut(" all\nof it ", 3), "all\nof it");
        assert_eq!(cut(&"語".repeat(100), 2), format!("{}…", "語".repeat(24)));
        assert!(words(&"x".repeat(12_000)) > 1000);
        assert_eq!(cut("", 5), "");
        assert_eq!(cut("word", 0), "…");
    }
}
