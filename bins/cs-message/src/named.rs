//! Owns how a message is named on a command line: `AGENT/m000012`, or `m000012` for one in the caller's inbox. `-` reads
//! names, or the lines that other commands print, from standard input.

use cli::seat::Agents;
use cli::{Context, Failure, Failures, Outcome, STDIN, read_names_of};
use cs_core::id::SeatId;
use seats::{Inbox, Message, Seat};
use std::io::stdin;

/// A message that a command line names: its seat, the inbox, and its id there.
pub struct Named<'a> {
    pub seat: &'a Seat,
    pub inbox: Inbox,
    pub id: String,
}

impl<'a> Named<'a> {
    /// The message that a word names. Whether it exists is not checked.
    pub fn parse(agents: &'a Agents, word: &str) -> Outcome<Self> {
        let (agent, id) = word.rsplit_once('/').map_or((None, word), |(agent, id)| (Some(agent), id));
        let id = seats::message_id(id)?;
        let seat = agents.find(agent)?;
        Ok(Named { seat, inbox: inbox(agents, seat)?, id })
    }

    /// The message.
    pub fn message(&self) -> Outcome<Message> {
        Ok(self.inbox.find(&self.id)?)
    }
}

/// The inbox of a seat.
pub fn inbox(agents: &Agents, seat: &Seat) -> Outcome<Inbox> {
    Ok(Inbox::of(agents.files.home(), &SeatId::parse(&seat.agent_id)?, agents.files.wait()))
}

/// Runs `work` for each named message. With several, each failure is printed and the work goes on; the exit code is
/// that of the first failure.
pub fn each(
    context: &mut Context,
    words: &[String],
    mut work: impl FnMut(&mut Context, &Agents, &Named) -> Outcome<()>,
) -> Outcome<()> {
    let agents = Agents::read(&context.store)?;
    let mut names = Vec::new();
    for word in words {
        match word == STDIN {
            true => names.extend(read_names_of(&["id"], stdin().lock())?),
            false => names.push(word.clone()),
        }
    }
    if names.is_empty() {
        let hint = "name one as AGENT/m000012, or m000012 for one in your inbox; cs-message list shows all";
        return Err(Failure::Usage("no message is named".into(), Some(hint.into())));
    }
    let mut failures = Failures::default();
    for name in &names {
        let done = Named::parse(&agents, name).and_then(|named| work(context, &agents, &named));
        match done {
            Ok(()) => {}
            Err(failure) if names.len() == 1 => return Err(failure),
            Err(failure) => failures.report(failure)?,
        }
    }
    context.out.flush()?;
    failures.end()
}
