//! `clear`: begins a new conversation in a seat. Must stay true: the seat keeps its name, its parent and its inbox;
//! nothing is typed: the client in the pane is replaced by a new one; if that fails, the seat is as before.

use crate::{found, opening, prompt};
use agents::Agent;
use agents::launch::Beginning;
use argh::{ArgsInfo, FromArgs};
use cli::seat::start::{self, Wanted};
use cli::seat::{self, Agents, id_of, interrupt, pane, seen};
use cli::{Context, Failure, Outcome};
use cs_core::error::Result;
use cs_core::id::Uuid;
use cs_core::record::Session;
use cs_core::state::State;
use seats::Seat;

/// begin a new conversation in an agent's seat, which keeps its name, parent and messages
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "clear",
    example = "{command_name} builder \"now the logout page\"",
    example = "{command_name} builder --now -q"
)]
pub struct Clear {
    /// the agent: one that the caller started
    #[argh(positional)]
    agent: String,
    /// its first prompt, or `-` for standard input (default: none)
    #[argh(positional)]
    prompt: Option<String>,
    /// a file with the prompt
    #[argh(option)]
    prompt_file: Option<String>,
    /// the model
    #[argh(option)]
    model: Option<String>,
    /// how much it thinks
    #[argh(option)]
    effort: Option<String>,
    /// also if it works, or waits for an answer
    #[argh(switch)]
    now: bool,
}

impl Clear {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        found::refuse_switched_off()?;
        let agents = Agents::read(&context.store)?;
        let found = agents.find(Some(&self.agent))?;
        agents.must_own(found, "clear")?;
        found::refuse_ended(found)?;
        if self.prompt.is_some() && self.prompt_file.is_some() {
            return Err(Failure::Usage("there are two prompts: a word and a file".into(), None));
        }
        let text = prompt::read(self.prompt, self.prompt_file.as_deref())?;
        let agent = found::agent_of(found)?;
        let prompt = text.as_deref().map(|text| prompt::checked(agent, text)).transpose()?;
        if !self.now {
            refuse_busy(context, found, text.as_deref())?;
        }
        let is_seen = agent == Agent::Claude || prompt.is_some();
        let before = Wanted::of(found);
        let (model, effort) = (self.model.or(before.model.clone()), self.effort.or(before.effort.clone()));
        let wanted = Wanted { model, effort, prompt, ..before };
        let started = clear(context, &agents, found, agent, wanted)?;
        let shown =
            if is_seen { seen::wait(context, &agents, &started)? } else { seen::settle(context, &agents, &started)? };
        seat::print_seat(context, &shown)
    }
}

/// Replaces the client in the seat's pane by one with a new conversation, and returns the seat.
fn clear(context: &Context, agents: &Agents, seat: &Seat, agent: Agent, wanted: Wanted) -> Outcome<Seat> {
    let prompt = wanted.prompt.clone().filter(|_| agent == Agent::Claude);
    let chosen = Seat { model: wanted.model.clone(), effort: wanted.effort.clone(), ..seat.clone() };
    let ready = start::prepare(context, agents, &seat::settings(&context.store), agent, wanted)?;
    let id = id_of(seat)?;
    // If this program is killed before tmux has replaced the client, that one takes the seat back at its next event.
    let _lock = agents.files.replacing(&id, context.store.wait)?;
    let terminal = pane::checked(seat)?;
    let uuid = Uuid::random();
    let fresh = with_conversation(&chosen, agent, &uuid);
    let session = prompt.map(|prompt| opening::begin_session(context, &fresh, &prompt)).transpose()?;
    let changed = agents.files.update(&id, |seat| begin(seat, &fresh, session.as_ref()))?;
    ready.start_again(&changed, terminal, Beginning::New(uuid)).inspect_err(|_| {
        let _ = agents.files.update(&id, |now| take_back(now, &changed, seat));
        opening::forget(context, session.as_ref());
    })
}

/// Refuses to end a turn, or to drop a question, without being told to.
fn refuse_busy(context: &Context, seat: &Seat, prompt: Option<&str>) -> Outcome<()> {
    let why = match interrupt::state(context, seat)? {
        State::Idle | State::Background => return Ok(()),
        State::Working => "works",
        State::Waiting => "waits for an answer",
        _ => "may be working",
    };
    let prompt = prompt.map(|_| " \"PROMPT\"").unwrap_or_default();
    let hint = format!("cs-agent clear {} --now{prompt} ends its turn", seat.agent_id);
    Err(Failure::Advised(format!("{} {why}; nothing was changed", seat.title()), hint))
}

/// The seat with a new conversation. Codex chooses the id itself.
fn with_conversation(seat: &Seat, agent: Agent, uuid: &Uuid) -> Seat {
    let mut fresh = Seat { claude_session_id: None, session_id: None, ..seat.clone() };
    if agent == Agent::Claude {
        fresh.begin_conversation(uuid.as_str());
    }
    fresh
}

fn begin(seat: &mut Seat, fresh: &Seat, session: Option<&Session>) -> Result<()> {
    seat.model.clone_from(&fresh.model);
    seat.effort.clone_from(&fresh.effort);
    seat.claude_session_id.clone_from(&fresh.claude_session_id);
    seat.conversations.clone_from(&fresh.conversations);
    seat.session_id = session.map(|session| session.session_id.clone());
    seat.await_client();
    Ok(())
}

/// Undoes [`begin`] if nobody else changed the seat since.
fn take_back(seat: &mut Seat, changed: &Seat, before: &Seat) -> Result<()> {
    if seat == changed {
        *seat = before.clone();
    }
    Ok(())
}
