//! Owns which marks hold for the texts of a conversation: its own, those that its entries have in other conversations, since
//! a client copies entries into a branch or a fork under their old names, and those whose entry has another name now.
//! Must stay true: what was redacted in an entry is redacted in each copy of it; a redaction that fits no entry is counted.

use crate::fields::{TEXT, fields};
use crate::file::Marks;
use crate::inherited::Inherited;
use crate::line::Broken;
use crate::mark::{Mark, Op};
use agents::entry::Kind;
use agents::part::Part;
use conversations::{Conversation, Cursor, Step, Wish};
use cs_core::error::Result;
use cs_core::file;
use cs_core::id::{Uuid, fnv1a};
use cs_core::store::Store;
use redaction::Key;
use std::collections::{HashMap, HashSet};

/// The marks of all conversations that hide, or keep, something.
#[derive(Clone, Debug, Default)]
pub struct Others {
    by_conversation: HashMap<String, Marks>,
    /// The conversations with marks on an entry, by its anchor, if that is the same in a copy.
    by_entry: HashMap<String, Vec<String>>,
}

impl Others {
    /// Reads them.
    pub fn read(store: &Store) -> Result<Others> {
        let mut all = Others::default();
        for uuid in file::stems(&store.home.marks_dir(), ".jsonl")? {
            let marks = Marks::read(store, &uuid)?;
            let entries = marks.decisive().filter_map(|mark| mark.said.target.entry.as_deref());
            let entries: HashSet<&str> =
                entries.chain(marks.hiding().filter_map(|broken| broken.entry.as_deref())).collect();
            for entry in entries.into_iter().filter(|entry| is_lasting(entry)) {
                all.by_entry.entry(entry.to_string()).or_default().push(uuid.clone());
            }
            if marks.decisive().next().is_some() || marks.hiding().next().is_some() {
                all.by_conversation.insert(uuid, marks);
            }
        }
        Ok(all)
    }

    /// Whether nobody hid or kept anything, anywhere.
    pub fn is_empty(&self) -> bool {
        self.by_conversation.is_empty()
    }

    /// A text that is another one if anything else is hidden or kept, anywhere; empty if nothing is.
    pub fn stamp(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for (uuid, marks) in &self.by_conversation {
            names.extend(marks.decisive().map(|mark| format!("{uuid} {}\n", mark.id)));
            let broken = |broken: &Broken| format!("{uuid} {} {:?}\n", broken.id, broken.entry);
            names.extend(marks.hiding().map(broken));
        }
        names.sort_unstable();
        if names.is_empty() { String::new() } else { format!("{:016x}", fnv1a(names.concat().as_bytes())) }
    }

    /// Adds what others say about an entry.
    fn add(&self, own: &str, entry: &str, to: &mut Inherited) {
        for uuid in self.by_entry.get(entry).into_iter().flatten().filter(|uuid| *uuid != own) {
            let Some(marks) = self.by_conversation.get(uuid) else { continue };
            to.marks.extend(marks.decisive().filter(|mark| mark.said.target.entry.as_deref() == Some(entry)).cloned());
            to.broken.extend(marks.hiding().filter(|broken| broken.entry.as_deref() == Some(entry)).cloned());
        }
    }

    fn has_others(&self, own: &str) -> bool {
        self.by_conversation.keys().any(|uuid| uuid != own)
    }
}

/// Whether an anchor names an entry by a UUID, which a copy of its line has too.
pub fn is_lasting(anchor: &str) -> bool {
    Uuid::parse(anchor.split('#').next().unwrap_or(anchor)).is_ok()
}

impl Marks {
    /// The marks of a conversation, with all that hold for its entries.
    pub fn of_conversation(store: &Store, of: &Conversation, others: &Others, key: &Key) -> Result<Marks> {
        let mut own = Marks::read(store, &of.uuid)?;
        if own.redactions().next().is_none() && !others.has_others(&of.uuid) {
            return Ok(own);
        }
        let mut inherited = Inherited::default();
        let mut lost: HashSet<&str> = own.redactions().filter_map(|mark| mark.said.target.entry.as_deref()).collect();
        let (mut seen, mut origins) = (HashSet::new(), HashSet::new());
        each_part(of, &mut |part| {
            lost.remove(part.anchor.as_str());
            if others.by_entry.contains_key(&part.anchor) && seen.insert(part.anchor.clone()) {
                others.add(&of.uuid, &part.anchor, &mut inherited);
            }
            if let Kind::Relation(_, id) = &part.entry.kind {
                origins.insert(id.to_ascii_lowercase());
            }
        });
        let is_lost = |mark: &&Mark| mark.said.target.entry.as_deref().is_some_and(|entry| lost.contains(entry));
        let mut loose: Vec<(&Mark, bool)> = own.redactions().filter(is_lost).map(|mark| (mark, true)).collect();
        origins.remove(&of.uuid);
        for marks in origins.iter().filter_map(|uuid| others.by_conversation.get(uuid)) {
            let is_elsewhere = |mark: &&Mark| mark.said.target.entry.as_ref().is_none_or(|entry| !seen.contains(entry));
            loose.extend(marks.redactions().filter(is_elsewhere).map(|mark| (mark, false)));
            // It may be about any of the lines that were copied.
            let is_unclear = |broken: &&Broken| broken.entry.as_deref().is_none_or(|entry| !is_lasting(entry));
            let unclear = marks.hiding().filter(is_unclear);
            inherited.broken.extend(unclear.map(|broken| Broken { entry: None, ..broken.clone() }));
        }
        let fitting = if loose.is_empty() { HashSet::new() } else { by_text(of, key, &loose, &mut inherited) };
        let is_unmatched = |(mark, is_own): &&(&Mark, bool)| *is_own && !fitting.contains(mark.id.as_str());
        inherited.unmatched = loose.iter().filter(is_unmatched).count();
        own.inherited = inherited;
        Ok(own)
    }

    /// The redactions that hold.
    pub fn redactions(&self) -> impl Iterator<Item = &Mark> {
        self.decisive().filter(|mark| mark.said.op == Op::Redact)
    }

    /// The marks that decide what is shown: redactions, and what is kept.
    pub fn decisive(&self) -> impl Iterator<Item = &Mark> {
        let own = self.holding().filter(|mark| matches!(mark.said.op, Op::Redact | Op::Keep));
        own.chain(&self.inherited.marks)
    }

    /// Whether anything is hidden, or may be.
    pub fn may_hide(&self) -> bool {
        self.redactions().next().is_some() || self.hiding().next().is_some()
    }

    /// The number of redactions whose entry is not in the conversation any more, and whose text is in no other one. It is
    /// only known of [`Marks::of_conversation`].
    pub fn unmatched(&self) -> usize {
        self.inherited.unmatched
    }
}

/// Gives marks the anchors of the entries that have their text; returns the ids of those with one.
fn by_text<'m>(
    of: &Conversation,
    key: &Key,
    loose: &[(&'m Mark, bool)],
    inherited: &mut Inherited,
) -> HashSet<&'m str> {
    let mut by_digest: HashMap<&str, Vec<&'m Mark>> = HashMap::new();
    for (mark, _) in loose {
        by_digest.entry(mark.said.target.digest.as_deref().unwrap_or_default()).or_default().push(mark);
    }
    let mut fitting = HashSet::new();
    each_part(of, &mut |part| {
        for (name, text) in fields(part) {
            let marks = by_digest.get(key.digest(&text).as_str()).into_iter().flatten();
            for mark in marks.filter(|mark| is_of(mark, name)) {
                fitting.insert(mark.id.as_str());
                let mut here = (*mark).clone();
                here.said.target.entry = Some(part.anchor.clone());
                if !inherited.marks.contains(&here) {
                    inherited.marks.push(here);
                }
            }
        }
    });
    fitting
}

/// Whether a mark is about a field, or about a whole entry with that text.
fn is_of(mark: &Mark, field: &str) -> bool {
    let target = &mark.said.target;
    let is_whole = target.field.is_none() && target.span.is_none();
    is_whole || target.field.as_deref().unwrap_or(TEXT) == field
}

fn each_part(of: &Conversation, each: &mut dyn FnMut(&Part)) {
    let (wish, mut cursor) = (Wish { copies: true, ..Wish::default() }, Cursor::new(of));
    while let Ok(Step::More) = cursor.step(&wish, each) {}
    cursor.close(&wish, each);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::NewMark;
    use crate::place::{Extent, targets};
    use crate::sanitizer::{Sanitizer, WITHHELD};
    use crate::tests::{Place, new, now};
    use agents::Agent;
    use agents::logs::Roots;
    use conversations::Catalog;
    use redaction::{Engine, Rules};
    use std::fs;

    const ORIGIN: &str = "12a755d3-dd39-4e0a-8449-cbd91a28ea9d";
    const COPY: &str = "9471c3da-1443-43e1-8380-feb65a3d69ee";
    const SAID: &str = "please call Jane Roe today";

    fn line(conversation: &str, uuid: &str, text: &str, origin: Option<&str>) -> String {
        let forked = origin.map(|id| format!(r#","forkedFrom":{{"sessionId":"{id}","messageUuid":"{uuid}"}}"#));
        format!(
            r#"{{"type":"user","uuid":"{uuid}","sessionId":"{conversation}"{},"message":{{"role":"user","content":"{text}"}}}}"#,
            forked.unwrap_or_default()
        )
    }

    fn id(n: u32) -> String {
        format!("77bb1922-01ba-4b41-8c2a-{n:012}")
    }

    fn entry(n: u32) -> String {
        id(n) + "#0"
    }

    impl Place {
        fn log(&self, conversation: &str, lines: &[String]) {
            let folder = self.store.home.root().join("client/projects/-x");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{conversation}.jsonl")), lines.join("\n") + "\n").unwrap();
        }

        fn redact(&self, conversation: &str, entry: &str, extent: &Extent) {
            let fields = [(TEXT, SAID.into())];
            for target in targets(&self.key(), entry, &fields, None, extent).unwrap() {
                let mark = NewMark { target, reason: Some("why".into()), ..new(Op::Redact) };
                crate::append(&self.store, conversation, "ann", now(), mark).unwrap();
            }
        }

        /// What is shown of an entry of a conversation, and how many redactions fit nothing.
        fn show_of(&self, conversation: &str, entry: &str, text: &str) -> (String, usize) {
            let mut roots = Roots::default();
            roots.folders.push((Agent::Claude, self.store.home.root().join("client")));
            let catalog = Catalog::of(&self.store, &roots);
            let of = catalog.conversations.iter().find(|one| one.uuid == conversation).unwrap();
            let others = Others::read(&self.store).unwrap();
            let marks = Marks::of_conversation(&self.store, of, &others, &self.key()).unwrap();
            let mut engine = Engine::new(Rules::default(), self.key());
            let place = redaction::Place { path: None, kind: Some("prompt"), field: Some(TEXT) };
            let shown = Sanitizer::new(&mut engine, &marks).text(entry, place, text).text.into_owned();
            (shown, marks.unmatched())
        }

        fn hidden(&self) -> String {
            SAID.replace("Jane Roe", &self.key().placeholder("redacted", "Jane Roe"))
        }
    }

    #[test]
    fn what_was_redacted_in_an_entry_is_redacted_in_its_copies() {
        let place = Place::new();
        let copied = [line(COPY, &id(1), SAID, Some(ORIGIN)), line(COPY, &id(2), "and Jane Roe", None)];
        place.log(COPY, &copied);
        place.redact(ORIGIN, &entry(1), &Extent::Words(3, 4));
        assert_eq!(place.show_of(COPY, &entry(1), SAID), (place.hidden(), 0));
        assert_eq!(place.show_of(COPY, &entry(2), "and Jane Roe").0, "and Jane Roe");
        assert_eq!(place.show_of(COPY, &entry(1), "it is another text").0, WITHHELD);
        // A client that gives its copies other ids.
        place.log(COPY, &[line(COPY, &id(7), SAID, Some(ORIGIN))]);
        assert_eq!(place.show_of(COPY, &entry(7), SAID), (place.hidden(), 0));
        place.log(COPY, &[line(COPY, &id(7), SAID, None)]);
        assert_eq!(place.show_of(COPY, &entry(7), SAID), (SAID.into(), 0), "no copy: somebody says the same");
    }

    #[test]
    fn a_damaged_line_of_the_conversation_that_was_copied_hides() {
        let place = Place::new();
        place.log(COPY, &[line(COPY, &id(1), SAID, Some(ORIGIN))]);
        place.redact(ORIGIN, &entry(9), &Extent::Words(3, 4));
        let file = place.store.home.marks(&Uuid::parse(ORIGIN).unwrap());
        fs::write(&file, "{\"v\":1,\"op\":\"red").unwrap();
        assert_eq!(place.show_of(COPY, &entry(1), SAID).0, WITHHELD);
        fs::write(&file, "{\"v\":1,\"op\":\"redact\",\"entry\":\"".to_string() + &entry(1) + "\",").unwrap();
        assert_eq!(place.show_of(COPY, &entry(1), SAID).0, WITHHELD);
        assert_eq!(place.show_of(COPY, &entry(2), SAID).0, SAID);
    }

    #[test]
    fn a_redaction_goes_with_its_text_to_an_entry_with_another_id_or_is_counted() {
        let place = Place::new();
        place.redact(ORIGIN, &entry(1), &Extent::Words(3, 4));
        place.log(ORIGIN, &[line(ORIGIN, &id(5), SAID, None)]);
        assert_eq!(place.show_of(ORIGIN, &entry(5), SAID), (place.hidden(), 0));
        place.log(ORIGIN, &[line(ORIGIN, &id(5), "something else", None)]);
        assert_eq!(place.show_of(ORIGIN, &entry(5), "something else"), ("something else".into(), 1));
        place.redact(ORIGIN, &entry(2), &Extent::Whole);
        place.log(ORIGIN, &[line(ORIGIN, &id(5), SAID, None), line(ORIGIN, &id(1), SAID, None)]);
        let gone = place.key().placeholder("redacted", SAID);
        assert_eq!(place.show_of(ORIGIN, &entry(5), SAID), (gone, 0), "all of the entry");
    }

    #[test]
    fn the_stamp_changes_with_what_is_hidden_and_with_nothing_else() {
        let place = Place::new();
        let stamp = || Others::read(&place.store).unwrap().stamp();
        assert_eq!(stamp(), "");
        place.redact(ORIGIN, &entry(1), &Extent::Words(3, 4));
        let first = stamp();
        crate::append(&place.store, COPY, "ann", now(), NewMark { with: Some("bug".into()), ..new(Op::Tag) }).unwrap();
        assert!(!first.is_empty() && stamp() == first, "a tag hides nothing");
        place.redact(COPY, &entry(1), &Extent::Words(3, 4));
        let second = stamp();
        assert_ne!(second, first);
        let file = place.store.home.marks(&Uuid::parse(COPY).unwrap());
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text + "{\"v\":1,\"op\":\"red").unwrap();
        assert_ne!(stamp(), second, "a damaged line may hide something");
    }

    #[test]
    fn only_ids_that_no_other_log_has_name_an_entry_everywhere() {
        for (anchor, lasts) in
            [(entry(1).as_str(), true), ("item_3#0", false), ("L17", false), ("L17#2", false), ("agent-1:L4", false)]
        {
            assert_eq!(is_lasting(anchor), lasts, "{anchor}");
        }
    }
}
