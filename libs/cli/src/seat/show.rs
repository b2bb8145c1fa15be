//! Owns how a seat is printed by a command that made or changed it: the seat as one JSON line, or a block for people.

use crate::Context;
use crate::block::Block;
use crate::failure::Outcome;
use crate::out::Form;
use cs_core::clock;
use cs_core::zone::Zone;
use render::{Style, format_local_minute};
use seats::{Seat, SeatStatus};

/// Prints a seat in the requested form.
pub fn print_seat(context: &mut Context, seat: &Seat) -> Outcome<()> {
    if context.out.quiet {
        context.out.line(&seat.agent_id)?;
        return context.out.flush();
    }
    match context.out.form {
        Form::Json => context.out.json(&masked(seat))?,
        Form::Table => block(seat).print(&mut context.out)?,
    }
    context.out.flush()
}

/// The seat without secrets in what a person gave to its client.
fn masked(seat: &Seat) -> Seat {
    let mut shown = seat.clone();
    shown.args.iter_mut().for_each(cs_core::masked::text);
    shown
}

fn block(seat: &Seat) -> Block {
    let mut block = Block::new(&seat.name);
    let when = |at: &str| clock::parse(at).map(|at| format_local_minute(at, Zone::system())).unwrap_or_default();
    block.field("id", &seat.agent_id);
    let style = if seat.status == SeatStatus::Running { Style::Strong } else { Style::Plain };
    let ended = seat.ended_at.as_deref().map(|at| {
        let by = seat.start_error().map(|error| format!(", it could not be started: {error}"));
        let by = by.or_else(|| seat.ended_by.as_deref().map(|by| format!(", by {by}")));
        format!(" ({}{})", when(at), by.unwrap_or_default())
    });
    block.marked_field("status", seat.status.as_str(), style, &ended.unwrap_or_default());
    let mut field = |name: &str, value: Option<&str>| block.field(name, value.unwrap_or_default());
    field("agent", Some(&seat.agent));
    field("project", seat.project_slug.as_deref());
    field("folder", Some(&seat.cwd));
    let parent = seat.parent.as_ref();
    let above = parent.and_then(|parent| parent.agent_id.as_deref().or(parent.claude_session_id.as_deref()));
    field("parent", above);
    field("session", seat.session_id.as_deref());
    field("conversation", seat.claude_session_id.as_deref());
    field("forked from", seat.forked_from.as_deref());
    field("spawned", Some(&when(&seat.spawned_at)));
    if seat.status.is_open() && seat.tmux.is_some() {
        field("go there", Some(&format!("cs-agent attach {}", seat.agent_id)));
    }
    block
}
