//! Owns which words of a command are options and which are arguments.

use cs_core::shell::Word;
use std::collections::BTreeSet;

/// The words of a command after its program or subcommand.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// Options without their values. `-rf` is `-rf`, `-r` and `-f`.
    pub flags: BTreeSet<String>,
    /// All other words, and what follows `--`.
    pub arguments: Vec<&'a Word>,
    /// Values in the same word as a long option: `/tmp` of `--output=/tmp`.
    pub values: Vec<&'a str>,
    /// Whether `--` is among the words.
    pub has_end: bool,
}

impl<'a> Parts<'a> {
    /// Splits words.
    pub fn of(words: &'a [Word]) -> Parts<'a> {
        let mut parts = Parts::default();
        for word in words {
            let text = word.text.as_str();
            if parts.has_end || !text.starts_with('-') || text == "-" {
                parts.arguments.push(word);
            } else if text == "--" {
                parts.has_end = true;
            } else if let Some((name, value)) = text.split_once('=').filter(|_| text.starts_with("--")) {
                parts.flags.insert(name.to_string());
                parts.values.push(value);
            } else {
                parts.flags.insert(text.to_string());
                if !text.starts_with("--") {
                    parts.flags.extend(text.chars().skip(1).map(|c| format!("-{c}")));
                }
            }
        }
        if parts.has_end {
            parts.flags.insert("--".to_string());
        }
        parts
    }

    /// Whether an option is there; with `+` between them, whether all are.
    pub fn has(&self, flags: &str) -> bool {
        flags.split('+').all(|flag| self.flags.contains(flag))
    }
}
