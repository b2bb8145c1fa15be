//! Owns the seats that a list shows, and how it prints them: the tree of parents and children, as rows. Must stay true:
//! all files are read once, whatever the number of seats.

use crate::row::{self, Row};
use cli::seat::Agents;
use cli::{Context, Form, Outcome};
use cs_core::states::States;
use seats::Seat;
use seats::sight::{self, Held, SeatState, Seen};

/// Reads a state of a seat.
pub fn parse_state(word: &str) -> Result<SeatState, String> {
    let all: Vec<_> = SeatState::all().map(|state| (state.as_str(), state)).collect();
    cli::words::choose(word, "a state", &all)
}

/// Prints the seats that are wanted, as a tree. Returns how many there are.
pub fn print<'a>(
    context: &mut Context,
    agents: &'a Agents,
    seats: impl Iterator<Item = &'a Seat>,
    wanted: impl Fn(&Seen) -> bool,
) -> Outcome<usize> {
    let config = context.config();
    let Context { store, out, now } = context;
    let states = States::of_lives(store, &agents.lives, config.stale_after(), *now);
    let seen: Vec<Seen> = seats.map(|seat| sight::look(seat, &agents.lives, &states)).filter(wanted).collect();
    let family = sight::family(seen.iter().map(|seen| seen.seat).collect());
    let in_tree = family.iter().filter_map(|(depth, seat)| {
        let of_seat = seen.iter().find(|seen| seen.seat.agent_id == seat.agent_id);
        of_seat.map(|seen| (*depth, seen))
    });
    if out.quiet {
        in_tree.map(|(_, seen)| &seen.seat.agent_id).try_for_each(|id| out.line(id))?;
    } else {
        let held = Held::read(store, &agents.seats, *now);
        let rows: Vec<Row> = in_tree.map(|(depth, seen)| row::row(store, seen, &held, depth)).collect();
        match out.form {
            Form::Json => rows.iter().try_for_each(|row| out.json(row))?,
            Form::Table if rows.is_empty() => {}
            Form::Table => out.show(&row::table(&rows, *now)).map(drop)?,
        }
    }
    out.flush()?;
    Ok(seen.len())
}
