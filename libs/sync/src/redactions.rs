//! Owns what a person redacted by hand in conversations that other machines of theirs have sent, and whether this machine
//! knows of it. Must stay true: what was redacted anywhere is not sent from a machine that does not know of that redaction,
//! neither from the same conversation nor from a copy of its entries in another one; undoing counts where it was said.

use crate::row::Row;
use crate::source::Source;
use cs_core::store::Store;
use marks::{Marks, Op};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What counts of the body of a row of marks.
#[derive(Debug, Clone, Deserialize)]
struct Said {
    id: String,
    op: String,
    entry: Option<String>,
    of: Option<String>,
}

/// What other machines of this person say that was redacted, by conversation and machine, each in the order of its rows.
#[derive(Clone, Debug, Default)]
pub struct Redactions(BTreeMap<(String, String), Vec<Said>>);

impl Redactions {
    /// Adds a row of marks, that of `source` of this machine, by its body.
    pub(crate) fn add(&mut self, machine: &str, source: &str, body: &str) {
        let of = Source::parse(source).and_then(|source| source.owner().map(str::to_string));
        if let (Some(of), Ok(said)) = (of, serde_json::from_str(body)) {
            self.0.entry((of, machine.to_string())).or_default().push(said);
        }
    }

    /// The same for a row of a folder.
    pub(crate) fn add_row(&mut self, machine: &str, source: &Source, row: &Row) {
        let says = |op: Op| row.kind.as_deref() == Some(op.word());
        if says(Op::Redact) || says(Op::Undo) {
            self.add(machine, &source.to_string(), row.body.get());
        }
    }

    /// The redactions that hold and are not known here.
    pub(crate) fn unknown(&self, store: &Store) -> Withheld {
        let mut withheld = Withheld::default();
        for ((conversation, machine), said) in &self.0 {
            // Marks that cannot be read say nothing.
            let here = Marks::read(store, conversation).unwrap_or_default();
            let known: HashSet<&str> = here.all.iter().map(|mark| mark.id.as_str()).collect();
            for one in holding(said).filter(|one| !known.contains(one.id.as_str())) {
                withheld.conversations.entry(conversation.clone()).or_default().insert(machine.clone());
                let lasting = one.entry.as_deref().filter(|entry| marks::is_lasting(entry));
                withheld.entries.extend(lasting.map(|entry| (entry.to_string(), conversation.clone())));
            }
        }
        withheld
    }

    /// The conversations in which only this machine redacted something that is not known here.
    pub fn only_on(&self, machine: &str, store: &Store) -> Vec<String> {
        let has = |(_, machines): &(String, BTreeSet<String>)| machines.len() == 1 && machines.contains(machine);
        self.unknown(store).conversations.into_iter().filter(has).map(|(id, _)| id).collect()
    }
}

/// The redactions of one machine and conversation that were not undone. What undoes is itself undone only by what is later.
fn holding(said: &[Said]) -> impl Iterator<Item = &Said> {
    let is = |one: &Said, op: Op| one.op == op.word();
    let mut undone = HashSet::new();
    for one in said.iter().rev().filter(|one| is(one, Op::Undo)) {
        if !undone.contains(one.id.as_str()) {
            undone.extend(one.of.as_deref());
        }
    }
    said.iter().filter(move |one| is(one, Op::Redact) && !undone.contains(one.id.as_str()))
}

/// What is not sent, because it was redacted elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Withheld {
    /// The conversations, each with the ids of the machines that say so.
    conversations: BTreeMap<String, BTreeSet<String>>,
    /// The entries that a copy has under the same name, with their conversation.
    entries: HashMap<String, String>,
}

impl Withheld {
    /// Whether a source is not sent, since its conversation is not.
    pub(crate) fn has_source(&self, source: &Source) -> bool {
        source.owner().is_some_and(|owner| self.conversations.contains_key(owner))
    }

    /// Whether an entry, wherever it is, is not sent; then nothing is sent of the conversation in which it was met.
    pub(crate) fn meet(&mut self, entry: &str, conversation: &str) -> bool {
        let of = self.entries.get(entry).and_then(|of| self.conversations.get(of)).cloned();
        let is_met = of.is_some();
        self.conversations.extend(of.map(|machines| (conversation.to_string(), machines)));
        is_met
    }

    /// Notes that something of a conversation was left out, if it is withheld.
    pub(crate) fn note(&self, source: &Source, left_out: &mut BTreeMap<String, BTreeSet<String>>) {
        let of = source.owner().and_then(|owner| self.conversations.get_key_value(owner));
        left_out.extend(of.map(|(id, machines)| (id.clone(), machines.clone())));
    }

    /// The ids of the conversations.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.conversations.keys().cloned().collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use cs_core::paths::Home;
    use marks::{NewMark, Target};
    use serde_json::json;
    use std::path::Path;

    const ID: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
    const ENTRY: &str = "77fdc178-5cd7-4d76-a8a5-b1b4a6b0c4f2#0";

    fn said(lines: &[(&str, &str, Option<&str>)]) -> Redactions {
        let mut all = Redactions::default();
        for (id, op, of) in lines {
            all.add("m1", &format!("mark/{ID}"), &json!({"id": id, "op": op, "entry": ENTRY, "of": of}).to_string());
        }
        all
    }

    fn unknown(redactions: &Redactions) -> Withheld {
        let dir = tempfile::tempdir().unwrap();
        redactions.unknown(&store(dir.path()))
    }

    fn store(dir: &Path) -> Store {
        Store::for_people(Home::at(dir), agents::WITNESS)
    }

    #[test]
    fn a_redaction_holds_until_it_is_undone_and_again_if_that_is_undone() {
        let redacted = ("r", "redact", None);
        assert!(!unknown(&said(&[("t", "tag", None)])).ids().contains(ID));
        assert!(unknown(&said(&[redacted])).ids().contains(ID));
        assert!(!unknown(&said(&[redacted, ("u", "undo", Some("r"))])).ids().contains(ID));
        assert!(unknown(&said(&[redacted, ("u", "undo", Some("r")), ("v", "undo", Some("u"))])).ids().contains(ID));
        assert!(unknown(&said(&[redacted, ("u", "undo", Some("other"))])).ids().contains(ID));
    }

    #[test]
    fn a_copy_of_an_entry_is_met_in_another_conversation() {
        let mut withheld = unknown(&said(&[("r", "redact", None)]));
        assert!(!withheld.meet("L4", "fork") && !withheld.ids().contains("fork"));
        assert!(withheld.meet(ENTRY, "fork") && withheld.ids().contains("fork"));
        let mut told = BTreeMap::new();
        withheld.note(&Source::parse("head/fork").unwrap(), &mut told);
        assert_eq!(told, [("fork".to_string(), ["m1".to_string()].into())].into());
    }

    #[test]
    fn a_redaction_that_is_here_too_withholds_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let mark = NewMark { op: Op::Note, target: Target::default(), with: Some("x".into()), reason: None, of: None };
        let id = marks::append(&store, ID, "ada", cs_core::clock::now(), mark).unwrap().id;
        assert!(!said(&[(&id, "redact", None)]).unknown(&store).ids().contains(ID));
        assert!(said(&[(&id, "redact", None), ("other", "redact", None)]).unknown(&store).ids().contains(ID));
    }
}
