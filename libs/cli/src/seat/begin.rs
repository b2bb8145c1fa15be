//! Owns how a new seat begins: the limits are checked and the seat is stored in one step, then its session, then its client
//! is started. Must stay true: the same key never makes a second seat; if the client cannot be started, the seat has
//! ended and the session that was stored for it is removed.

use super::start::{self, Ready, Wanted};
use super::{Agents, id_of, limits, naming, opening, seen};
use crate::Context;
use crate::failure::{Failure, Outcome};
use crate::quote::quote_word;
use agents::launch::{Beginning, may_sit};
use agents::{Agent, trust};
use cs_core::clock::{self, TimeDelta, stamp};
use cs_core::error::Error;
use cs_core::git::{self, Checkout};
use cs_core::hex::hex;
use cs_core::id::{SeatId, Uuid};
use cs_core::record::Session;
use cs_core::{lock, paths, store, validate};
use seats::settings::{Settings, Template};
use seats::{SCHEMA_VERSION, Seat, SeatStatus};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What was chosen for a new seat.
#[derive(Debug)]
pub struct Chosen {
    /// The client.
    pub agent: Agent,
    /// The folder in which it works.
    pub cwd: String,
    /// How it is started.
    pub wanted: Wanted,
    /// Its name.
    pub name: Option<String>,
    /// By which a repeated call finds the same agent.
    pub key: Option<String>,
    /// Whether its parent is told what its turns came to.
    pub tells: bool,
    /// After how long a silence its parent is told.
    pub silent_after_seconds: Option<u64>,
    /// The seat and the conversation that are continued in a copy.
    pub forked: Option<(String, Uuid)>,
}

/// Makes the seat, starts its client and waits for it. With a known key the existing seat is returned.
pub fn begin(context: &Context, agents: &Agents, settings: &Settings, chosen: Chosen) -> Outcome<Seat> {
    if let Some(known) = find_key(context, agents, chosen.key.as_deref()) {
        return Ok(known);
    }
    let (uuid, checkout) = (Uuid::random(), git::find(Path::new(&chosen.cwd)));
    let mut draft = draft(context, agents, &chosen, &uuid, checkout.as_ref());
    let Chosen { agent, wanted, forked, .. } = chosen;
    let prompt = wanted.prompt.clone();
    let ready = start::prepare(context, agents, settings, agent, wanted)?;
    let root = store::project_root(&draft.cwd, checkout.as_ref());
    draft.project_slug = Some(context.store.register(&root, None, context.now)?.to_string());
    let made = match store(context, agents, settings, draft)? {
        Made::New(made) => made,
        Made::Known(known) => return Ok(known),
    };
    let beginning = match forked {
        Some((_, from)) => Beginning::Forked(from, uuid),
        None => Beginning::New(uuid),
    };
    run(context, agents, &ready, made, beginning, prompt.as_deref())
}

/// The prompt of a call, after that of its template.
pub fn joined_prompt(template: &Template, own: Option<String>) -> Option<String> {
    let texts: Vec<String> = template.prompt.iter().cloned().chain(own).collect();
    Some(texts.join("\n\n")).filter(|_| !texts.is_empty())
}

/// The client with this short name; without one, the first.
pub fn client(word: Option<&str>) -> Outcome<Agent> {
    let Some(word) = word else { return Ok(Agent::Claude) };
    Agent::of_person(word)
        .filter(|agent| may_sit(*agent))
        .ok_or_else(|| Failure::Usage(format!("{word:?} is not an agent; use {}", Agent::shorts()), None))
}

/// The real path of a folder; without a name, the current one.
pub fn folder(named: Option<&str>) -> Outcome<String> {
    let path = named.map_or_else(|| Path::new(".").to_path_buf(), paths::expand);
    if !path.is_dir() {
        return Err(Failure::Nothing(format!("{} is not a folder", path.display())));
    }
    let real = git::real(&path).unwrap_or(path);
    let text = real.to_str().ok_or_else(|| Error::Invalid(format!("{} is not UTF-8", real.display())))?;
    Ok(validate::path("folder", text)?)
}

/// Refuses a folder that Claude Code does not trust: it would ask first, and the prompt would answer.
pub fn refuse_untrusted(agent: Agent, cwd: &str) -> Outcome<()> {
    if agent != Agent::Claude {
        return Ok(());
    }
    let text = match trust::trusts(Path::new(cwd)) {
        Some(true) => return Ok(()),
        Some(false) => format!("Claude Code does not trust {cwd} yet, and would ask before it reads the prompt"),
        None => format!("it cannot be told whether Claude Code trusts {cwd}"),
    };
    let hint = format!("cs-agent new {} shows the question, which the user answers once", quote_word(cwd));
    Err(Failure::Advised(text, hint))
}

fn draft(context: &Context, agents: &Agents, chosen: &Chosen, uuid: &Uuid, checkout: Option<&Checkout>) -> Seat {
    let (agent, caller) = (chosen.agent, &agents.caller);
    let some_name = || {
        let name = format!("{}-{}", agent.program(), uuid.as_str().get(..4).unwrap_or_default());
        seats::free_name(&agents.seats, &name)
    };
    let mut draft = Seat {
        name: chosen.name.clone().unwrap_or_else(some_name),
        agent: agent.word().to_string(),
        parent: limits::parent(caller),
        depth: limits::depth(caller),
        model: chosen.wanted.model.clone(),
        effort: chosen.wanted.effort.clone(),
        permission_mode: chosen.wanted.permission_mode.clone(),
        args: chosen.wanted.args.clone(),
        cwd: chosen.cwd.clone(),
        worktree_root: checkout.map(|found| found.worktree_root.to_string_lossy().into_owned()),
        prompt_sha256: chosen.wanted.prompt.as_deref().map(digest),
        key: chosen.key.clone(),
        spawned_at: stamp(context.now),
        spawned_by: caller.word(),
        forked_from: chosen.forked.as_ref().map(|(seat, _)| seat.clone()),
        tells: chosen.tells,
        silent_after_seconds: chosen.silent_after_seconds,
        schema_version: SCHEMA_VERSION,
        ..Seat::default()
    };
    // Codex chooses the id of its conversation itself.
    if agent == Agent::Claude {
        draft.begin_conversation(uuid.as_str());
    }
    draft
}

/// What became of a draft.
enum Made {
    New(Seat),
    /// Another call with the same key was faster.
    Known(Seat),
}

/// Stores the seat if the limits allow it, while no other call does so.
fn store(context: &Context, agents: &Agents, settings: &Settings, draft: Seat) -> Outcome<Made> {
    let _lock = lock::acquire(&context.store.home.spawn_lock(), context.store.wait)?;
    let now = Agents {
        files: agents.files.clone(),
        seats: agents.files.all()?.0,
        damaged: Vec::new(),
        lives: Vec::new(),
        caller: agents.caller.clone(),
    };
    if let Some(known) = find_key(context, &now, draft.key.as_deref()) {
        return Ok(Made::Known(known));
    }
    limits::check(&now, settings, context.now)?;
    naming::refuse_used(context, &now, &now.seats, &draft.name, "")?;
    Ok(Made::New(agents.files.create(draft, context.now)?))
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
    let is_claude = made.claude_session_id.is_some();
    let session = prompt.filter(|_| is_claude).map(|prompt| opening::begin_session(context, &made, prompt));
    let session = session.transpose()?;
    match with_session(agents, &id, session.as_ref()).and_then(|seat| ready.start(&seat, beginning)) {
        // Without a prompt a person answers what the client asks first, and Codex reports nothing before one.
        Ok(seat) if prompt.is_none() && made.forked_from.is_none() => Ok(seat),
        Ok(seat) if prompt.is_none() && !is_claude => seen::settle(context, agents, &seat),
        Ok(seat) => seen::wait(context, agents, &seat).inspect_err(|_| leave(agents, &id, Left::Session)),
        Err(failure) => {
            start::give_up(context, agents, &id, &failure);
            let left = if opening::forget(context, session.as_ref()) { Left::Nothing } else { Left::Session };
            leave(agents, &id, left);
            Err(failure)
        }
    }
}

/// What there is of a seat whose client was not started, besides the seat.
#[derive(Clone, Copy, PartialEq)]
enum Left {
    Nothing,
    Session,
}

/// Takes from a seat that has ended at its start what it stands for: a call with its key starts another one.
fn leave(agents: &Agents, id: &SeatId, left: Left) {
    let _ = agents.files.update(id, |seat| {
        if !seat.status.is_open() {
            seat.key = None;
            seat.session_id.take_if(|_| left == Left::Nothing);
        }
        Ok(())
    });
}

fn with_session(agents: &Agents, id: &SeatId, session: Option<&Session>) -> Outcome<Seat> {
    Ok(agents.files.update(id, |seat| {
        seat.session_id = session.map(|session| session.session_id.clone());
        Ok(())
    })?)
}

/// How long a call may take until tmux has started the client. A seat without a terminal is abandoned after that: the call
/// that made it was killed.
const ABANDONED: TimeDelta = TimeDelta::minutes(1);

/// The seat that an earlier call of the same caller made with this key.
fn find_key(context: &Context, agents: &Agents, key: Option<&str>) -> Option<Seat> {
    let (key, word) = (key?, agents.caller.word());
    let is_abandoned = |seat: &Seat| {
        let is_old = clock::parse(&seat.spawned_at).is_none_or(|at| context.now - at > ABANDONED);
        seat.status == SeatStatus::Starting && seat.tmux.is_none() && is_old
    };
    let is_it = |seat: &&Seat| seat.key.as_deref() == Some(key) && seat.spawned_by == word && !is_abandoned(seat);
    agents.seats.iter().rev().find(is_it).cloned()
}

fn digest(prompt: &str) -> String {
    hex(&Sha256::digest(prompt.as_bytes()))
}
