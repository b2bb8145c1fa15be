//! Owns how a word is quoted in a command that people paste into a shell.

/// A word that a shell reads as one word, and a program never as an option, whatever it contains.
pub fn quote_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('-') {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quote_word("/home/dev/api"), "/home/dev/api");
        assert_eq!(quote_word("/tmp/a b'$(x)"), "'/tmp/a b'\\''$(x)'");
        assert_eq!((quote_word("-x"), quote_word("")), ("'-x'".into(), "''".into()));
    }
}
