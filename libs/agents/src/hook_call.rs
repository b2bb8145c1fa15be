//! Owns the beginning of every hook program: it reads the payload within limits, finds the conversation's file and
//! recognises late events. Errors are written to `logs/hook.log`. Must stay true: standard input is read no longer than
//! [`LIMITS`]; a payload that is late, torn or cannot be parsed is logged, and never treated as a call by hand; nothing
//! is printed.

use crate::agent::Agent;
use crate::event::Event;
use crate::payload::Payload;
use crate::title;
use cs_core::change::Change;
use cs_core::clock::{self, Instant};
use cs_core::config::Config;
use cs_core::error::Result;
use cs_core::hook_log::log;
use cs_core::id::{SessionId, Uuid};
use cs_core::live::Live;
use cs_core::lock::Lock;
use cs_core::naming::Title;
use cs_core::open;
use cs_core::patch::Patch;
use cs_core::paths::Home;
use cs_core::place::Place;
use cs_core::process::{self, Process, Terminal};
use cs_core::signal;
use cs_core::skim::{self, Member};
use cs_core::stdin::{self, End, Limits, Received};
use cs_core::store::{NoteSync, Store};
use cs_core::validate;
use std::cell::OnceCell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Limits for reading a payload. Hooks have five seconds in all, of which one is left for the work.
const LIMITS: Limits =
    Limits { bytes: 64 * 1024 * 1024, silence: Duration::from_secs(2), whole: Duration::from_secs(4) };
/// Longest name in a payload; a longer one is ignored.
const WORD_BYTES: usize = 200;
/// Maximum number of characters of a subagent's id.
const HELPER: usize = 100;
/// An event within this time after the end of its conversation is late.
const LATE_SECONDS: i64 = 10;
/// `source` of a conversation whose start no hook reported.
const MIDWAY: &str = "midway";

/// One call of a hook.
#[derive(Debug)]
pub struct HookCall {
    /// The decoded standard input.
    pub payload: Payload,
    /// Standard input, as far as it was kept: up to 1 MiB as it was.
    pub kept: Vec<u8>,
    /// Its values; `None` if not all of it was kept.
    members: Option<Vec<Member>>,
    /// Number of bytes that were read.
    pub bytes: usize,
    /// The conversation.
    pub uuid: Uuid,
    /// The data directory, with the patience of a hook.
    pub store: Store,
    /// Instant of the call.
    pub now: Instant,
    /// The process that called, once it was asked for.
    caller: OnceCell<Option<Process>>,
}

/// The reason why a hook program was called.
#[derive(Debug)]
pub enum Call {
    /// An agent reported an event.
    Event(Box<HookCall>),
    /// A person called it: on a terminal, or with an input that ends without a byte.
    ByHand,
    /// An agent called it without a conversation's id. This is logged.
    Unreadable,
}

/// Whether a word, the first argument, asks what the program is.
pub fn asks_for_help(word: &[u8]) -> bool {
    matches!(word, b"--help" | b"-h" | b"help")
}

/// Prints what the program is, for a person; an agent never gets it.
pub fn print_help(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Reads and decodes standard input.
pub fn call(program: &str, store: Store) -> Call {
    let input = std::io::stdin();
    let received = stdin::receive(&input, LIMITS);
    let is_typed = || received.end == End::NoObject && input.is_terminal();
    if received.end == End::Terminal || (received.end == End::Closed && received.bytes == 0) || is_typed() {
        return Call::ByHand;
    }
    let payload = Payload::decode(&received.kept);
    let (trouble, home) = (find_fault(&received, &payload), store.home.clone());
    let hook = payload.uuid().map(|uuid| HookCall::new(payload, uuid, store));
    let needs_event = program != "cs-heartbeat";
    let (is_lost, fate) = match &hook {
        None => (true, "it names no conversation (session_id), so the event is lost"),
        Some(hook) if needs_event && hook.payload.event_name.is_none() => {
            (true, "it names no event (hook_event_name), so the event is lost")
        }
        Some(_) => (false, "the readable part is used"),
    };
    if is_lost || trouble.is_some() {
        log(&home, program, &format!("{}; {fate}", trouble.as_deref().unwrap_or("the payload lacks a key")));
    }
    let Some(hook) = hook.filter(|_| !is_lost) else { return Call::Unreadable };
    let Received { kept, members, bytes, .. } = received;
    Call::Event(Box::new(HookCall { kept, members, bytes, ..hook }))
}

/// The fault of a payload that did not arrive completely.
fn find_fault(received: &Received, payload: &Payload) -> Option<String> {
    let bytes = received.bytes;
    Some(match received.end {
        End::Complete if payload.is_torn => format!("the payload of {bytes} bytes is not valid JSON"),
        End::Complete => return None,
        End::TooLate if bytes == 0 => format!("no payload came within {} s", LIMITS.silence.as_secs()),
        End::TooLate => format!("the payload stopped after {bytes} bytes and was not completed in time"),
        End::Closed => format!("the payload ended early, after {bytes} bytes"),
        End::TooMuch => format!("the payload is too large; {bytes} bytes were read"),
        End::NoObject => "the payload is not a JSON object".to_string(),
        End::Terminal | End::Failed => "the payload cannot be read".to_string(),
    })
}

impl HookCall {
    /// Creates a call from a payload. Words and paths that are too long, and values that are not paths, are ignored. In
    /// words, which enter the file of the conversation, secrets are masked.
    pub fn new(mut payload: Payload, uuid: Uuid, store: Store) -> Self {
        let words = [&mut payload.event_name, &mut payload.source, &mut payload.model, &mut payload.prompt_id];
        let paths = [&mut payload.cwd, &mut payload.transcript_path];
        words.into_iter().for_each(|word| *word = word.take().filter(|word| word.len() <= WORD_BYTES).map(storable));
        paths.into_iter().for_each(|path| *path = path.take().filter(|path| is_path(path)));
        // An event with an id of any length belongs to a subagent.
        payload.agent_id = payload.agent_id.map(|id| validate::cut(&id, HELPER));
        let (kept, caller, now) = (Vec::new(), OnceCell::new(), clock::now());
        HookCall { payload, kept, members: None, bytes: 0, uuid, store, now, caller }
    }

    /// The configuration. Values that cannot be parsed are logged and replaced by their defaults.
    pub fn config(&self, program: &str) -> Config {
        let config = self.store.config();
        config.troubles.iter().for_each(|trouble| log(&self.store.home, program, &trouble.error.to_string()));
        config
    }

    /// Whether the event belongs to a subagent, not to the conversation itself.
    pub fn is_from_subagent(&self) -> bool {
        self.payload.agent_id.is_some()
    }

    /// A value of the payload, exactly as it was reported; `None` if it may not be all of it.
    pub fn reported(&self, key: &str) -> Option<&str> {
        self.members.iter().flatten().rev().find_map(|member| member.value(&self.kept, key))
    }

    /// Whether the command line is only the beginning of what was reported.
    pub fn is_command_cut(&self) -> bool {
        let kept = || Patch::of(&self.kept).ok();
        let is_long = |fields: &Patch| {
            let input = Patch::of(fields.value("tool_input")?.as_bytes()).ok()?;
            Some(input.value("command").or_else(|| input.value("cmd"))?.len() >= skim::STRING)
        };
        self.members.is_none()
            && self.payload.command_line().is_some()
            && kept().and_then(|kept| is_long(&kept)) != Some(false)
    }

    /// Takes the lock of the conversation; `None` if it is not free in time.
    pub fn lock(&self) -> Option<Lock> {
        let lock = self.store.try_lock_live(&self.uuid);
        if lock.is_none() {
            let event = self.payload.event_name.as_deref().unwrap_or("an event");
            log(
                &self.store.home,
                "hook",
                &format!("{event} of {}: the conversation is locked; continued without the lock", self.uuid),
            );
        }
        lock
    }

    /// Reads the conversation's file, or creates a new one. `None` if the conversation has just ended and the event is
    /// late.
    pub fn live(&self, lock: &Option<Lock>) -> Result<Option<Live>> {
        let live = match self.store.live_for(&self.uuid, lock)? {
            Some(live) => live,
            None if self.has_just_ended()? => return Ok(None),
            None => self.new_live(),
        };
        Ok(Some(self.update_live(live)))
    }

    /// The file of a conversation that is new, or whose file was lost.
    pub fn new_live(&self) -> Live {
        let capture = self.store.config().hooks.capture_prompts;
        Live { capture, ..Live::new(self.uuid.as_str(), self.now) }
    }

    /// The session of the conversation. If no hook saw its start, the session is searched for once.
    pub fn session(&self, live: &mut Live) -> Result<Option<SessionId>> {
        if live.session_id.is_none() && live.source.is_none() {
            live.session_id = self.store.conversation(&self.uuid)?.map(String::from);
            live.source = Some(MIDWAY.to_string());
        }
        Ok(live.session())
    }

    /// Stores a change of a session.
    pub fn record_change(&self, id: &SessionId, change: Change, sync: NoteSync) -> Result<()> {
        self.store.record_change(id, change, self.now, sync)
    }

    /// The name that a person gave to the conversation, if the payload has it.
    pub fn title(&self, live: &Live) -> Option<Title> {
        title::renamed(Agent::of(live), self.payload.title.as_deref()?)
    }

    /// The agent's process that called this hook.
    pub fn caller(&self) -> Option<Process> {
        let find = || process::caller(named_process(self.payload.agent().unwrap_or(Agent::Claude)));
        self.caller.get_or_init(find).clone()
    }

    /// The process that the conversation's file names, if another one calls. It may have ended: on a start the caller
    /// checks that it certainly runs, on an end that it may run.
    pub fn other_process(&self, live: &Live) -> Option<Process> {
        let known = live.process()?;
        self.caller().filter(|caller| !caller.is(&known)).map(|_| known)
    }

    /// Whether the conversation ended moments ago.
    pub fn has_just_ended(&self) -> Result<bool> {
        let ended = self.store.ended(&self.uuid)?;
        let ended_at = ended.and_then(|ended| clock::parse(ended.ended_at.as_deref()?));
        Ok(ended_at.is_some_and(|at| (self.now - at).num_seconds().abs() < LATE_SECONDS))
    }

    /// Updates the fields that every event has: agent, directory, log, process, last event. An event of a subagent
    /// updates only the agent, and the last event if there is none yet.
    pub fn update_live(&self, mut live: Live) -> Live {
        let payload = &self.payload;
        let agent = payload.agent().unwrap_or_else(|| Agent::of(&live));
        live.agent = Some(agent.word().to_string());
        if !self.is_from_subagent() {
            live.has_moved = payload.cwd.as_ref().is_some_and(|cwd| *cwd != live.cwd);
            live.cwd = payload.cwd.clone().unwrap_or(live.cwd);
            if live.cwd.is_empty() {
                live.cwd = own_directory();
            }
            live.transcript_path = payload.transcript_path.clone().or(live.transcript_path);
            live.model = payload.model.clone().or(live.model);
            self.note_process(&mut live);
        }
        if !self.is_from_subagent() || live.last_event.is_empty() {
            live.note_event(payload.event_name.as_deref().unwrap_or(Event::Stop.name()), self.now);
        }
        live
    }

    /// Stores the calling process and its place if they may differ from the stored ones: at a start, if the client names
    /// another process, or if the stored one does not run here. The place is also stored if none is.
    fn note_process(&self, live: &mut Live) {
        let named = named_process(Agent::of(live));
        let starts = self.payload.event() == Some(Event::SessionStart);
        let is_another = named.is_some_and(|pid| Some(pid) != live.pid);
        let runs = || live.process().is_some_and(|process| process::is_alive(&process) == Some(true));
        if starts || is_another || !runs() {
            let before = live.process();
            let (process, terminal) = process::caller_on_terminal(named).unzip();
            live.set_process(process);
            other_window(live, before);
            live.place = Some(Place::of_client(terminal.unwrap_or(Terminal::Unknown)));
        } else if live.place.is_none() {
            live.place = Some(Place::of_client(live.pid.map_or(Terminal::Unknown, process::terminal)));
        }
    }
}

/// Another process than before reports the conversation. If the old one still runs, it is added to `windows`.
fn other_window(live: &mut Live, before: Option<Process>) {
    let Some(now) = live.process() else { return };
    live.closed_by(&now);
    if let Some(before) = before.filter(|before| !before.is(&now) && process::may_run(before)) {
        live.opened_by(&before);
    }
}

/// Whether a text can be a directory. It may be of another system (`C:\work`), but is not a bare word or a number.
fn is_path(text: &str) -> bool {
    text.len() <= validate::PATH && text.contains(['/', '\\'])
}

/// The current directory: agents start hooks in the directory in which the conversation works.
fn own_directory() -> String {
    std::env::current_dir().map(|dir| dir.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The agent's process in an environment variable, which Claude Code sets (2.1.214 and newer).
pub fn named_process(agent: Agent) -> Option<u32> {
    (agent == Agent::Claude).then(|| std::env::var("CLAUDE_PID").ok()?.parse().ok()).flatten()
}

fn storable(word: String) -> String {
    validate::cut(&word, WORD_BYTES)
}

/// The first line of a text of the conversation, at most `limit` characters, made storable by [`validate::cut`].
pub fn first_line(text: &str, limit: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    validate::cut(line, limit)
}

/// Whether no person attends the conversation and could come back to it. Newer clients report this; in older ones the
/// entry points for programs have names of their own (`sdk-cli` is `claude -p`).
pub fn is_unattended() -> bool {
    match std::env::var("CLAUDE_CODE_SESSION_ATTENDED") {
        Ok(word) => word == "0",
        Err(_) => std::env::var("CLAUDE_CODE_ENTRYPOINT").is_ok_and(|name| name.starts_with("sdk")),
    }
}

/// Runs a hook so that it never disturbs its caller: failures are logged, and even a panic ends with exit code 0.
pub fn guard(program: &'static str, run: impl FnOnce(&Home) -> Result<()>) {
    open::occupy_standard_streams();
    signal::outlive_file_size_limits();
    signal::outlive_closed_pipes();
    std::panic::set_hook(Box::new(move |info| {
        if let Ok(home) = Home::from_env() {
            log(&home, program, &format!("defect: {info}"));
        }
        #[allow(clippy::exit)] // an abort would show the user an error line
        std::process::exit(0);
    }));
    let Ok(home) = Home::from_env() else { return };
    if let Err(error) = run(&home) {
        log(&home, program, &error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_of_a_hook_takes_the_place_of_a_standard_stream() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "hook_call::tests::in_a_process_of_its_own"]);
        assert!(child.status().unwrap().success());
    }

    #[test]
    #[ignore = "it closes its standard streams"]
    #[allow(unsafe_code, reason = "close(2)")]
    fn in_a_process_of_its_own() {
        let mut opened = 0;
        // SAFETY: nobody else uses them here.
        unsafe { (libc::close(0), libc::close(1)) };
        guard("test", |_| {
            opened = std::os::fd::AsRawFd::as_raw_fd(&std::fs::File::open("/dev/null").unwrap());
            Ok(())
        });
        drop(std::panic::take_hook());
        assert!(opened > 2);
    }

    #[test]
    fn no_piece_of_a_secret_remains_wherever_a_prompt_is_cut() {
        let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        for blanks in [0, 100, 1960, 1985, 1999, 2000, 50_000] {
            let text = format!("\n  fix{}{secret} now\nnext", " ".repeat(blanks + 1));
            assert_eq!(first_line(&text, 120), "fix [masked] now", "{blanks} blanks");
        }
        let key = "use -----BEGIN PRIVATE KEY-----MIIEvQIBADANBg-----END PRIVATE KEY-----";
        assert_eq!(first_line(key, 120), "use [masked]");
    }
}
