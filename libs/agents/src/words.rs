//! Owns which command line a list of words is: that of a client that starts programs without a shell.

/// Shells, whose script is the line.
const SHELLS: [&str; 5] = ["sh", "bash", "zsh", "dash", "ksh"];

/// The command line of a list of words; of a shell's, its script.
pub fn line(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [shell, "-c" | "-lc", script] if SHELLS.contains(&shell.rsplit('/').next().unwrap_or(shell)) => {
            (*script).to_string()
        }
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    }
}

/// The word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_in_a_list_is_its_script() {
        assert_eq!(line(&["bash", "-lc", "ls | wc"]), "ls | wc");
        assert_eq!(line(&["/bin/sh", "-c", "ls"]), "ls");
        assert_eq!(line(&["git", "-c", "a.b=c"]), "git -c a.b=c");
        assert_eq!(line(&["rm", "-rf", "a b", "it's", ""]), r"rm -rf 'a b' 'it'\''s' ''");
        assert_eq!(line(&[""; 0]), "");
    }
}
