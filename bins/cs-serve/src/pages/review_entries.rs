//! Owns the entries of a page that reviews a conversation, and the list of its prompts, which are sent while they are read.
//! Must stay true: a page has at most [`ENTRIES`] entries; only these are looked at by rules.

use super::templates::Pages;
use crate::asked::Asked;
use crate::view::conversations::{MAIN, Read, Reading, split};
use crate::view::reviewed::{Reviewed, is_shown};
use agents::part::PartKind;
use conversations::{Conversation, Wish};
use marks::{Marks, Op, Sanitizer};
use redaction::Engine;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Entries in a page, and prompts in the list beside it.
pub const ENTRIES: u64 = 200;

/// A prompt in the list.
#[derive(Serialize)]
struct Prompt {
    turn: u64,
    at: Option<String>,
    text: String,
    is_here: bool,
    /// What people said about entries of its turn, in short.
    said: Vec<String>,
}

/// What people said about entries.
#[derive(Clone, Default)]
struct Short {
    redacted: u64,
    kept: u64,
    notes: u64,
    /// Tags and dispositions.
    words: Vec<String>,
}

impl Short {
    /// By entry.
    fn of_all(marks: &Marks) -> HashMap<String, Short> {
        let mut all: HashMap<String, Short> = HashMap::new();
        for mark in marks.holding() {
            let Some(entry) = &mark.said.target.entry else { continue };
            let short = all.entry(entry.clone()).or_default();
            match mark.said.op {
                Op::Redact => short.redacted += 1,
                Op::Keep => short.kept += 1,
                Op::Note => short.notes += 1,
                Op::Tag | Op::Disposition => short.words.extend(mark.said.with.clone()),
                Op::Untag | Op::Undo => {}
            }
        }
        all
    }

    fn add(&mut self, other: Short) {
        self.redacted += other.redacted;
        self.kept += other.kept;
        self.notes += other.notes;
        let words = other.words.into_iter();
        for word in words {
            if !self.words.contains(&word) {
                self.words.push(word);
            }
        }
    }

    fn into_words(self) -> Vec<String> {
        let counts = [(self.redacted, "redacted"), (self.kept, "kept"), (self.notes, "noted")];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        let counted = some.map(|(count, what)| if count == 1 { what.to_string() } else { format!("{count} {what}") });
        counted.chain(self.words.into_iter().map(|word| word.replace('-', " "))).collect()
    }
}

/// The variables of `entries.html`.
#[derive(Default, Serialize)]
struct Entries<'a> {
    uuid: &'a str,
    prompts: Option<Prompts<'a>>,
    entries: &'a [Reviewed],
    end: Option<End<'a>>,
}

/// The list of prompts around the turn that is shown.
#[derive(Serialize)]
struct Prompts<'a> {
    all: &'a [Prompt],
    count: u64,
    first: u64,
    /// The first turn of the lists before and after.
    before: Option<u64>,
    after: Option<u64>,
    turn: u64,
}

/// What follows the entries.
#[derive(Serialize)]
struct End<'a> {
    turn: u64,
    count: u64,
    page: u64,
    pages: u64,
    before: Option<u64>,
    after: Option<u64>,
    trouble: Option<&'a str>,
    lost: u64,
}

/// Which of its two passes a writer is in.
enum Pass {
    Prompts(Reading),
    /// Looks for the page that has an entry.
    Finding(Reading, String),
    Turn(Reading),
    Done,
}

/// Reads a conversation, and writes its prompts and the entries of one page.
pub struct Writer {
    pages: Arc<Pages>,
    of: Conversation,
    pass: Pass,
    turn: u64,
    page: u64,
    entry: Option<String>,
    /// Whether the turn is that of the entry, which has to be found.
    seeks_turn: bool,
    marks: Marks,
    engine: Engine,
    prompts: Vec<Prompt>,
    /// What was said about entries that were not read yet, and about the turns of the list.
    unread: HashMap<String, Short>,
    turns: BTreeMap<u64, Short>,
    /// The number of the last turn.
    last: u64,
    /// Number of entries of the turn so far.
    count: u64,
    ids: HashSet<String>,
    trouble: Option<String>,
    lost: u64,
    tail: Vec<u8>,
}

impl Writer {
    /// From the beginning; `tail` is sent last.
    pub fn new(
        asked: &Asked,
        of: &Conversation,
        (turn, page): (u64, u64),
        marks: Marks,
        engine: Engine,
        tail: Vec<u8>,
    ) -> Writer {
        let unread = Short::of_all(&marks);
        // Only marks are looked for in subagents.
        let seeks_turn = asked.query.turn.is_none() && asked.query.entry.is_some();
        let needs_all = seeks_turn || !unread.is_empty();
        let first = if needs_all { of.clone() } else { split(of).0 };
        let kinds = if needs_all { Vec::new() } else { vec![PartKind::Prompt] };
        Writer {
            pages: asked.pages.clone(),
            of: of.clone(),
            pass: Pass::Prompts(Reading::new(&first, Wish { kinds, ..Wish::default() })),
            turn,
            page,
            entry: asked.query.entry.clone(),
            seeks_turn,
            marks,
            engine,
            prompts: Vec::new(),
            unread,
            turns: BTreeMap::new(),
            last: 0,
            count: 0,
            ids: HashSet::new(),
            trouble: None,
            lost: 0,
            tail,
        }
    }

    /// The next piece; `None` at the end.
    pub fn step(&mut self) -> Option<Vec<u8>> {
        match std::mem::replace(&mut self.pass, Pass::Done) {
            Pass::Prompts(reading) => Some(self.read_prompts(reading)),
            Pass::Finding(reading, entry) => Some(self.find(reading, entry)),
            Pass::Turn(reading) => Some(self.read_turn(reading)),
            Pass::Done => None,
        }
    }

    fn read_prompts(&mut self, mut reading: Reading) -> Vec<u8> {
        let Writer { prompts, last, turn, unread, turns, entry, seeks_turn, .. } = self;
        let (sought, mut found) = (entry.as_ref().filter(|_| *seeks_turn), None);
        let first = first_of_list(*turn);
        let read = reading.step(&mut |part| {
            if is_shown(part) && sought.is_some_and(|anchor| *anchor == part.anchor) {
                found = found.or(Some(part.turn));
            }
            // Of the parts with an anchor, that which is shown.
            if is_shown(part)
                && let Some(short) = unread.remove(&part.anchor)
            {
                turns.entry(part.turn).or_default().add(short);
            }
            if part.kind != PartKind::Prompt || part.thread != MAIN {
                return;
            }
            *last = part.turn;
            if (first..first + ENTRIES).contains(&part.turn) {
                let text = part.text();
                let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                prompts.push(Prompt {
                    turn: part.turn,
                    at: part.entry.at.and_then(cs_core::clock::from_millis).map(cs_core::clock::stamp),
                    text: cs_core::validate::cut(line.trim(), 110),
                    is_here: false,
                    said: Vec::new(),
                });
            }
        });
        if let Some(turn) = found {
            (self.turn, self.seeks_turn) = (turn, false);
            // The list may be another one.
            if first_of_list(turn) != first {
                reading.rewind();
                self.forget_prompts();
            }
        }
        match read {
            Ok(Read::More) => self.pass = Pass::Prompts(reading),
            Ok(Read::Anew) => {
                self.forget_prompts();
                self.pass = Pass::Prompts(reading);
            }
            Ok(Read::End) | Err(_) => return self.begin_turn(),
        }
        Vec::new()
    }

    /// The list is read from the beginning.
    fn forget_prompts(&mut self) {
        self.prompts.clear();
        self.turns.clear();
        self.unread = Short::of_all(&self.marks);
    }

    /// Writes the list of prompts, and begins with the turn.
    fn begin_turn(&mut self) -> Vec<u8> {
        let reading = self.reading();
        self.pass = match self.entry.take() {
            Some(entry) => Pass::Finding(reading, entry),
            None => Pass::Turn(reading),
        };
        let first = first_of_list(self.turn);
        for prompt in &mut self.prompts {
            prompt.is_here = prompt.turn == self.turn;
            prompt.said = self.turns.remove(&prompt.turn).unwrap_or_default().into_words();
        }
        let prompts = Prompts {
            all: &self.prompts,
            count: self.last,
            first,
            before: (first > 1).then(|| first.saturating_sub(ENTRIES).max(1)),
            after: (first + ENTRIES <= self.last).then_some(first + ENTRIES),
            turn: self.turn,
        };
        let shown = Entries { uuid: &self.of.uuid, prompts: Some(prompts), ..Entries::default() };
        self.pages.fragment("entries.html", &shown)
    }

    fn reading(&self) -> Reading {
        Reading::new(&self.of, Wish { turn: Some(self.turn), ..Wish::default() })
    }

    /// Looks for the page that has an entry, and begins with that.
    fn find(&mut self, mut reading: Reading, entry: String) -> Vec<u8> {
        let (mut count, mut found) = (self.count, None);
        let read = reading.step(&mut |part| {
            if is_shown(part) {
                found = found.or((part.anchor == entry).then_some(count));
                count += 1;
            }
        });
        self.count = count;
        if let (Ok(Read::More), None) = (read, found) {
            self.pass = Pass::Finding(reading, entry);
            return Vec::new();
        }
        self.page = found.map_or(self.page, |number| number / ENTRIES + 1);
        self.count = 0;
        self.pass = Pass::Turn(self.reading());
        Vec::new()
    }

    fn read_turn(&mut self, mut reading: Reading) -> Vec<u8> {
        let from = (self.page - 1).saturating_mul(ENTRIES);
        let mut entries = Vec::new();
        let Writer { count, marks, engine, ids, .. } = self;
        let mut sanitizer = Sanitizer::new(engine, marks);
        let read = reading.step(&mut |part| {
            if !is_shown(part) {
                return;
            }
            let number = *count;
            *count += 1;
            if !(from..from.saturating_add(ENTRIES)).contains(&number) {
                return;
            }
            let mut reviewed = Reviewed::of(part, &mut sanitizer, marks);
            if !ids.insert(reviewed.id.clone()) {
                reviewed.id = format!("{}-{}", reviewed.entry, reviewed.kind);
            }
            entries.push(reviewed);
        });
        match read {
            Ok(Read::More) => self.pass = Pass::Turn(reading),
            Ok(Read::Anew) => {
                // What was sent before stays: the page says that it is not the log as it is now.
                let text = "it was written anew while this page was made; load the page again";
                self.end(&reading, Some(text.to_string()));
            }
            Ok(Read::End) => self.end(&reading, None),
            Err(error) => self.end(&reading, Some(error.to_string())),
        }
        if entries.is_empty() {
            return Vec::new();
        }
        let shown = Entries { uuid: &self.of.uuid, entries: &entries, ..Entries::default() };
        self.pages.fragment("entries.html", &shown)
    }

    fn end(&mut self, reading: &Reading, trouble: Option<String>) {
        self.lost = reading.summary().not_understood + reading.summary().too_long;
        self.trouble = trouble;
    }

    pub fn finish(mut self) -> Vec<u8> {
        let pages = self.count.div_ceil(ENTRIES).max(1);
        let end = End {
            turn: self.turn,
            count: self.count,
            page: self.page,
            pages,
            before: self.turn.checked_sub(1).filter(|turn| *turn >= 1),
            after: (self.turn < self.last).then_some(self.turn + 1),
            trouble: self.trouble.as_deref(),
            lost: self.lost,
        };
        let shown = Entries { uuid: &self.of.uuid, end: Some(end), ..Entries::default() };
        let mut html = self.pages.fragment("entries.html", &shown);
        html.append(&mut self.tail);
        html
    }
}

/// The first turn of the list of prompts that has this turn.
fn first_of_list(turn: u64) -> u64 {
    turn.saturating_sub(1) / ENTRIES * ENTRIES + 1
}
