//! Owns the changes of agents in seats, as `cs-message` and `cs-agent` make them; only with `--control`.
//! Must stay true: who acts is who started the dashboard: one that an agent started may do no more than that agent.

use super::stale;
use crate::http::{Refusal, Reply};
use crate::view::seen::seen_seat;
use cli::seat::begin::{self, Chosen};
use cli::seat::interrupt::{Interrupted, interrupt};
use cli::seat::post::{Way, post};
use cli::seat::start::Wanted;
use cli::seat::{self, Agents, clear, found, id_of, kill, naming, nudge, prompt, restore};
use cli::{Context, Failure, Form, Out};
use cs_core::clock::Instant;
use cs_core::id::Slug;
use cs_core::store::Store;
use cs_core::validate;
use seats::limits::KEY;
use seats::{Draft, Inbox, Seat, Sender};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;

/// `message.send`: to one agent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    agent: String,
    text: String,
}

/// `agent.spawn`: a prepared agent, in a project that is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spawn {
    template: String,
    project: String,
    prompt: Option<String>,
    name: Option<String>,
    /// By which a repeated change finds the same agent.
    key: Option<String>,
}

/// `agent.clear`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clear {
    agent: String,
    r#if: String,
    prompt: Option<String>,
    /// Also if it works, or waits for an answer.
    #[serde(default)]
    now: bool,
}

/// `agent.interrupt`, `agent.kill` and `agent.restore`.
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

impl Spawn {
    /// Starts an agent, as its template says. Everything about its client is in the template, which a person wrote.
    pub fn make(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        found::refuse_switched_off()?;
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let settings = seat::settings(store);
        let template = settings.template(&self.template)?.clone();
        let agent = begin::client(template.agent.as_deref())?;
        let text = begin::joined_prompt(&template, self.prompt.clone()).ok_or_else(|| refused("there is no prompt"))?;
        let cwd = self.folder(store, template.cwd.as_deref())?;
        begin::refuse_untrusted(agent, &cwd)?;
        let wanted = Wanted {
            model: template.model,
            effort: template.effort,
            permission_mode: None,
            args: template.args,
            prompt: Some(prompt::checked(agent, &text)?),
        };
        let chosen = Chosen {
            agent,
            cwd,
            wanted,
            name: self.name.as_deref().map(seats::name).transpose()?,
            key: validate::optional("key", self.key.as_deref(), KEY)?,
            tells: true,
            silent_after_seconds: None,
            forked: None,
        };
        Ok(done(&begin::begin(&context, &agents, &settings, chosen)?))
    }

    /// The folder of the project, or that of the template if it is in the project.
    fn folder(&self, store: &Store, of_template: Option<&str>) -> Result<String, Refusal> {
        let slug = Slug::parse(&self.project)?;
        let config = store.config();
        let Some(known) = config.projects.get(slug.as_str()) else {
            return Err(refused("this project is not registered"));
        };
        let root = begin::folder(Some(&known.path))?;
        let Some(named) = of_template else { return Ok(root) };
        let folder = begin::folder(Some(named))?;
        match Path::new(&folder).starts_with(&root) {
            true => Ok(folder),
            false => Err(refused("the folder of this template is not in the project")),
        }
    }
}

impl Clear {
    /// Begins a new conversation in a seat, with what was chosen for its client before.
    pub fn make(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        found::refuse_switched_off()?;
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let seat = find(&agents, &self.agent, &self.r#if, "clear")?;
        found::refuse_ended(seat)?;
        let agent = found::agent_of(seat)?;
        let prompt = self.prompt.as_deref().map(|text| prompt::checked(agent, text)).transpose()?;
        if !self.now {
            clear::refuse_busy(&context, seat, self.prompt.as_deref())?;
        }
        let wanted = Wanted { prompt, ..Wanted::of(seat) };
        Ok(done(&clear::clear(&context, &agents, seat, agent, wanted)?))
    }
}

impl Stop {
    /// Continues the conversation of an agent that ended.
    pub fn restore(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        found::refuse_switched_off()?;
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let seat = find(&agents, &self.agent, &self.r#if, "restore")?;
        Ok(done(&restore::restore(&context, &agents, seat)?))
    }

    /// Stops the turn of an agent.
    pub fn interrupt(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let seat = find(&agents, &self.agent, &self.r#if, "interrupt")?;
        match interrupt(&context, seat)? {
            Interrupted::Stopped => Ok(done(seat)),
            Interrupted::WasIdle => Err(refused("the agent is idle, so nothing was sent")),
            Interrupted::Waits => {
                Err(refused("the agent waits for an answer, and Esc would answer no; nothing was sent"))
            }
        }
    }

    /// Ends its client.
    pub fn kill(&self, store: &Store, now: Instant) -> Result<Reply, Refusal> {
        let (context, agents) = (context(store, now), Agents::read(store)?);
        let seat = find(&agents, &self.agent, &self.r#if, "kill")?;
        match kill::is_over(seat) {
            true => Err(refused("the agent has ended already")),
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
            other => {
                let (text, hint) = other.message().unwrap_or_default();
                refused(&hint.map_or_else(|| text.clone(), |hint| format!("{text}; {hint}")))
            }
        }
    }
}
