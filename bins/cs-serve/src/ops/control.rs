//! Owns the changes of agents in seats, as `cs-message` and `cs-agent` make them; only with `--control`.
//! Must stay true: who acts is who started the dashboard: one that an agent started may do no more than that agent.

use super::stale;
use crate::http::{Refusal, Reply};
use crate::view::seen::seen_seat;
use cli::seat::interrupt::{Interrupted, interrupt};
use cli::seat::post::{Way, post};
use cli::seat::{Agents, id_of, kill, naming, nudge};
use cli::{Context, Failure, Form, Out};
use cs_core::clock::Instant;
use cs_core::store::Store;
use seats::{Draft, Inbox, Seat, Sender};
use serde::Deserialize;
use serde_json::json;

/// `message.send`: to one agent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    agent: String,
    text: String,
}

/// `agent.interrupt` and `agent.kill`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    agent: String,
    r#if: String,
}

/// `agent.name`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    agent: String,
    r#if: String,
    name: String,
}

impl Message {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let to = agents.find(Some(&self.agent))?;
        let draft = Draft::new(Sender::caller(&agents.caller, None), &self.text)?;
        let sent = post(&context, &agents, to, draft, Way { is_urgent: false, is_for_later: false })?;
        let inbox = Inbox::of(agents.files.home(), &id_of(to)?, agents.files.wait());
        nudge::nudge(&context, &agents, to, &inbox, &sent.message)?;
        Ok(Reply::json(&json!({"done": true, "message": sent.message.full_id()})))
    }
}

impl Stop {
    /// Stops the turn of an agent.
    pub fn interrupt(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let seat = find(&agents, &self.agent, &self.r#if, "interrupt")?;
        match interrupt(&context, seat)? {
            Interrupted::Stopped => Ok(done(seat)),
            Interrupted::WasIdle => Err(refused("it was idle, so nothing was sent")),
            Interrupted::Waits => Err(refused("it waits for an answer, and Esc would answer no; nothing was sent")),
        }
    }

    /// Ends its client.
    pub fn kill(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let seat = find(&agents, &self.agent, &self.r#if, "kill")?;
        match kill::is_over(seat) {
            true => Err(refused("it has ended already")),
            false => Ok(done(&kill::end(&context, &agents, seat)?)),
        }
    }
}

impl Name {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let seat = find(&agents, &self.agent, &self.r#if, "rename")?;
        Ok(done(&naming::rename(&context, &agents, seat, &self.name)?))
    }
}

/// What the functions of programs need. Nothing is printed with it.
fn context(store: &Store, now: Instant) -> Context {
    Context { store: store.clone(), out: Out::new(Some(Form::Json), true, Default::default()), now }
}

/// The seat with this id, if the caller may do this to it, and it is as it was seen.
fn find<'a>(agents: &'a Agents, id: &str, wanted: &str, doing: &str) -> Result<&'a Seat, Refusal> {
    let seat = agents.find(Some(id))?;
    agents.must_own(seat, doing)?;
    if seen_seat(seat) == wanted { Ok(seat) } else { Err(stale().into()) }
}

fn done(seat: &Seat) -> Reply {
    Reply::json(&json!({"done": true, "agent_id": seat.agent_id, "seen": seen_seat(seat)}))
}

fn refused(text: &str) -> Refusal {
    Refusal::new(409, "REFUSED", text)
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Core(error) => error.into(),
            other => refused(&other.message().map(|(text, _)| text).unwrap_or_default()),
        }
    }
}
