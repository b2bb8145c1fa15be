//! Owns how a client is started in a seat: the seat and its session are stored, then tmux starts the client. Must stay
//! true: what tmux starts is recorded before; if tmux fails, nothing runs and no session is left; a seat runs only if its
//! client was seen.

use super::launch_file::LaunchFile;
use super::{Agents, environment, id_of, pane};
use crate::deferred::program;
use crate::failure::{Failure, Outcome};
use crate::messages::note;
use crate::{Context, call, programs};
use agents::Agent;
use agents::event::{DELIVER, WAKE};
use agents::launch::{Beginning, Launch, check_word, refuse_taken};
use cs_core::file::{self, Durability};
use cs_core::id::SeatId;
use cs_core::process::{self, Process};
use seats::settings::Settings;
use seats::{Seat, Tmux, tmux};
use std::path::{Path, PathBuf};

/// The word with which `cs-agent` is called in a pane, to become the client.
pub const EXEC_CLIENT: &str = "exec-client";

/// What a call says about the client that it starts.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The model.
    pub model: Option<String>,
    /// The effort.
    pub effort: Option<String>,
    /// Which tools run without a question.
    pub permission_mode: Option<String>,
    /// Further arguments, after those of the settings.
    pub args: Vec<String>,
    /// The first prompt.
    pub prompt: Option<String>,
}

impl Wanted {
    /// What was chosen when the client of a seat was started before: whoever starts it again gives it neither more nor
    /// less.
    pub fn of(seat: &Seat) -> Self {
        Wanted {
            model: seat.model.clone(),
            effort: seat.effort.clone(),
            permission_mode: seat.permission_mode.clone(),
            args: seat.args.clone(),
            prompt: None,
        }
    }
}

/// A client that can be started in any seat.
#[derive(Debug)]
pub struct Ready<'a> {
    agents: &'a Agents,
    agent: Agent,
    command: Vec<String>,
    args: Vec<String>,
    hooks: Option<PathBuf>,
    wanted: Wanted,
}

/// Finds everything that is needed to start a client. Nothing is changed except the file with the hooks of seats.
pub fn prepare<'a>(
    context: &Context,
    agents: &'a Agents,
    settings: &Settings,
    agent: Agent,
    mut wanted: Wanted,
) -> Outcome<Ready<'a>> {
    let client = settings.client(agent.program());
    let args = [client.args, std::mem::take(&mut wanted.args)].concat();
    refuse_taken(agent, &args)?;
    wanted.model = wanted.model.or(client.model);
    wanted.effort = wanted.effort.or(client.effort);
    check(agent, &wanted)?;
    let command = found(agent, client.command)?;
    programs::on_path("tmux").ok_or_else(|| {
        Failure::Advised("tmux is not on PATH, and agents run in it".into(), "install tmux 3.2 or newer".into())
    })?;
    let hooks = if agent == Agent::Claude { write_hooks(context)? } else { None };
    Ok(Ready { agents, agent, command, args, hooks, wanted })
}

/// Refuses what would be no option, or another one, of the client.
fn check(agent: Agent, wanted: &Wanted) -> Outcome<()> {
    if wanted.permission_mode.is_some() && agent != Agent::Claude {
        return Err(Failure::Usage("--permission-mode is an option of Claude Code only".into(), None));
    }
    wanted.model.iter().try_for_each(|model| check_word("a model", model))?;
    wanted.effort.iter().try_for_each(|effort| check_word("an effort", effort))?;
    Ok(())
}

/// The command of the client with the path of its program; an empty one is the client's own name.
fn found(agent: Agent, mut command: Vec<String>) -> Outcome<Vec<String>> {
    let name = command.first().map_or(agent.program(), String::as_str).to_string();
    let missing = || {
        let hint = format!("install it, or name it in agents.{}.command", agent.program());
        Failure::Advised(format!("{name} is not on PATH"), hint)
    };
    let program = call::program(&name).ok_or_else(missing)?.to_string_lossy().into_owned();
    match command.first_mut() {
        Some(first) => *first = program,
        None => command.push(program),
    }
    Ok(command)
}

/// Writes the hooks that the conversations of seats get, if they changed.
fn write_hooks(context: &Context) -> Outcome<Option<PathBuf>> {
    let path = context.store.home.seat_settings();
    let folder = programs::sibling(DELIVER).and_then(|deliver| Some(deliver.parent()?.to_path_buf()));
    let Some(folder) = folder.filter(|folder| programs::is_program(&folder.join(WAKE))) else {
        note(program(), &format!("{DELIVER} and {WAKE} are not installed, so this agent gets no messages"));
        return Ok(None);
    };
    let text = agents::seat_hooks::settings(&folder);
    if file::read(&path).ok().flatten().as_deref() != Some(text.as_bytes()) {
        file::replace(&path, text.as_bytes(), Durability::Synced)?;
    }
    Ok(Some(path))
}

impl Ready<'_> {
    /// The command of the client, for a conversation in a seat.
    fn launch(&self, seat: &Seat, beginning: Beginning) -> LaunchFile {
        let launch = Launch {
            agent: self.agent,
            command: &self.command,
            beginning,
            name: &seat.name,
            settings: self.hooks.as_deref(),
            model: self.wanted.model.as_deref(),
            effort: self.wanted.effort.as_deref(),
            permission_mode: self.wanted.permission_mode.as_deref(),
            args: &self.args,
            prompt: self.wanted.prompt.as_deref(),
        };
        let environment = environment::of_seat(self.agents, &seat.agent_id, seat.parent.as_ref(), &seat.cwd);
        LaunchFile::new(launch.words(), &seat.cwd, environment)
    }

    /// Starts the client in a new session of tmux, and returns the seat with its pane. The pane is held: the caller looks
    /// with [`super::seen`] what becomes of the client.
    pub fn start(&self, seat: &Seat, beginning: Beginning) -> Outcome<Seat> {
        let command = self.write_launch(seat, beginning)?;
        let words = tmux::new_session(&seat.agent_id, &seat.name, &seat.cwd, &command);
        // A server whose last session was just closed ends, and says so.
        let answer = pane::run(&words).or_else(|failure| match failure.message() {
            Some((text, _)) if text.contains("exited unexpectedly") || text.contains("lost server") => {
                pane::run(&words)
            }
            _ => Err(failure),
        });
        let made = answer.and_then(|answer| {
            tmux::made(&answer).ok_or_else(|| Failure::Nothing("tmux did not say which pane it made".into()))
        });
        self.record(seat, made)
    }

    /// Ends what runs in the seat's pane, and starts the client there. An error means that nothing was ended. If the new
    /// client has ended by now, the seat is returned as it is, and whoever waits for the client finds that out.
    pub fn start_again(&self, seat: &Seat, terminal: &Tmux, beginning: Beginning) -> Outcome<Seat> {
        let command = self.write_launch(seat, beginning)?;
        let replaced = pane::run(&tmux::respawn(terminal, &seat.cwd, &command));
        let pid = || pane::run(&tmux::check(terminal)).ok().and_then(|answer| tmux::pane_pid(&answer));
        match replaced.map(|_| pid()) {
            Ok(None) => Ok(self.agents.files.seat(&id_of(seat)?)?),
            Ok(Some(pid)) => self.record(seat, Ok((terminal.pane.clone(), pid, terminal.socket.clone()))),
            Err(failure) => self.record(seat, Err(failure)),
        }
    }

    fn write_launch(&self, seat: &Seat, beginning: Beginning) -> Outcome<Vec<String>> {
        let home = &self.agents.files.home();
        self.launch(seat, beginning).write(home, &id_of(seat)?)?;
        let missing = || Failure::Nothing("cs-agent is not installed".into());
        let starter = programs::sibling("cs-agent").ok_or_else(missing)?;
        let words = [starter.as_path(), Path::new(EXEC_CLIENT), Path::new(&seat.agent_id), home.root()];
        Ok(words.map(|word| word.to_string_lossy().into_owned()).to_vec())
    }

    /// Records the pane that was made. If there is none, what was written for the client is removed.
    fn record(&self, seat: &Seat, made: Outcome<(String, u32, String)>) -> Outcome<Seat> {
        let (files, id) = (&self.agents.files, id_of(seat)?);
        let (pane, pid, socket) = made.inspect_err(|_| {
            let _ = file::remove(&files.home().seat_launch(&id));
        })?;
        let process = process::find(pid);
        Ok(files.update(&id, |seat| {
            match &process {
                Some(process) => {
                    seat.take_host(process);
                    seat.tmux = Some(terminal(seat, &socket, &pane, process));
                }
                // It has ended already. What it printed is in the pane.
                None if seat.tmux.is_none() => seat.tmux = Some(place(seat, &socket, &pane)),
                None => {}
            }
            Ok(())
        })?)
    }
}

/// The terminal of a seat, with the process that runs in its pane.
pub fn terminal(seat: &Seat, socket: &str, pane: &str, process: &Process) -> Tmux {
    let (pane_pid, pane_started) = (Some(process.pid), Some(process.started.clone()));
    Tmux { pane_pid, pane_started, ..place(seat, socket, pane) }
}

fn place(seat: &Seat, socket: &str, pane: &str) -> Tmux {
    Tmux {
        socket: socket.to_string(),
        session: seat.agent_id.clone(),
        pane: pane.to_string(),
        pane_pid: None,
        pane_started: None,
        replaced: false,
        unknown: seat.tmux.as_ref().map(|known| known.unknown.clone()).unwrap_or_default(),
    }
}

/// Ends a seat whose client could not be started. What cannot be recorded is found out by `cs-cleanup gone` later.
pub fn give_up(context: &Context, agents: &Agents, id: &SeatId, why: &Failure) {
    let why = why.message().map(|(text, _)| text).unwrap_or_default();
    let uuid = agents.files.seat(id).ok().and_then(|seat| seat.claude_session_id);
    let _ = agents.files.fail(id, uuid.as_deref(), &why, context.now);
}
