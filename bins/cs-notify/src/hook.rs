//! `hook`: what agents call when a conversation asks something, fails or ends a turn. It starts one process that waits
//! until a notice is due (see `watch`), and ends at once.
//! Must stay true: the agent waits for nothing; the process has a session and standard streams of its own, so that
//! neither the agent nor its terminal ends it; a conversation has at most one, because the lock is taken before the
//! process is started and handed to it as its standard input. It exits with 0 and prints nothing.

use crate::settings::Settings;
use crate::{PROGRAM, watch};
use agents::Event;
use agents::hook_call::{self, Call, HookCall};
use argh::{ArgsInfo, FromArgs};
use cli::Outcome;
use cs_core::error::{Error, Result};
use cs_core::id::Uuid;
use cs_core::lock::Lock;
use cs_core::paths::Home;
use cs_core::store::Store;
use std::io::Read;
use std::process::{Command, Stdio};

/// for agents, which call it with an event on standard input: send what is due soon after the event
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "hook",
    example = "printf '{{\"session_id\":\"%s\",\"hook_event_name\":\"Stop\"}}' e998145e-4e5d-40c9-a3a6-681ad5bd51c9 | {command_name}",
    example = "{command_name} <event.json"
)]
pub struct Hook {
    /// the conversation that this process waits for (only for its own use)
    #[argh(option, hidden_help, arg_name = "uuid")]
    watch: Option<String>,
}

impl Hook {
    /// Handles one event, or is the process that waits.
    pub fn run(self) -> Outcome<()> {
        hook_call::guard(PROGRAM, |home| match &self.watch {
            Some(uuid) => watch::begin(home, &Uuid::parse(uuid)?),
            None => match hook_call::call(PROGRAM, Store::for_hooks(home.clone(), agents::WITNESS)) {
                Call::Event(hook) => on_event(&hook),
                Call::ByHand | Call::Unreadable => Ok(()),
            },
        });
        Ok(())
    }
}

fn on_event(hook: &HookCall) -> Result<()> {
    if hook_call::is_unattended() || !may_be_news(hook) {
        return Ok(());
    }
    let config = hook.store.config();
    let settings = Settings::read(&config, &hook.store.home.config())?;
    if !settings.enabled {
        return Ok(());
    }
    match hook.store.call_watcher(&hook.uuid)? {
        Some(lock) => start(&hook.store.home, &hook.uuid, lock),
        None => Ok(()),
    }
}

/// Whether the event may lead to a notice. The questions of subagents go to the user, but not the ends of their turns.
fn may_be_news(hook: &HookCall) -> bool {
    match hook.payload.event() {
        Some(Event::PermissionRequest) => true,
        Some(Event::Notification) => hook.payload.notification_type.as_deref() != Some("idle_prompt"),
        Some(Event::Stop | Event::StopFailure | Event::PostModelRequest) => !hook.is_from_subagent(),
        _ => false,
    }
}

/// Starts this program again, as the process that waits. It holds the lock from its first moment on.
fn start(home: &Home, uuid: &Uuid, lock: Lock) -> Result<()> {
    let failed = |error| Error::io(home.root(), "start a process for", error);
    let own = std::env::current_exe().map_err(failed)?;
    let root = std::path::absolute(home.root()).map_err(failed)?;
    let mut child = Command::new(own)
        .args(["hook", "--watch", uuid.as_str()])
        .env("CS_HOME", root)
        .current_dir("/")
        .stdin(Stdio::from(lock.into_file()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    // One byte, or the end of the pipe: it has a session of its own, or has ended.
    if let Some(mut ready) = child.stdout.take() {
        let _ = ready.read(&mut [0]);
    }
    Ok(())
}
