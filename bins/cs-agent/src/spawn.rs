//! `spawn`: makes a seat and starts an agent in it with a prompt. Must stay true: the same key never starts a second
//! agent; an agent chooses of its child's client only what `options.rs` allows.

use crate::limits;
use crate::options::{Chosen, Options};
use crate::wait::{self, parse_seconds};
use crate::watch::{Goal, Plan};
use agents::Agent;
use agents::launch::{self, Beginning};
use argh::{ArgsInfo, FromArgs};
use cli::seat::start::{self, Ready};
use cli::seat::{self, Agents, id_of, seen};
use cli::{Context, Failure, Outcome};
use cs_core::clock::stamp;
use cs_core::id::{SeatId, SessionId, Slug, Uuid};
use cs_core::record::Session;
use cs_core::session::{self, Start};
use cs_core::unknown::Unknown;
use cs_core::{git, lock, store, validate};
use seats::settings::Settings;
use seats::{SCHEMA_VERSION, Seat, SeatStatus};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

/// start an agent in a seat of its own. PROMPT is one word (quote it), `-` for standard input, or a file; what follows
/// after `--` are arguments of the client, which only a person may give
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "spawn",
    example = "{command_name} --name builder \"build the login page\"",
    example = "{command_name} --template tester --key tests-of-login -q - <task.md"
)]
pub struct Spawn {
    /// its name (default: made from its client and an id)
    #[argh(option)]
    pub name: Option<String>,
    /// the client: claude or codex (default: claude)
    #[argh(option)]
    pub agent: Option<String>,
    /// a prepared agent: an entry of agents.templates in config.json
    #[argh(option)]
    pub template: Option<String>,
    /// the model
    #[argh(option)]
    pub model: Option<String>,
    /// how much it thinks
    #[argh(option)]
    pub effort: Option<String>,
    /// the folder in which it works (default: this one)
    #[argh(option)]
    pub cwd: Option<String>,
    /// which tools run without a question (Claude Code, and only a person may choose)
    #[argh(option)]
    pub permission_mode: Option<String>,
    /// a text by which a repeated call finds the same agent and starts nothing
    #[argh(option)]
    pub key: Option<String>,
    /// do not tell the parent when a turn ends, fails or asks
    #[argh(switch)]
    pub no_tell: bool,
    /// tell the parent when it works for so long without an event, such as 20m
    #[argh(option)]
    pub silent_after: Option<String>,
    /// wait until it is idle, waiting or at its end, or several of these: idle,waiting
    #[argh(option, arg_name = "goals")]
    pub wait: Option<String>,
    /// with --wait: at most this many seconds
    #[argh(option, from_str_fn(parse_seconds))]
    pub timeout: Option<Duration>,
    /// a file with the prompt
    #[argh(option)]
    pub prompt_file: Option<String>,
    /// the prompt, and arguments of the client after --
    #[argh(positional, arg_name = "prompt")]
    pub words: Vec<String>,
}

impl Spawn {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let settings = seat::settings(&context.store);
        let plan = self.plan()?;
        let chosen = Options::of(&self, &agents, &settings)?.choose()?;
        refuse_switched_off()?;
        let found = begin(context, agents, &settings, chosen)?;
        match plan {
            Some(plan) => wait::wait(context, &[&found], &plan),
            None => seat::print_seat(context, &found),
        }
    }

    /// How to wait for it; `None` if nobody asks for that.
    fn plan(&self) -> Outcome<Option<Plan>> {
        let Some(goals) = &self.wait else {
            return match self.timeout {
                None => Ok(None),
                Some(_) => Err(Failure::Usage("--timeout needs --wait".into(), None)),
            };
        };
        let goals = goals.split(',').map(Goal::parse).collect::<Outcome<_>>()?;
        Ok(Some(Plan { goals, any: false, timeout: self.timeout, since: None }))
    }
}

/// Refuses to start anything if that is switched off.
pub fn refuse_switched_off() -> Outcome<()> {
    match seats::are_off() {
        false => Ok(()),
        true => Err(Failure::Advised("CS_AGENTS=off: no agent is started".into(), "unset CS_AGENTS".into())),
    }
}

/// Refuses a seat without a client.
pub fn refuse_ended(seat: &Seat) -> Outcome<()> {
    if seat.status.is_open() {
        return Ok(());
    }
    let hint = format!("cs-agent restore {} continues its conversation", seat.agent_id);
    Err(Failure::Advised(format!("{} has ended", seat.title()), hint))
}

/// The client of a seat.
pub fn agent_of(seat: &Seat) -> Outcome<Agent> {
    let unknown =
        || Failure::Nothing(format!("it is not known how to start {}, the client of {}", seat.agent, seat.title()));
    Agent::of_word(&seat.agent).ok_or_else(unknown)
}

/// The conversation of a seat, which another client can continue.
pub fn conversation_of(seat: &Seat) -> Outcome<Uuid> {
    let none = || Failure::Nothing(format!("{} has no conversation that could be continued", seat.title()));
    Ok(Uuid::parse(seat.claude_session_id.as_deref().ok_or_else(none)?)?)
}

/// Makes the seat, starts its client and waits for it. With a known key the existing seat is returned.
pub fn begin(context: &Context, agents: Agents, settings: &Settings, chosen: Chosen) -> Outcome<Seat> {
    let Chosen { agent, cwd, wanted, name, key, tells, silent_after_seconds, forked } = chosen;
    let prompt = wanted.prompt.clone();
    let uuid = Uuid::random();
    let checkout = git::find(Path::new(&cwd));
    let caller = &agents.caller;
    let mut draft = Seat {
        agent_id: String::new(),
        name: name.unwrap_or_else(|| format!("{}-{}", agent.program(), uuid.as_str().get(..4).unwrap_or_default())),
        agent: agent.word().to_string(),
        parent: limits::parent(caller),
        depth: limits::depth(caller),
        claude_session_id: None,
        conversations: Vec::new(),
        session_id: None,
        project_slug: None,
        cwd,
        worktree_root: checkout.as_ref().map(|found| found.worktree_root.to_string_lossy().into_owned()),
        prompt_sha256: prompt.as_deref().map(digest),
        key: key.clone(),
        doing: None,
        tmux: None,
        pid: None,
        pid_started: None,
        host: None,
        status: SeatStatus::Starting,
        spawned_at: stamp(context.now),
        spawned_by: caller.word(),
        ended_at: None,
        ended_by: None,
        forked_from: forked.as_ref().map(|(seat, _)| seat.clone()),
        tells,
        silent_after_seconds,
        schema_version: SCHEMA_VERSION,
        unknown: Unknown::new(),
    };
    if let Some(known) = find_key(&agents, key.as_deref()) {
        return Ok(known);
    }
    let ready = start::prepare(context, &agents, settings, agent, wanted)?;
    let root = store::project_root(&draft.cwd, checkout.as_ref());
    draft.project_slug = Some(context.store.register(&root, None, context.now)?.to_string());
    if agent == Agent::Claude {
        draft.begin_conversation(uuid.as_str());
    }
    let beginning = match forked {
        Some((_, from)) => Beginning::Forked(from, uuid),
        None => Beginning::New(uuid),
    };
    let made = {
        let _lock = lock::acquire(&context.store.home.spawn_lock(), context.store.wait)?;
        let now =
            Agents { seats: agents.files.all()?.0, caller: agents.caller.clone(), ..Agents::read(&context.store)? };
        if let Some(known) = find_key(&now, key.as_deref()) {
            return Ok(known);
        }
        limits::check(&now, settings, context.now)?;
        agents.files.create(draft, context.now)?
    };
    run(context, &agents, &ready, made, beginning, prompt.as_deref())
}

/// Stores the session of a new seat, starts the client, and waits for it.
fn run(
    context: &Context,
    agents: &Agents,
    ready: &Ready,
    made: Seat,
    beginning: Beginning,
    prompt: Option<&str>,
) -> Outcome<Seat> {
    let id = id_of(&made)?;
    let session = match prompt.filter(|_| made.claude_session_id.is_some()) {
        Some(prompt) => Some(begin_session(context, agents, &made, prompt)?),
        None => None,
    };
    let started = with_session(agents, &id, session.as_ref()).and_then(|seat| ready.start(&seat, beginning));
    match started {
        // Without a prompt a person answers what the client asks first, and Codex reports nothing.
        Ok(seat) if prompt.is_none() && made.forked_from.is_none() => Ok(seat),
        Ok(seat) if prompt.is_none() && made.agent != Agent::Claude.word() => Ok(seat),
        Ok(seat) => seen::wait(context, agents, &seat),
        Err(failure) => {
            start::give_up(context, agents, &id, &failure);
            forget(context, session.as_ref());
            Err(failure)
        }
    }
}

fn with_session(agents: &Agents, id: &SeatId, session: Option<&Session>) -> Outcome<Seat> {
    Ok(agents.files.update(id, |seat| {
        seat.session_id = session.map(|session| session.session_id.clone());
        Ok(())
    })?)
}

/// Stores the session of a conversation that begins in a seat.
pub fn begin_session(context: &Context, agents: &Agents, seat: &Seat, prompt: &str) -> Outcome<Session> {
    let slug = Slug::parse(seat.project_slug.as_deref().unwrap_or_default())?;
    let is_stored = context.store.config().hooks.capture_prompts;
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty() && *line != launch::GUARD);
    let line = line.filter(|_| is_stored).map(|line| validate::cut(line, INTENT)).filter(|line| !line.is_empty());
    let checkout = git::find(Path::new(&seat.cwd));
    let start = Start {
        intent: line.unwrap_or_else(|| session::unsaid_intent(slug.as_str())),
        git_branch: checkout.as_ref().and_then(store::branch),
        worktree_root: Some(seat.worktree_root.clone().unwrap_or_else(|| seat.cwd.clone())),
        claude_session_id: seat.claude_session_id.clone(),
        agent_id: Some(seat.agent_id.clone()),
        parent_session_id: parent_session(agents, seat),
        ..Start::default()
    };
    Ok(context.store.create(&slug, start, |_| Ok(()), context.now)?)
}

/// Maximum number of characters of an intent that is taken from a prompt, as for every conversation.
const INTENT: usize = 120;

/// The session of the agent above a seat.
fn parent_session(agents: &Agents, seat: &Seat) -> Option<String> {
    let parent = seat.parent.as_ref()?;
    let uuid = parent.claude_session_id.as_deref();
    let of_seat = || {
        let above = agents.seats.iter().find(|seat| parent.agent_id.as_deref() == Some(seat.agent_id.as_str()))?;
        agents.live(above).and_then(|live| live.session_id.clone()).or(above.session_id.clone())
    };
    let of_conversation =
        || agents.lives.iter().find(|live| uuid == Some(&*live.claude_session_id))?.session_id.clone();
    of_seat().or_else(of_conversation)
}

/// Removes the session that was stored for a client that could not be started, unless something happened in it.
pub fn forget(context: &Context, session: Option<&Session>) {
    let Some(session) = session else { return };
    if let Ok(id) = SessionId::parse(&session.session_id) {
        let _ = context.store.forget_when(&id, context.now, |now| now == session);
    }
}

/// The seat that an earlier call of the same caller made with this key.
fn find_key(agents: &Agents, key: Option<&str>) -> Option<Seat> {
    let (key, word) = (key?, agents.caller.word());
    agents.seats.iter().rev().find(|seat| seat.key.as_deref() == Some(key) && seat.spawned_by == word).cloned()
}

fn digest(prompt: &str) -> String {
    Sha256::digest(prompt.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
