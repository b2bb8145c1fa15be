//! Owns how the command line says which part of an entry is meant, and the marks that come of it. Must stay true: no text
//! of the conversation is an argument, which other programs see; it comes on standard input.

use crate::entry;
use crate::{shown, which};
use cli::{Context, Failure, Outcome};
use cs_core::Error;
use marks::{Extent, Mark, NewMark, Op, Target, targets};
use redaction::Key;
use std::io::{IsTerminal, Read};

/// Longest text on standard input, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// What the command line says.
pub struct Wanted {
    pub id: String,
    pub entry: String,
    pub field: Option<String>,
    pub whole: bool,
    pub words: Option<(usize, usize)>,
    pub match_stdin: bool,
    pub reason: String,
    pub with: Option<String>,
}

/// The value of `--words`.
pub fn parse_words(text: &str) -> Result<(usize, usize), String> {
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number > 0);
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (number(from), number(to.trim_start_matches('='))) {
        (Some(from), Some(to)) if from <= to => Ok((from, to)),
        _ => Err(format!(
            "{text:?} is not a range of words; use 4..6, or 4: words are counted from 1, the last is included"
        )),
    }
}

impl Wanted {
    /// Adds the marks.
    pub fn run(self, op: Op, context: &mut Context) -> Outcome<()> {
        let needle = self.needle()?;
        let conversation = which::with_log(context, &self.id)?;
        let key = Key::of_store(&context.store.home)?;
        let extent = match (&needle, self.words) {
            (Some(needle), _) => Extent::Text(needle),
            (None, Some((from, to))) => Extent::Words(from, to),
            (None, None) => Extent::Whole,
        };
        let all = match self.entry.as_str() {
            entry::ALL => self.everywhere(&key, &conversation, &extent)?,
            word => {
                let entry = entry::find(&conversation, word)?;
                let all = targets(&key, &entry.anchor, &entry.fields, self.field.as_deref(), &extent)?;
                marks::check_targets(&entry.fields, &all, &self.reason, self.with.as_deref())?;
                all
            }
        };
        let new = |target| NewMark { op, target, with: self.with.clone(), reason: Some(self.reason.clone()), of: None };
        let made = add(context, &conversation.uuid, all.into_iter().map(new).collect())?;
        shown::print_all(context, &conversation.uuid, &made)?;
        if op == Op::Keep {
            let there = marks::Marks::read(&context.store, &conversation.uuid)?;
            for mark in &made {
                shown::tell_hiding(&there, &mark.said.target, "a redaction hides it, so it stays hidden:");
            }
        }
        Ok(())
    }

    /// The places of a text in all entries.
    fn everywhere(&self, key: &Key, of: &conversations::Conversation, extent: &Extent) -> Outcome<Vec<Target>> {
        if !matches!(extent, Extent::Text(_)) {
            let hint = "name one entry, or give the text on standard input with --match-stdin";
            return Err(Failure::Usage("all entries need a text that is looked for".into(), Some(hint.into())));
        }
        let (mut found, mut refused) = (Vec::new(), None);
        entry::all(of, |entry| match targets(key, &entry.anchor, &entry.fields, self.field.as_deref(), extent) {
            Ok(targets) if found.len() <= marks::MOST_AT_ONCE => found.extend(targets),
            // An entry without the text.
            Ok(_) | Err(Error::Missing(_)) => {}
            Err(error) => refused = refused.take().or(Some(error)),
        })?;
        if let Some(error) = refused {
            return Err(error.into());
        }
        // Copies of a line.
        let mut seen = std::collections::HashSet::new();
        found.retain(|target: &Target| seen.insert(format!("{target:?}")));
        match found.is_empty() {
            true => Err(Failure::Nothing("the text is in no entry of this conversation".into())),
            false => Ok(found),
        }
    }

    /// The text on standard input, if it is to be looked for.
    fn needle(&self) -> Outcome<Option<String>> {
        let ways = [self.whole, self.words.is_some(), self.match_stdin];
        if ways.iter().filter(|way| **way).count() > 1 {
            return Err(Failure::Usage("use one of --whole, --words and --match-stdin".into(), None));
        }
        if !self.match_stdin {
            return Ok(None);
        }
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            cli::note(crate::PROGRAM, "type the text, then press Ctrl-D");
        }
        let mut text = String::new();
        let read = stdin.lock().take(LONGEST + 1).read_to_string(&mut text);
        read.map_err(|error| Error::Invalid(format!("cannot read standard input: {error}")))?;
        let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        match text.len() as u64 {
            _ if text.trim().is_empty() => Err(Error::Invalid("standard input is empty".into()).into()),
            size if size > LONGEST => {
                Err(Error::Invalid(format!("more than {LONGEST} bytes on standard input")).into())
            }
            _ => {
                marks::check_said(text, &self.reason, self.with.as_deref())?;
                Ok(Some(text.to_string()))
            }
        }
    }
}

/// Adds marks, and says so if a secret in one was masked.
pub fn add(context: &Context, uuid: &str, all: Vec<NewMark>) -> Outcome<Vec<Mark>> {
    let given: Vec<NewMark> = all.clone();
    let made = marks::append_all(&context.store, uuid, &marks::actor(), context.now, all, |_| Ok(()))?;
    let is_masked = |(given, made): (&NewMark, &Mark)| {
        let trimmed = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_string);
        trimmed(&given.reason) != made.said.reason || trimmed(&given.with) != made.said.with
    };
    if given.iter().zip(&made).any(is_masked) {
        cli::note(crate::PROGRAM, "a secret in the text was masked");
    }
    Ok(made)
}
