//! Owns which entry of a conversation a word means: its anchor, a start of it, `last`, or `turn:3` for a prompt. Must stay
//! true: a word that fits several entries is refused, and they are named.

use agents::part::{Part, PartKind};
use cli::{Failure, Outcome};
use conversations::{Conversation, Cursor, Step, Wish};
use cs_core::Error;
use marks::fields;
use std::borrow::Cow;

/// What is said last.
const LAST: &str = "last";
/// All entries that have a text.
pub const ALL: &str = "all";
/// What stands before the number of a turn.
const TURN: &str = "turn:";
/// How many candidates an error names.
const CANDIDATES: usize = 8;
/// How many are remembered; a word that fits more fits too many.
const MOST: usize = 200;
/// Characters of a text that are shown of a candidate.
const EXCERPT: usize = 60;

/// An entry: all parts with one anchor.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Its anchor.
    pub anchor: String,
    /// The kind of the first part.
    pub kind: &'static str,
    /// The fields of all parts that have a text.
    pub fields: Vec<(&'static str, Cow<'static, str>)>,
}

/// How an entry is looked for.
enum Sought<'w> {
    Anchor(&'w str),
    Last,
    Prompt(u64),
}

impl Sought<'_> {
    fn of(word: &str) -> Sought<'_> {
        match (word, word.strip_prefix(TURN).and_then(|number| number.parse().ok())) {
            (LAST, _) => Sought::Last,
            (_, Some(turn)) => Sought::Prompt(turn),
            _ => Sought::Anchor(word),
        }
    }

    fn fits(&self, part: &Part) -> bool {
        match self {
            // L1 is no start of L17.
            Sought::Anchor(word) => {
                let rest = part.anchor.strip_prefix(word);
                rest.is_some_and(|rest| {
                    rest.is_empty()
                        || rest.starts_with('#')
                        || !word.ends_with(|c: char| c.is_ascii_digit())
                        || is_hex(word)
                })
            }
            Sought::Last => [PartKind::Prompt, PartKind::Answer].contains(&part.kind) && !part.text().is_empty(),
            Sought::Prompt(turn) => part.kind == PartKind::Prompt && part.turn == *turn && part.thread == "main",
        }
    }
}

/// Whether a word may be the start of an id, in which digits go on.
fn is_hex(word: &str) -> bool {
    !word.starts_with('L') && !word.contains(":L")
}

/// The entry that a word means.
pub fn find(of: &Conversation, word: &str) -> Outcome<Entry> {
    let sought = Sought::of(word);
    let mut found: Vec<Entry> = Vec::new();
    let mut count = 0;
    each_part(of, |part| {
        if !sought.fits(part) || (part.is_copy && !matches!(sought, Sought::Anchor(_))) {
            return;
        }
        if matches!(sought, Sought::Last) && found.last().is_some_and(|last| last.anchor != part.anchor) {
            found.clear();
        }
        count += 1;
        if count <= MOST || found.iter().any(|one| one.anchor == part.anchor) || part.anchor == word {
            add(&mut found, part);
        }
    })?;
    // The parts of the anchor that were not sought by their kind.
    if let ([one], false) = (found.as_mut_slice(), matches!(sought, Sought::Anchor(_))) {
        *one = find(of, &one.anchor.clone())?;
    }
    choose(of, word, found)
}

/// All entries that have a text.
pub fn all(of: &Conversation, mut each: impl FnMut(&Entry)) -> Outcome<()> {
    let mut waiting = Entry::default();
    each_part(of, |part| {
        if part.anchor != waiting.anchor {
            each(&waiting);
            waiting = Entry::default();
        }
        take(&mut waiting, part);
    })?;
    each(&waiting);
    Ok(())
}

fn each_part(of: &Conversation, mut each: impl FnMut(&Part)) -> Outcome<()> {
    let wish = Wish { copies: true, ..Wish::default() };
    let mut cursor = Cursor::new(of);
    let mut read = Ok(Step::More);
    while let Ok(Step::More) = read {
        read = cursor.step(&wish, &mut each);
    }
    cursor.close(&wish, &mut each);
    for (path, error) in cursor.unread() {
        cli::defer(&Error::io(path, "read", std::io::Error::new(error.kind(), error.to_string())));
    }
    Ok(())
}

fn add(found: &mut Vec<Entry>, part: &Part) {
    match found.iter_mut().find(|one| one.anchor == part.anchor) {
        Some(one) => take(one, part),
        None => {
            let mut one = Entry::default();
            take(&mut one, part);
            found.push(one);
        }
    }
}

fn take(entry: &mut Entry, part: &Part) {
    if entry.anchor.is_empty() {
        entry.anchor.clone_from(&part.anchor);
        entry.kind = part.kind.word();
    }
    for (name, text) in fields(part) {
        // A copy of the line says the same.
        if !entry.fields.iter().any(|(own, there)| *own == name && *there == text) {
            entry.fields.push((name, Cow::Owned(text.into_owned())));
        }
    }
}

/// The only one of several; of the blocks of one line, the only one with a text.
fn choose(of: &Conversation, word: &str, mut found: Vec<Entry>) -> Outcome<Entry> {
    if let Some(at) = found.iter().position(|one| one.anchor == word) {
        return Ok(found.swap_remove(at));
    }
    if found.iter().any(|one| line_of(&one.anchor) == word) {
        found.retain(|one| line_of(&one.anchor) == word);
    }
    let is_one_line =
        found.iter().all(|one| found.first().is_some_and(|first| line_of(&first.anchor) == line_of(&one.anchor)));
    if is_one_line && found.iter().filter(|one| !one.fields.is_empty()).count() == 1 {
        found.retain(|one| !one.fields.is_empty());
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => {
            let text = format!("{} has no entry {:?}", of.uuid, cli::sanitize(word));
            let hint = format!("cs-transcript show {} --kinds said lists them; last and turn:3 mean one, too", of.uuid);
            Err(Failure::Advised(text, hint))
        }
        (Some(last), false) => {
            found.push(last);
            Err(ambiguous(word, &found))
        }
    }
}

fn line_of(anchor: &str) -> &str {
    anchor.split('#').next().unwrap_or(anchor)
}

fn ambiguous(word: &str, found: &[Entry]) -> Failure {
    let described = |one: &Entry| {
        let text = one.fields.first().map(|(_, text)| redact::mask(text)).unwrap_or_default();
        format!("  {} {} {}", one.anchor, one.kind, cs_core::validate::cut(&text, EXCERPT))
    };
    let mut lines: Vec<String> = found.iter().take(CANDIDATES).map(|one| cli::sanitize(&described(one))).collect();
    if found.len() > CANDIDATES {
        lines.push(format!("  and {} more", found.len() - CANDIDATES));
    }
    cli::report(crate::PROGRAM, &Failure::Nothing(format!("{:?} is ambiguous:", cli::sanitize(word))));
    cli::add_lines(&lines);
    Failure::Reported(1)
}
