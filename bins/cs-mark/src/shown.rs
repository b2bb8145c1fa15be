//! Owns how marks are printed: a JSON object a line, or for people.

use cli::{Context, Form, Outcome};
use cs_core::clock;
use cs_core::zone::Zone;
use marks::{Mark, Marks, Op, Target};
use serde::Serialize;

/// A mark as JSON: its line, with the conversation, and whether it does not hold.
#[derive(Serialize)]
struct Shown<'m> {
    conversation: &'m str,
    id: &'m str,
    at: String,
    actor: &'m str,
    op: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<(usize, usize)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'m str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    undone: bool,
}

/// Prints a mark as one object.
pub fn print_json(context: &mut Context, conversation: &str, mark: &Mark, undone: bool) -> Outcome<()> {
    let said = &mark.said;
    context.out.json(&Shown {
        conversation,
        id: &mark.id,
        at: clock::stamp(mark.at),
        actor: &mark.actor,
        op: said.op.word(),
        entry: said.target.entry.as_deref(),
        field: said.target.field.as_deref(),
        span: said.target.span,
        with: said.with.as_deref(),
        reason: said.reason.as_deref(),
        of: said.of.as_deref(),
        undone,
    })
}

/// Prints marks that were added.
pub fn print_all(context: &mut Context, conversation: &str, made: &[Mark]) -> Outcome<()> {
    for mark in made {
        match context.out.form {
            _ if context.out.quiet => context.out.line(&mark.id)?,
            Form::Json => print_json(context, conversation, mark, false)?,
            Form::Table => context.out.line(&cli::sanitize(&format!("{} {}", mark.id, describe(mark))))?,
        }
    }
    context.out.flush()
}

/// What a mark says.
pub fn describe(mark: &Mark) -> String {
    let said = &mark.said;
    let with = said.with.as_deref().unwrap_or_default();
    let entry = said.target.entry.as_deref();
    let on = entry.map(|entry| format!(" on {entry}")).unwrap_or_default();
    let part = match (&said.target.field, said.target.span) {
        (None, None) if said.op == Op::Redact => " all".to_string(),
        (field, None) => format!(" all of {}", field.as_deref().unwrap_or(marks::TEXT)),
        (field, Some((from, to))) => format!(" bytes {from}..{to} of {}", field.as_deref().unwrap_or(marks::TEXT)),
    };
    match said.op {
        Op::Redact if with.is_empty() => format!("redact{part}{on}"),
        Op::Redact => format!("redact{part}{on}, shown as [{with}]"),
        Op::Keep => format!("keep{part}{on}"),
        Op::Tag | Op::Untag | Op::Note | Op::Disposition => format!("{} {with}{on}", said.op.word()),
        Op::Undo => format!("undo {}", said.of.as_deref().unwrap_or_default()),
    }
}

/// The same with the beginning of the entry's id.
pub fn describe_short(mark: &Mark) -> String {
    let mut short = mark.clone();
    if let Some(entry) = &mut short.said.target.entry
        && let Some((id, block)) = entry.split_once('#').filter(|(id, _)| id.len() == 36)
    {
        *entry = format!("{}#{block}", cs_core::id::short_uuid(id));
    }
    describe(&short)
}

/// Says which redactions that hold hide something of a place, if some do.
pub fn tell_hiding(marks: &Marks, place: &Target, what: &str) {
    let touches = |other: &Target| {
        let is_all = |target: &Target| target.field.is_none() && target.span.is_none();
        let field = |target: &Target| target.field.clone().unwrap_or_else(|| marks::TEXT.to_string());
        let is_field = is_all(place) || is_all(other) || field(place) == field(other);
        let overlap = match (place.span, other.span) {
            (Some(a), Some(b)) => a.0 < b.1 && b.0 < a.1,
            _ => true,
        };
        place.entry == other.entry && is_field && overlap
    };
    let hiding: Vec<&str> =
        marks.redactions().filter(|mark| touches(&mark.said.target)).map(|mark| mark.id.as_str()).collect();
    if !hiding.is_empty() {
        cli::note(crate::PROGRAM, &format!("{what} {}", hiding.join(", ")));
    }
}

/// When a mark was made, for people.
pub fn time(mark: &Mark) -> String {
    render::format_local_minute(mark.at, Zone::system())
}
