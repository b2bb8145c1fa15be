//! Owns what completes the last word of a program's command line: its commands, options and values, each with its
//! description. Must stay true: what cannot be found out is left out, and nothing is written.

use crate::offer::{self, Candidate, Place};
use cli::describe::{Description, Opt, Word};

/// The candidates for the last of these words.
pub fn candidates(program: &Description, words: &[String]) -> Vec<Candidate> {
    let Some((current, before)) = words.split_last() else { return Vec::new() };
    let (at, current) = Position::after(program, before, current);
    let mut found = at.candidates(program, current);
    found.retain(|candidate| candidate.fits(current));
    found
}

/// Where on a command line the current word is.
#[derive(Debug)]
struct Position<'a> {
    command: &'a Description,
    /// The option whose value it is.
    value_of: Option<&'a Opt>,
    /// How many words that are not options come before it.
    words: usize,
    given: Vec<&'a str>,
    /// Whether options have ended.
    is_literal: bool,
}

impl<'a> Position<'a> {
    /// The position after these words, and the part of the current word that is to be completed.
    fn after<'c>(program: &'a Description, before: &[String], current: &'c str) -> (Self, &'c str) {
        let mut at = Position { command: program, value_of: None, words: 0, given: Vec::new(), is_literal: false };
        // Some shells make three words of `--name=value`.
        before.iter().filter(|word| *word != "=").for_each(|word| at.pass(program, word));
        match current.split_once('=') {
            _ if current == "=" => (at, ""),
            Some((name, value)) if at.value_of.is_none() && name.starts_with("--") => {
                at.value_of = at.option(program, name).filter(|option| option.value.is_some());
                (at, value)
            }
            _ => (at, current),
        }
    }

    fn pass(&mut self, program: &'a Description, word: &str) {
        if self.value_of.take().is_some() {
            return;
        }
        match word {
            "--" => self.is_literal = true,
            _ if word.starts_with('-') && !self.is_literal => {
                let option = self.option(program, word.split('=').next().unwrap_or(word));
                self.given.extend(option.map(|option| option.long.as_str()));
                self.value_of = option.filter(|option| option.value.is_some() && !word.contains('='));
            }
            _ if self.command.commands.is_empty() => self.words += 1,
            _ => self.command = self.command.command(word).unwrap_or(self.command),
        }
    }

    /// The options here. Before a command is named, these are those of the command that need not be named.
    fn options(&self, program: &'a Description) -> impl Iterator<Item = &'a Opt> {
        let default = self.command.default.as_deref().and_then(|name| self.command.command(name));
        let own = default.map(|command| &command.options[..]).unwrap_or_default();
        let shared = if std::ptr::eq(self.command, program) { &[][..] } else { &program.options };
        self.command.options.iter().chain(own).chain(shared)
    }

    fn option(&self, program: &'a Description, name: &str) -> Option<&'a Opt> {
        let is_short = |option: &Opt| option.short.is_some_and(|letter| name == format!("-{letter}"));
        self.options(program).find(|option| option.long == name || is_short(option))
    }

    fn candidates(&self, program: &Description, current: &str) -> Vec<Candidate> {
        if let Some(option) = self.value_of {
            return offer::values(self.place(program), option.long.trim_start_matches('-'), &option.about, current);
        }
        if current.starts_with('-') && !self.is_literal {
            let is_new = |option: &&Opt| option.is_repeatable || !self.given.contains(&option.long.as_str());
            let options = self.options(program).filter(is_new);
            return options.map(|option| Candidate::new(&option.long, &option.about)).collect();
        }
        let commands = self.command.commands.iter().map(|command| Candidate::new(&command.name, &command.about));
        let last = self.command.words.last().filter(|word| word.is_repeatable);
        let word: Option<&Word> = self.command.words.get(self.words).or(last);
        commands
            .chain(
                word.into_iter().flat_map(|word| offer::values(self.place(program), &word.name, &word.about, current)),
            )
            .collect()
    }

    fn place(&self, program: &'a Description) -> Place<'a> {
        Place { program: &program.name, command: &self.command.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::FOLDERS;

    fn option(long: &str, value: Option<&str>, about: &str) -> Opt {
        Opt { long: long.into(), value: value.map(str::to_string), about: about.into(), ..Opt::default() }
    }

    fn program() -> Description {
        let status = option("--status", Some("status"), "only this status: active, parked or completed");
        let full = Opt { short: Some('f'), ..option("--full", None, "print whole records") };
        let step = Opt { is_repeatable: true, ..option("--next-step", Some("next-step"), "what to do next") };
        let list = Description { name: "list".into(), options: vec![status, full], ..Description::default() };
        let park = Description { name: "park".into(), options: vec![step], ..Description::default() };
        let path = Word { name: "path".into(), ..Word::default() };
        let open = Description { name: "open".into(), words: vec![path], ..Description::default() };
        Description {
            name: "cs-x".into(),
            options: vec![option("--json", None, "one JSON object a line")],
            commands: vec![list, park, open],
            default: Some("list".into()),
            ..Description::default()
        }
    }

    fn complete(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
        let lines: Vec<String> = candidates(&program(), &words).iter().map(Candidate::line).collect();
        lines.iter().filter_map(|line| line.split('\t').next()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_place_has_its_candidates() {
        let cases = [
            (&[""][..], "list park open"),
            (&["p"], "park"),
            (&["--"], "--json --status --full"),
            (&["--status", ""], "active parked completed"),
            (&["list", "--"], "--status --full --json"),
            (&["list", "--full", "--"], "--status --json"),
            (&["list", "-f", "--status", "pa"], "parked"),
            (&["list", "--status=pa"], "parked"),
            (&["list", "--status", "=", "pa"], "parked"),
            (&["list", "--status", "="], "active parked completed"),
            (&["list", "--status", "parked", ""], ""),
            (&["park", "--next-step", "x", "--n"], "--next-step"),
            (&["park", "--next-step", ""], ""),
            (&["open", ""], FOLDERS),
            (&["open", "x", ""], ""),
            (&["open", "--", "--j"], FOLDERS),
            (&[], ""),
        ];
        for (words, expected) in cases {
            assert_eq!(complete(words), expected, "{words:?}");
        }
    }
}
