//! `me`: the seat in which this program runs, its parent, and its inbox.

use crate::row::{self, Row};
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::{Block, Context, Form, Outcome};
use cs_core::states::States;
use render::{Style, format_quantity};
use seats::sight::{self, Held};
use serde::Serialize;

/// show the seat that runs this: its id, its parent, how many messages wait
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "me", example = "{command_name}", example = "{command_name} -q")]
pub struct Me {}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    /// The parent's name and state.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_state: Option<&'a str>,
    children: usize,
}

impl Me {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let own = agents.own()?;
        let config = context.config();
        let Context { store, out, now } = context;
        let states = States::of_lives(store, &agents.lives, config.stale_after(), *now);
        let seen = sight::look(own, &agents.lives, &states);
        let is_parent = |seat: &&seats::Seat| own.is_child_of(&seat.agent_id);
        let parent = agents.seats.iter().find(is_parent).map(|seat| sight::look(seat, &agents.lives, &states));
        let is_child = |seat: &&seats::Seat| agents.caller.is_parent_of(seat) && seat.status.is_open();
        let held = Held::read(store, &agents.seats, *now);
        let shown = Shown {
            row: row::row(store, &seen, &held, 0),
            parent_name: parent.as_ref().map(|parent| parent.seat.name.as_str()),
            parent_state: parent.as_ref().map(|parent| parent.state.as_str()),
            children: agents.seats.iter().filter(is_child).count(),
        };
        match out.form {
            _ if out.quiet => out.line(&own.agent_id)?,
            Form::Json => out.json(&shown)?,
            Form::Table => block(&shown).print(out)?,
        }
        out.flush()
    }
}

fn block(shown: &Shown) -> Block {
    let row = &shown.row;
    let mut block = Block::new(row.name);
    block.field("id", row.agent_id);
    block.marked_field("state", row.state, Style::Plain, &format!(" ({})", row.state_reason));
    let parent = match (shown.parent_name, shown.parent_state) {
        (Some(name), Some(state)) => format!("{name}, {state} ({})", row.parent.as_deref().unwrap_or_default()),
        _ => row.parent.clone().unwrap_or_default(),
    };
    block.field("parent", &parent);
    if shown.children > 0 {
        block.field("children", &shown.children.to_string());
    }
    block.field("inbox", &format!("{} waiting", format_quantity(row.messages_waiting as u64, "message")));
    block.field("leases", &row.lease_paths.join(", "));
    block.field("doing", row.doing.unwrap_or_default());
    block.field("session", row.session_id.unwrap_or_default());
    block
}
