//! `verify`: whether marks still fit the texts they are about. Writes nothing.

use crate::{entry, which};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use conversations::{Catalog, Conversation};
use marks::{Mark, Marks, Op, TEXT};
use redaction::Key;
use serde::Serialize;
use std::collections::HashMap;

/// compare marks with the texts that they are about: 0 if all fit, 1 if not. What does not fit is withheld, so nothing
/// is shown by mistake
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "verify", example = "{command_name}", example = "{command_name} ca5d")]
pub struct Verify {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID (default: all that have marks)
    #[argh(positional)]
    id: Option<String>,
}

#[derive(Serialize)]
struct Finding {
    conversation: String,
    mark: String,
    reason: String,
}

impl Verify {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let uuids = match &self.id {
            Some(word) => vec![which::any(context, word)?.uuid],
            None => which::marked(context)?,
        };
        let catalog = which::catalog(context);
        let (mut found, mut count) = (Vec::new(), 0);
        for uuid in &uuids {
            let marks = Marks::read(&context.store, uuid)?;
            count += marks.all.len();
            verify(context, &catalog, uuid, &marks, &mut found)?;
        }
        print(context, &found)?;
        context.out.flush()?;
        let of = format!(
            "of {} in {}",
            render::format_quantity(count as u64, "mark"),
            render::format_quantity(uuids.len() as u64, "conversation")
        );
        match found.len() {
            0 => {
                cli::note(crate::PROGRAM, &format!("all fit, {of}"));
                Ok(())
            }
            wrong => Err(Failure::Nothing(format!("{} {of}", render::format_quantity(wrong as u64, "finding")))),
        }
    }
}

fn print(context: &mut Context, found: &[Finding]) -> Outcome<()> {
    for one in found {
        match context.out.form {
            _ if context.out.quiet => context.out.line(&one.mark)?,
            Form::Json => context.out.json(one)?,
            Form::Table => {
                context.out.line(&cli::sanitize(&format!("{} {}: {}", one.conversation, one.mark, one.reason)))?;
            }
        }
    }
    Ok(())
}

fn verify(context: &Context, catalog: &Catalog, uuid: &str, marks: &Marks, found: &mut Vec<Finding>) -> Outcome<()> {
    let mut add = |mark: &str, reason: String| {
        found.push(Finding { conversation: uuid.to_string(), mark: mark.to_string(), reason });
    };
    for broken in marks.broken.iter().filter(|broken| !marks.is_undone(&broken.id)) {
        let about = broken.entry.as_deref().map_or("all entries are".to_string(), |entry| format!("{entry} is"));
        let hides = if broken.hides { format!("; {about} withheld until it is undone") } else { String::new() };
        add(&broken.id, format!("the line cannot be understood{hides}"));
    }
    let about: Vec<&Mark> = marks.holding().filter(|mark| mark.said.target.entry.is_some()).collect();
    if about.is_empty() {
        return Ok(());
    }
    let Some(conversation) = catalog.conversations.iter().find(|one| one.uuid == uuid) else {
        add("-", "the log of the conversation is gone, so nothing can be compared".into());
        return Ok(());
    };
    compare(context, conversation, &about, &mut add)
}

fn compare(
    context: &Context,
    conversation: &Conversation,
    about: &[&Mark],
    add: &mut dyn FnMut(&str, String),
) -> Outcome<()> {
    let key = Key::of_store(&context.store.home)?;
    let mut wanted: HashMap<&str, Vec<&Mark>> = HashMap::new();
    for mark in about {
        wanted.entry(mark.said.target.entry.as_deref().unwrap_or_default()).or_default().push(mark);
    }
    // The fields of each marked entry, by name, with the digests of their texts.
    let mut there: HashMap<String, Vec<(&'static str, String)>> = HashMap::new();
    entry::all(conversation, |entry| {
        if wanted.contains_key(entry.anchor.as_str()) {
            let digests = entry.fields.iter().map(|(name, text)| (*name, key.digest(text)));
            there.entry(entry.anchor.clone()).or_default().extend(digests);
        }
    })?;
    for mark in about {
        let target = &mark.said.target;
        let Some(fields) = target.entry.as_ref().and_then(|entry| there.get(entry)) else {
            add(&mark.id, "its entry is not in the conversation any more".into());
            continue;
        };
        let Some(digest) = &target.digest else { continue };
        let is_entry = target.field.is_none() && target.span.is_none();
        let name = target.field.as_deref().unwrap_or(TEXT);
        let fits = fields.iter().any(|(own, now)| (*own == name || is_entry) && now == digest)
            || (is_entry && fields.is_empty());
        match mark.said.op {
            _ if fits => {}
            Op::Keep => add(&mark.id, "its text has changed, so it does not hold".into()),
            Op::Redact if is_entry => add(&mark.id, "its text has changed; it is still hidden".into()),
            _ => add(&mark.id, "its text, or redact.key, has changed, so all of it is withheld".into()),
        }
    }
    Ok(())
}
