//! Owns which words of a command are options and which are arguments.

use crate::glob;
use cs_core::shell::Word;

/// Options with which most programs only show what they would do.
const DRY: [&str; 2] = ["--dry-run", "--dryrun"];

/// The words of a command after its program or subcommand.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// Options as they are written, and without their values. `-rf` is `-rf`; its letters are in `letters`.
    flags: Vec<&'a str>,
    /// The letters of short options, by their code.
    letters: u128,
    /// All other words, and what follows `--`.
    pub arguments: Vec<&'a Word>,
    /// Whether a word follows `--`.
    has_end: bool,
    /// Whether nothing is done: only help, or what would be done, is shown.
    pub only_shows: bool,
}

impl<'a> Parts<'a> {
    /// Splits words.
    pub fn of(words: &'a [Word]) -> Parts<'a> {
        let mut parts = Parts::default();
        let mut is_end = false;
        for word in words {
            let text = word.text.as_str();
            if is_end || !text.starts_with('-') || text == "-" {
                parts.has_end |= is_end;
                parts.arguments.push(word);
            } else if text == "--" {
                is_end = true;
            } else {
                parts.option(text, words.len());
            }
        }
        parts
    }

    fn option(&mut self, text: &'a str, words: usize) {
        self.flags.push(text);
        if !text.starts_with("--") {
            let letters = text.bytes().skip(1).filter(u8::is_ascii);
            self.letters |= letters.fold(0, |letters, letter| letters | 1 << letter);
            return;
        }
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        if name.len() < text.len() {
            self.flags.push(name);
        }
        let is_off = matches!(value, "none" | "false" | "no");
        self.only_shows |= name == "--help" || name == "--version" && words == 1 || DRY.contains(&name) && !is_off;
    }

    /// Whether an option is there; with `+` between them, whether all are. `--` is there if a word follows it. `*` stands for any
    /// characters.
    pub fn has(&self, flags: &str) -> bool {
        flags.split('+').all(|flag| match flag.as_bytes() {
            b"--" => self.has_end,
            [b'-', letter] if letter.is_ascii() => self.letters & (1 << letter) != 0,
            _ if flag.contains('*') => self.flags.iter().any(|text| glob::matches(flag, text)),
            _ => self.flags.contains(&flag),
        })
    }
}
