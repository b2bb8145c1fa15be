//! Owns what a person redacted in a conversation, to find it where a record repeats it. Must stay true: it is only in
//! memory; what cannot be known hides all.

use agents::logs::Roots;
use conversations::{Catalog, Conversation, Cursor, Step, Wish};
use cs_core::error::Result;
use cs_core::store::Store;
use marks::{Mark, Marks, Others, WITHHELD, fields};
use redaction::{Key, REDACTED};
use std::collections::HashSet;
use std::ops::Range;

/// A shorter text is not looked for inside of what was redacted whole: it is in everything.
const SHORT: usize = 8;
/// A text that was cut may end with the beginning of what was redacted; a shorter one is no beginning.
const BEGIN: usize = 3;

/// A text that is not to be shown.
#[derive(Clone, Debug)]
struct Hidden {
    text: String,
    with: String,
    /// Who redacted it.
    actor: String,
    /// All of an entry, or of a field: a record may repeat a part of it.
    is_whole: bool,
}

/// A piece of a text that is not shown because a person redacted it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenPiece {
    /// What stands there now.
    pub with: String,
    /// Who redacted it; `None`: it is not known whether the text repeats something.
    pub actor: Option<String>,
}

/// What a person redacted in a conversation.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    texts: Vec<Hidden>,
    is_unknown: bool,
}

impl Spoken {
    /// What was redacted in the conversation with this id. It is only read if something was.
    pub fn read(store: &Store, key: &Key, uuid: &str) -> Result<Spoken> {
        let others = Others::read(store)?;
        if others.is_empty() {
            return Ok(Spoken::default());
        }
        Spoken::among(store, &Catalog::of(store, &Roots::from_env()), &others, key, uuid)
    }

    /// The same for those who know which conversations there are, and what was redacted in all of them.
    pub fn among(store: &Store, catalog: &Catalog, others: &Others, key: &Key, uuid: &str) -> Result<Spoken> {
        Ok(match catalog.conversations.iter().find(|one| one.uuid == uuid) {
            Some(of) => Spoken::of(of, &Marks::of_conversation(store, of, others, key)?, key),
            None => Spoken { texts: Vec::new(), is_unknown: Marks::read(store, uuid)?.may_hide() },
        })
    }

    /// The same of a conversation that is there, with its marks.
    pub fn of(of: &Conversation, marks: &Marks, key: &Key) -> Spoken {
        let redactions: Vec<&Mark> = marks.redactions().collect();
        if marks.damaged > 0 || marks.hiding().next().is_some() {
            return Spoken { texts: Vec::new(), is_unknown: true };
        }
        if redactions.is_empty() {
            return Spoken::default();
        }
        let (mut texts, mut known) = (Vec::new(), HashSet::new());
        let wish = Wish { copies: true, ..Wish::default() };
        let mut each = |part: &agents::part::Part| {
            let is_here = |mark: &&&Mark| mark.said.target.entry.as_deref() == Some(&*part.anchor);
            for mark in redactions.iter().filter(is_here) {
                for (name, text) in fields(part) {
                    if let Some(hidden) = hidden(mark, key, name, &text) {
                        texts.push(hidden);
                        known.insert(mark.id.as_str());
                    }
                }
            }
        };
        let mut cursor = Cursor::new(of);
        let mut read = Ok(Step::More);
        while let Ok(Step::More) = read {
            read = cursor.step(&wish, &mut each);
        }
        cursor.close(&wish, &mut each);
        let is_unknown = !cursor.unread().is_empty() || redactions.iter().any(|mark| !known.contains(mark.id.as_str()));
        // What contains another one comes first.
        texts.sort_by_key(|hidden: &Hidden| std::cmp::Reverse(hidden.text.len()));
        Spoken { texts, is_unknown }
    }

    /// Whether nothing was redacted.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && !self.is_unknown
    }

    /// Replaces what must not be shown of a text; returns what stands there now, as often as it does.
    pub fn hide(&self, text: &mut String) -> Vec<HiddenPiece> {
        let all = self.places(text);
        for (span, piece) in all.iter().rev() {
            text.replace_range(span.clone(), &piece.with);
        }
        all.into_iter().map(|(_, piece)| piece).collect()
    }

    /// What must not be shown of a text, in order and not overlapping.
    pub fn places(&self, text: &str) -> Vec<(Range<usize>, HiddenPiece)> {
        if self.is_unknown {
            return vec![(0..text.len(), HiddenPiece { with: WITHHELD.to_string(), actor: None })];
        }
        let said = plain(text);
        let mut all: Vec<(Range<usize>, HiddenPiece)> = Vec::new();
        for Hidden { text: hidden, with, actor, is_whole } in &self.texts {
            let piece = || HiddenPiece { with: with.clone(), actor: Some(actor.clone()) };
            if *is_whole && repeats(text, hidden) {
                return vec![(0..text.len(), piece())];
            }
            let wanted = plain(hidden);
            let whole = said.match_indices(&wanted).map(|(at, _)| at..at + wanted.len());
            let begun = begun(&said, &wanted).map(|at| at..text.len());
            for span in whole.chain(begun) {
                if all.iter().all(|(known, _)| span.end <= known.start || known.end <= span.start) {
                    all.push((span, piece()));
                }
            }
        }
        all.sort_by_key(|(span, _)| span.start);
        all
    }

    /// Whether a word stands in what was redacted, or the other way round.
    pub fn tells(&self, word: &str) -> bool {
        let word = plain(word);
        let is_same = |hidden: &Hidden| plain(&hidden.text).contains(&word) || word.contains(&plain(&hidden.text));
        self.is_unknown || self.texts.iter().any(is_same)
    }
}

/// The text as it is compared: names of branches, folders and files have other letters and signs between words. It has as
/// many bytes.
fn plain(text: &str) -> String {
    let plain = |c: char| if matches!(c, '-' | '_' | '.' | '/') { ' ' } else { c.to_ascii_lowercase() };
    text.chars().map(plain).collect()
}

/// Where the beginning of a hidden text begins, both plain, with which a text ends, because it was cut.
fn begun(text: &str, hidden: &str) -> Option<usize> {
    let text = text.trim_end_matches('…');
    let ends = hidden.char_indices().map(|(at, _)| at).filter(|at| *at >= BEGIN).rev();
    let is_word = |at: usize| !text.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric));
    let fits = |end: usize| Some(text.len() - text.strip_suffix(hidden.get(..end)?).map(str::len)?);
    ends.filter_map(fits).map(|bytes| text.len() - bytes).find(|at| is_word(*at))
}

/// What a mark hides of a field; `None` if it is about another one, or if its text has changed.
fn hidden(mark: &Mark, key: &Key, name: &str, text: &str) -> Option<Hidden> {
    let target = &mark.said.target;
    let is_whole_entry = target.field.is_none() && target.span.is_none();
    if !is_whole_entry {
        let is_own = target.field.as_deref().unwrap_or(marks::TEXT) == name;
        if !is_own || target.digest.as_deref() != Some(&key.digest(text)) {
            return None;
        }
    }
    let secret = match target.span {
        Some((from, to)) => text.get(from..to)?,
        None => text,
    };
    let with = mark.said.with.as_ref().map(|with| format!("[{with}]"));
    let with = with.unwrap_or_else(|| key.placeholder(REDACTED, secret));
    (!secret.trim().is_empty()).then(|| Hidden {
        text: secret.to_string(),
        with,
        actor: mark.actor.clone(),
        is_whole: target.span.is_none(),
    })
}

/// Whether a text of a record is a part of what was said: records put it on one line and cut it.
fn repeats(text: &str, hidden: &str) -> bool {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = one_line(text.trim_end_matches('…'));
    let begin = text.split("[masked]").next().unwrap_or_default().trim();
    begin.len() >= SHORT && one_line(hidden).contains(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hide(text: &str, hidden: &str, is_whole: bool) -> String {
        let (with, actor) = ("[x]".into(), "ann".into());
        let all = vec![Hidden { text: hidden.into(), with, actor, is_whole }];
        let mut text = text.to_string();
        Spoken { texts: all, is_unknown: false }.hide(&mut text);
        text
    }

    #[test]
    fn what_was_redacted_is_not_repeated() {
        let said = "Ask Anna Schmidt\nabout the   contract of Monday";
        assert_eq!(hide("tell Anna Schmidt, Anna", "Anna Schmidt", false), "tell [x], [x]");
        assert_eq!(hide("Ask Anna Schmidt about the contract…", said, true), "[x]");
        assert_eq!(hide("Ask Anna Schmidt about [masked] and more", said, true), "[x]");
        assert_eq!(hide("Ask Bob about the contract", said, true), "Ask Bob about the contract");
        assert_eq!(hide("about", said, true), "about");
        assert_eq!(hide("write to Anna Schm…", "Anna Schmidt", false), "write to [x]");
        assert_eq!(hide("write to Anna", "Anna Schmidt", false), "write to [x]");
        assert_eq!(hide("write to Joanna", "anna Schmidt", false), "write to Joanna");
        assert_eq!(hide("fix/jane-ROE-77", "Jane Roe", false), "fix/[x]-77");
        let mut text = "anything".to_string();
        assert_eq!(Spoken { texts: Vec::new(), is_unknown: true }.hide(&mut text).len(), 1);
        assert_eq!(text, WITHHELD);
    }
}
