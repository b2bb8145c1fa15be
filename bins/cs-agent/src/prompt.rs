//! Owns the prompt of a call: which word it is, and where it is read from.

use crate::PROGRAM;
use agents::launch::PROMPT;
use cli::{Failure, Outcome, STDIN, note, quote_word};
use cs_core::error::Error;
use cs_core::open;
use std::io::{Read, stdin};
use std::path::Path;

/// Where the prompt of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the words of the command line, which may name standard input.
    Words,
    /// In a file.
    File,
}

/// The prompt among the words of a command line, and the arguments of the client, which follow after `--`.
pub fn split(words: &[String], source: Source) -> Outcome<(Option<String>, Vec<String>)> {
    let raw: Vec<_> = std::env::args_os().collect();
    if raw.iter().any(|word| word.to_str().is_none()) {
        return Err(Error::Invalid("an argument is not UTF-8".into()).into());
    }
    let at = raw.iter().position(|word| word == "--");
    let after = at.map_or(0, |at| raw.len() - at - 1);
    divide(words, after, source)
}

/// The same; `after` is how many words follow after the first `--`.
fn divide(words: &[String], after: usize, source: Source) -> Outcome<(Option<String>, Vec<String>)> {
    let (before, after) = words.split_at(words.len().saturating_sub(after));
    let wrong = |text: &str| {
        Err(Failure::Usage(text.into(), Some("cs-agent spawn \"PROMPT\" -- --option-of-the-client value".into())))
    };
    match (before, after) {
        ([], args) if source == Source::File => Ok((None, args.to_vec())),
        ([_, ..], _) if source == Source::File => wrong("there are two prompts: a word and a file"),
        ([prompt], args) => Ok((Some(prompt.clone()), args.to_vec())),
        // A prompt that begins with a dash.
        ([], [prompt]) => Ok((Some(prompt.clone()), Vec::new())),
        ([], [prompt, dashes, args @ ..]) if dashes == "--" => Ok((Some(prompt.clone()), args.to_vec())),
        ([], []) => Ok((None, Vec::new())),
        ([], _) => wrong("the prompt must stand before --"),
        _ => wrong("the prompt has several words; quote it"),
    }
}

/// Reads the prompt: the word itself, standard input for `-`, or a file.
pub fn read(word: Option<String>, file: Option<&str>) -> Outcome<Option<String>> {
    // One byte more than is allowed shows that it is too long.
    let most = PROMPT + 1;
    let bytes = match (word, file) {
        (_, Some(path)) => {
            open::foreign_bytes(Path::new(path), most).map_err(|error| Error::io(Path::new(path), "read", error))?
        }
        (Some(word), None) if word == STDIN => {
            let mut bytes = Vec::new();
            let read = stdin().lock().take(most as u64).read_to_end(&mut bytes);
            read.map_err(|error| Error::Invalid(format!("cannot read standard input: {error}")))?;
            bytes
        }
        (word, None) => {
            word.as_deref().into_iter().for_each(note_file);
            return Ok(word);
        }
    };
    if bytes.len() == most {
        return Err(Error::Invalid(format!("the prompt has more than {PROMPT} bytes")).into());
    }
    Ok(Some(String::from_utf8(bytes).map_err(|_| Error::Invalid("the prompt is not UTF-8".into()))?))
}

/// A prompt that is the name of a file may be meant as one.
fn note_file(word: &str) {
    if !word.contains(char::is_whitespace) && Path::new(word).is_file() {
        note(PROGRAM, &format!("the prompt is the text {word:?}; --prompt-file {} sends the file", quote_word(word)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(words: &[&str], after: usize, source: Source) -> Option<(Option<String>, Vec<String>)> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
        divide(&words, after, source).ok()
    }

    #[test]
    fn the_prompt_is_one_word_and_arguments_of_the_client_follow_dashes() {
        let some = |prompt: &str, args: &[&str]| {
            Some((Some(prompt.to_string()), args.iter().map(|word| (*word).to_string()).collect::<Vec<_>>()))
        };
        assert_eq!(divided(&["p"], 0, Source::Words), some("p", &[]));
        assert_eq!(divided(&["p", "--add-dir", "/x"], 2, Source::Words), some("p", &["--add-dir", "/x"]));
        assert_eq!(divided(&["--x"], 1, Source::Words), some("--x", &[]), "a prompt that begins with a dash");
        assert_eq!(divided(&["--x", "--", "--add-dir"], 3, Source::Words), some("--x", &["--add-dir"]));
        assert_eq!(divided(&["--add-dir", "/x"], 2, Source::File), Some((None, vec!["--add-dir".into(), "/x".into()])));
        assert_eq!(divided(&[], 0, Source::Words), Some((None, vec![])));
        assert_eq!(divided(&["fix", "it"], 0, Source::Words), None);
        assert_eq!(divided(&["--add-dir", "/x"], 2, Source::Words), None);
        assert_eq!(divided(&["p"], 0, Source::File), None);
    }
}
