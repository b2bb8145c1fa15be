//! `list`: shows messages.

use crate::named::inbox;
use crate::row::{self, Recipients};
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::{Context, Failure, Outcome, defer, words};
use cs_core::who;
use seats::{Caller, Message, State};

/// list messages: those in your inbox, in that of an agent, or, for the user, of all agents
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "list",
    example = "{command_name} --state queued",
    example = "{command_name} builder --from user"
)]
pub struct List {
    /// the agent (default: the seat that runs this; for the user, all agents)
    #[argh(positional)]
    agent: Option<String>,
    /// only this state: queued, delivered, read, acked or failed
    #[argh(option, from_str_fn(state))]
    state: Option<State>,
    /// only messages of this sender: an agent, user or system
    #[argh(option)]
    from: Option<String>,
    /// messages that were sent by the agent, or by the caller, instead of those that it got
    #[argh(switch)]
    sent: bool,
}

fn state(word: &str) -> Result<State, String> {
    let all = [State::Queued, State::Delivered, State::Read, State::Acked, State::Failed];
    words::choose(word, "a state", &all.map(|state| (state.as_str(), state)))
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let agent = self.agent.as_deref().map(|name| agents.find(Some(name))).transpose()?;
        let from = self.from.as_deref().map(|word| sender(&agents, word)).transpose()?;
        let own = || agent.map_or_else(|| agents.caller.word(), |seat| seat.agent_id.clone());
        let sent_by = self.sent.then(own);
        let mut messages = match (agent, &agents.caller, self.sent) {
            (Some(seat), _, false) => all_of(&agents, seat)?,
            (None, Caller::Seat(own), false) => all_of(&agents, own)?,
            (None, Caller::Conversation(_), false) => return agents.own().map(drop),
            _ => of_all_agents(&agents)?,
        };
        messages.retain(|message| {
            let is_from = |word: &String| message.from.word() == *word;
            self.state.is_none_or(|state| message.state == state)
                && from.as_ref().is_none_or(is_from)
                && sent_by.as_ref().is_none_or(is_from)
        });
        let has_one = !self.sent && (agent.is_some() || agents.caller.seat().is_some());
        let to = if has_one { Recipients::One } else { Recipients::Several };
        row::print_all(context, &messages, &agents.seats, to)?;
        context.out.flush()?;
        if messages.is_empty() { Err(Failure::Nothing("no messages".into())) } else { Ok(()) }
    }
}

/// The word of a sender that a person names.
fn sender(agents: &Agents, word: &str) -> Outcome<String> {
    match word {
        who::USER | "system" => Ok(word.to_string()),
        _ if who::conversation(word).is_some() && agents.find(Some(word)).is_err() => Ok(word.to_string()),
        _ => agents.find(Some(word)).map(|seat| seat.agent_id.clone()),
    }
}

fn all_of(agents: &Agents, seat: &seats::Seat) -> Outcome<Vec<Message>> {
    let (messages, errors) = inbox(agents, seat)?.all_and_errors()?;
    errors.iter().for_each(defer);
    Ok(messages)
}

/// The messages of all agents, the oldest first.
fn of_all_agents(agents: &Agents) -> Outcome<Vec<Message>> {
    let mut all = Vec::new();
    for seat in &agents.seats {
        all.extend(all_of(agents, seat)?);
    }
    all.sort_by(|a, b| (&a.sent_at, &a.to, a.seq()).cmp(&(&b.sent_at, &b.to, b.seq())));
    Ok(all)
}
