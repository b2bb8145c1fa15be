//! Owns how a word is quoted in a command that people paste into a shell.

/// A word that a shell reads as one word, and a program never as an option, whatever it contains.
pub fn quote_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('-') {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A command as a person would type it.
pub fn shell_line(words: &[String]) -> String {
    let option =
        |word: &String| word.starts_with('-') && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let word = |word: &String| if option(word) { word.clone() } else { quote_word(word) };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
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
