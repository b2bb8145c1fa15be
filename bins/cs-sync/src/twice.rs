//! Owns what is said when a machine sends something for the first time, and the target has the same from another machine of
//! this person: sums then count it twice. Also if it has machines under other names of people. Must stay true: this is only
//! said, and prevents nothing, unless this very machine has another name there.

use crate::PROGRAM;
use crate::target::{Sender, Target};
use cs_core::error::{Error, Result};
use redaction::Entry;
use std::collections::{BTreeMap, BTreeSet};
use sync::{Kind, Known, Op, OwnMachine, Sink, THIS};

/// A target, and which conversations it has from other machines already.
pub struct Twice<'t> {
    sink: &'t mut dyn Sink,
    /// The ids of conversations, each with that of a machine.
    elsewhere: BTreeMap<String, String>,
    /// How many are sent again, by machine.
    again: BTreeMap<String, u64>,
}

/// The conversations that other machines of this person sent, if this one has sent nothing there yet.
pub fn elsewhere(target: &Target, sender: &Sender, known: &Known) -> BTreeMap<String, String> {
    match known.sources.is_empty() {
        // It is only for a note.
        true => target.elsewhere(sender).unwrap_or_default(),
        false => BTreeMap::new(),
    }
}

impl<'t> Twice<'t> {
    pub fn new(sink: &'t mut dyn Sink, elsewhere: BTreeMap<String, String>) -> Self {
        Twice { sink, elsewhere, again: BTreeMap::new() }
    }

    /// How many conversations are sent again, by machine.
    pub fn end(self) -> BTreeMap<String, u64> {
        self.again
    }
}

impl Sink for Twice<'_> {
    fn take(&mut self, op: &Op) -> Result<()> {
        if let Op::Row(source, 0, _) = op
            && source.kind() == Kind::Head
            && let Some(machine) = self.elsewhere.get(source.name())
        {
            *self.again.entry(machine.clone()).or_default() += 1;
        }
        self.sink.take(op)
    }

    fn note(&mut self, rules: &str, replaced: &[Entry]) {
        self.sink.note(rules, replaced);
    }
}

/// Says what is there twice, and how to mend it.
pub fn tell(target: &Target, sender: &Sender, again: &BTreeMap<String, u64>) {
    if again.is_empty() {
        return;
    }
    let machines = target.machines(sender).unwrap_or_default();
    for (id, count) in again {
        let machine = machines.iter().find(|one| one.machine.id == *id);
        let title = machine.map_or_else(|| id.clone(), OwnMachine::title);
        let yours = if machine.is_some_and(|one| one.names_nobody) { "yours and gone" } else { "gone" };
        let count = render::format_quantity(*count, "conversation");
        cli::note(
            PROGRAM,
            &format!(
                "{count} of this machine also came from {title}, so sums count them twice. If that machine is {yours}: \
                 cs-sync forget --machine {id}. If this one should not send: cs-sync forget --machine {THIS}"
            ),
        );
    }
}

/// Fails if this machine has sent its rows under another name only: all of them would be there twice.
pub fn check_name(target: &Target, sender: &Sender, known: &Known) -> Result<()> {
    let names = if known.sources.is_empty() { target.names(sender)? } else { BTreeSet::new() };
    let Some(before) = names.first() else { return Ok(()) };
    let own = sender.account()?;
    match names.contains(&own) {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "nothing is sent: in {target}, what this machine sent belongs to {before}, and you are called {own} now, so all \
             of it would be there twice. Set sync.owner in config.json to {before}; if you want the new name, run cs-sync \
             forget --machine {THIS} then, and set it again"
        ))),
    }
}

/// Says that a file has machines under other names, if this person has chosen none.
pub fn tell_owners(target: &Target, sender: &Sender, is_first: bool) {
    if !is_first || sender.owner.is_some() {
        return;
    }
    let (Ok(owners), Ok(own)) = (target.owners(), sender.account()) else { return };
    let others: Vec<String> = owners.into_iter().filter(|owner| *owner != own).collect();
    if !others.is_empty() {
        cli::note(
            PROGRAM,
            &format!(
                "here you are called {own}, and {target} also has machines of {}. If that is you, set sync.owner in \
                 config.json to one name on each machine: what is forgotten, and sums, go by that name",
                others.join(", ")
            ),
        );
    }
}
