//! Owns the text that makes the tables, and leads from one version of them to another.

use super::check::{BEGIN, check};
use crate::row::Table;
use crate::versions::{Step, steps};
use cs_core::error::Result;

/// What `sqlite3` is told to make the tables, or to change them: one transaction. Without `from` it changes nothing if
/// the tables are there.
pub fn schema(from: Option<u32>, to: Option<u32>) -> Result<String> {
    let steps = steps(from, to)?;
    let check = from.map(check).unwrap_or_default();
    let text: String = steps.into_iter().map(|step| expand(source(step))).collect();
    Ok(format!("{BEGIN}{check}{text}commit;\n"))
}

fn source(step: Step) -> &'static str {
    match step {
        Step::Up(1) => include_str!("../../sql/sqlite-1.sql"),
        Step::Up(_) => include_str!("../../sql/sqlite-2.sql"),
        Step::Back(_) => include_str!("../../sql/sqlite-2-back.sql"),
    }
}

/// A word in capital letters, and what it stands for.
struct Define<'d> {
    word: &'d str,
    /// Whether a word in parentheses follows, which takes the place of X.
    takes: bool,
    text: &'d str,
}

impl<'d> Define<'d> {
    fn parse(line: &'d str) -> Option<Self> {
        let (word, text) = line.strip_prefix("-- define ")?.split_once(" = ")?;
        let bare = word.strip_suffix("(X)");
        Some(Define { word: bare.unwrap_or(word), takes: bare.is_some(), text })
    }

    fn apply(&self, text: &str) -> String {
        if !self.takes {
            return text.replace(self.word, self.text);
        }
        let call = format!("{}(", self.word);
        let mut parts = text.split(call.as_str());
        let mut done = parts.next().unwrap_or_default().to_string();
        for part in parts {
            let (word, rest) = part.split_once(')').unwrap_or((part, ""));
            done.push_str(&self.text.replace('X', word));
            done.push_str(rest);
        }
        done
    }
}

/// The text with its blocks repeated and its words replaced.
fn expand(text: &str) -> String {
    let defines: Vec<Define> = text.lines().filter_map(Define::parse).collect();
    let mut done = String::new();
    let mut block: Option<String> = None;
    for line in text.lines().filter(|line| !line.starts_with("-- define ")) {
        match (line, &mut block) {
            ("-- each table", _) => block = Some(String::new()),
            ("-- end", _) => {
                let each = block.take().unwrap_or_default();
                Table::ALL.iter().for_each(|table| done.push_str(&each.replace("TABLE", table.word())));
            }
            (line, Some(each)) => *each += &format!("{line}\n"),
            (line, None) => done += &format!("{line}\n"),
        }
    }
    defines.iter().fold(done, |text, define| define.apply(&text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_and_blocks_are_replaced() {
        let text = "-- define TWICE(X) = X || X\n-- define ONE = 1\n-- each table\nTABLE;\n-- end\nTWICE(a), ONE\n";
        let expanded = expand(text);
        assert!(
            expanded.starts_with("conversation;\nentry;\n") && expanded.ends_with("audit;\na || a, 1\n"),
            "{expanded}"
        );
    }

    #[test]
    fn nothing_is_left_in_capital_letters() {
        for (from, to) in [(None, None), (Some(1), None), (Some(2), Some(1))] {
            let text = schema(from, to).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("--"));
            for word in code.flat_map(|line| line.split(|c: char| !c.is_ascii_alphabetic())) {
                assert!(word.len() < 4 || word.bytes().any(|c| c.is_ascii_lowercase()) || word == "FILE", "{word}");
            }
        }
    }
}
