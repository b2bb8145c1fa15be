//! Asks about calls of tools that the settings name, or denies them, before they are made. It catches accidents, not
//! adversaries. A person registers it with `cs-setup guard on`.
//!
//! Reads: standard input, `config.json`; with leases `leases/<slug>.json`, `agents/`; for a decision `live/<uuid>.json`.
//! Writes: `audit/`, a line for each decision.
//! Exits: always 0; errors go to `logs/hook.log`. Prints only a decision, for the client.
//!
//! Must stay true: it never fails closed: without a decision that was made completely, or after [`DEADLINE`], the call goes
//! on as if it were not there. Deliberately absent: Rust's runtime, as in `cs-heartbeat`: the client waits for it before
//! each call of a tool.

#![no_main]

mod leases;
mod line;
mod reason;

use agents::answer::{self, Permission};
use agents::hook_call::{self, Call, HookCall};
use agents::{Agent, Event};
use audit::guard::{Action, Ground, Place, Settings, decide};
use audit::observed;
use cs_core::clock;
use cs_core::config::Config;
use cs_core::error::Result;
use cs_core::hook_log::log;
use cs_core::signal;
use cs_core::store::Store;
use cs_core::witness::Witness;
use seats::Lease;
use std::ffi::{CStr, c_char};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

const PROGRAM: &str = "cs-guard";
/// After this time the call goes on.
const DEADLINE: Duration = Duration::from_secs(2);

/// What a person who calls the program is told.
const HELP: &str = "\
Usage: cs-guard <PAYLOAD

Asks about calls of tools that may destroy something, or denies them, before
they are made. Claude Code and Codex call it and write one JSON object to its
standard input; nobody else needs to. It catches accidents, not adversaries: a
command can hide what it does, and a script is not read. If it fails or takes
too long, the call goes on. It always exits with 0; its errors are in
logs/hook.log.

See also:
  cs-setup guard on      registers it with Claude Code and Codex
  cs-setup guard status  whether it is registered, and what it does
  cs-audit test          what the rules say about a command
";

/// The entry point of the C library.
///
/// # Safety
///
/// `argv` must have `words` texts with a zero at the end of each, as the C library passes them.
#[allow(unsafe_code, reason = "the C library calls it by this name")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(words: i32, argv: *const *const c_char) -> i32 {
    // SAFETY: the C library passes this many texts.
    if words > 1 && hook_call::asks_for_help(unsafe { CStr::from_ptr(*argv.add(1)) }.to_bytes()) {
        hook_call::print_help(HELP);
        return 0;
    }
    hook_call::guard(PROGRAM, |home| {
        let seconds = DEADLINE.as_secs();
        let note = format!(
            "{} {PROGRAM}: it took longer than {seconds} s, and the call went on without it\n",
            clock::stamp(clock::now())
        );
        signal::give_up_after(DEADLINE, &home.hook_log(), note);
        match hook_call::call(PROGRAM, Store::for_hooks(home.clone(), Witness::NONE)) {
            Call::Event(hook) if hook.payload.event() == Some(Event::PreToolUse) => handle(&hook),
            _ => Ok(()),
        }
    });
    0
}

/// What was found out about a call.
struct Found {
    grounds: Vec<Ground>,
    /// The leases of others on the files that it changes, with what is done about that.
    leases: (Action, Vec<Lease>),
}

impl Found {
    /// What is done: the strongest of all.
    fn permission(&self, agent: Agent) -> Option<Permission> {
        let of_leases = if self.leases.1.is_empty() { Action::Log } else { self.leases.0 };
        let action = self.grounds.iter().map(|ground| ground.action).chain([of_leases]).max()?;
        let permission = match action {
            Action::Log => return None,
            Action::Ask => Permission::Ask,
            Action::Deny => Permission::Deny,
        };
        Some(permission.for_client(agent))
    }
}

fn handle(hook: &HookCall) -> Result<()> {
    let config = hook.store.config();
    let path = hook.store.home.config();
    let (audit, damaged_rules) = audit::Settings::read(&config, &path);
    let rules = audit.all_rules();
    let (settings, _) = Settings::read(&config, &path, &rules);
    // A damaged rule may be one that was to let this call pass.
    if settings.only_logs() || !damaged_rules.is_empty() {
        return Ok(());
    }
    let (grounds, of_leases) = (grounds(hook, &settings, &rules), held(hook, &config, &settings));
    let leases = of_leases.unwrap_or_else(|error| {
        log(&hook.store.home, PROGRAM, &format!("leases were not looked at: {error}"));
        Vec::new()
    });
    let found = Found { grounds, leases: (settings.leases, leases) };
    let agent = hook.payload.agent().unwrap_or(Agent::Claude);
    let Some(permission) = found.permission(agent) else { return Ok(()) };
    let text = answer::permission(permission, &reason::text(hook, &found, permission));
    let mut out = std::io::stdout();
    // The answer counts even if the line about it cannot be written; the line is about an answer that was given.
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) if audit.enabled => line::append(hook, &found, permission, &config),
        Ok(()) => Ok(()),
        Err(error) => Err(cs_core::error::Error::io(Path::new("standard output"), "write to", error)),
    }
}

/// Why the call is asked about or denied, by the rules.
fn grounds(hook: &HookCall, settings: &Settings, rules: &rules::Rules) -> Vec<Ground> {
    let command = hook.payload.command_line();
    // Rules about files are about secrets, which count only if the settings name them.
    if command.is_none() && settings.rules.is_empty() {
        return Vec::new();
    }
    // Their targets, which the person and the agent read, come from the masked command.
    let verdicts = observed::verdicts(hook, rules);
    if verdicts.is_empty() {
        return Vec::new();
    }
    let cwd = hook.payload.cwd.as_deref();
    let place = if settings.allow.is_empty() { None } else { Place::of(cwd) };
    decide(&verdicts, command, settings, rules, place.as_ref())
}

/// The leases of others on the files that the call changes.
fn held(hook: &HookCall, config: &Config, settings: &Settings) -> Result<Vec<Lease>> {
    match settings.leases {
        Action::Log => Ok(Vec::new()),
        _ => leases::of_others(hook, config),
    }
}
