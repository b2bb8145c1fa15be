//! Owns removing a machine from a target: what a machine that is gone has sent. Must stay true: only machines of this person
//! are found; what would go is shown first.

use crate::choice;
use crate::settings;
use crate::target::{Sender, Target};
use cli::{Context, Form, Outcome};
use cs_core::clock;
use cs_core::zone::Zone;
use serde::Serialize;
use sync::{OwnMachine, Settings};

#[derive(Serialize)]
struct Shown<'a> {
    action: &'static str,
    machine: &'a str,
    label: &'a str,
    target: String,
    /// How many rows were removed.
    rows: u64,
    /// The conversations that no machine sends any more, because what was redacted in them was known only there.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    forgotten: &'a [String],
}

/// Removes the machine that a word means.
pub fn remove(
    context: &mut Context,
    settings: &Settings,
    target: Option<&Target>,
    word: &str,
    is_given: bool,
) -> Outcome<()> {
    let target = target.ok_or_else(choice::none)?;
    let sender = settings::present(context, settings)?;
    let machines = target.machines(&sender)?;
    let found = OwnMachine::find(&machines, &sender.machine.id, word)?;
    // Their redactions would be gone with it, and other machines would send what they hide.
    let redacted = target.peek(&sender)?.redactions.only_on(&found.machine.id, &context.store);
    let mut told = vec![line(found, &sender)];
    told.extend(
        redacted
            .iter()
            .map(|id| format!("{id}, from all machines and for good: only there it is known what was redacted in it")),
    );
    cli::confirm(&told, &format!("remove all of this from {target}?"), is_given)?;
    let mut rows = 0;
    if !redacted.is_empty() {
        sync::forget(&context.store.home, &redacted, context.now)?;
        let removed = super::removal(target, &settings::sender(context, settings)?, &redacted)?;
        removed.tell_but(&found.machine.id);
        rows += removed.rows;
    }
    rows += target.remove_machine(&sender, &found.machine)?;
    let shown = Shown {
        action: "removed",
        machine: &found.machine.id,
        label: &found.machine.label,
        target: target.to_string(),
        rows,
        forgotten: &redacted,
    };
    match context.out.form {
        _ if context.out.quiet => context.out.line(shown.machine)?,
        Form::Json => context.out.json(&shown)?,
        Form::Table => {
            let rows = render::format_quantity(rows, "row");
            let text = format!("removed {} from {target}: {rows}; if it pushes again, it comes back", found.title());
            context.out.line(&cli::sanitize(&text))?;
            for id in shown.forgotten {
                context.out.line(&format!("{id} is forgotten: what was redacted in it was known only there"))?;
            }
        }
    }
    context.out.flush()
}

/// What is there of a machine, in words.
pub fn line(one: &OwnMachine, sender: &Sender) -> String {
    let is_this = one.machine.id == sender.machine.id;
    let at = clock::parse(&one.seen_at).map(|at| render::format_local_minute(at, Zone::system()));
    let this = match (is_this, one.names_nobody) {
        (true, _) => ", this machine",
        (false, true) => ", which does not say whose it is",
        (false, false) => "",
    };
    let at = at.map_or_else(String::new, |at| format!(", last push {at}"));
    let conversations = render::format_quantity(one.conversations, "conversation");
    let shared = match one.shared {
        0 => String::new(),
        _ if is_this => String::new(),
        shared => format!(" ({} also from this machine)", render::format_number(shared)),
    };
    format!("{}{this}{at}: {conversations}{shared}, {}", one.title(), render::format_quantity(one.rows, "row"))
}
