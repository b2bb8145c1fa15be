//! `list`: the marks that hold. Writes nothing.

use crate::{shown, which};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::id::short_uuid;
use marks::{Mark, Marks};
use std::collections::HashSet;

/// Characters of an id in a table.
const SHORT: usize = 7;

/// list the marks that hold, of a conversation or of all
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "list", example = "{command_name}", example = "{command_name} ca5d --all")]
pub struct List {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID (default: all)
    #[argh(positional)]
    id: Option<String>,
    /// also marks that were undone, or that a later one has overtaken
    #[argh(switch)]
    all: bool,
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let uuids = match &self.id {
            Some(word) => vec![which::any(context, word)?.uuid],
            None => which::marked(context)?,
        };
        let (mut rows, mut count) = (Vec::new(), 0);
        for uuid in &uuids {
            let marks = Marks::read(&context.store, uuid)?;
            tell_damaged(uuid, &marks);
            let holding: HashSet<&str> = marks.holding().map(|mark| mark.id.as_str()).collect();
            for mark in marks.all.iter().filter(|mark| self.all || holding.contains(mark.id.as_str())) {
                let holds = holding.contains(mark.id.as_str());
                count += 1;
                match context.out.form {
                    _ if context.out.quiet => context.out.line(&mark.id)?,
                    Form::Json => shown::print_json(context, uuid, mark, marks.is_undone(&mark.id))?,
                    Form::Table => rows.push(row(uuid, mark, holds)),
                }
            }
        }
        if !rows.is_empty() {
            context.out.table(&["id", "conversation", "when", "who", "holds", "mark", "why"], &rows)?;
        }
        context.out.flush()?;
        if count == 0 { Err(Failure::Nothing("there is no mark".into())) } else { Ok(()) }
    }
}

fn row(uuid: &str, mark: &Mark, holds: bool) -> Vec<String> {
    vec![
        // Enough for undo, mostly.
        mark.id.chars().take(SHORT).collect(),
        short_uuid(uuid).to_string(),
        shown::time(mark),
        mark.actor.clone(),
        if holds { String::new() } else { "no".into() },
        shown::describe_short(mark),
        mark.said.reason.clone().unwrap_or_default(),
    ]
}

/// Says that there are lines that could not be understood.
pub fn tell_damaged(uuid: &str, marks: &Marks) {
    let damaged = marks.broken.iter().filter(|broken| !marks.is_undone(&broken.id)).count();
    if damaged > 0 {
        let lines = render::format_quantity(damaged as u64, "line");
        cli::note(
            crate::PROGRAM,
            &format!("{lines} of the marks of {uuid} cannot be understood; cs-mark verify names them"),
        );
    }
}
