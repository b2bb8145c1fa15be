//! Owns the line of the log about a decision. Must stay true: it contains no contents of files; the log masks secrets.

use crate::Found;
use agents::answer::Permission;
use agents::hook_call::HookCall;
use audit::{Entry, Input, Kind, Log, Said};
use cs_core::config::Config;
use cs_core::error::Result;
use seats::Seats;

/// The rule and verdict of a lease.
const LEASE: &str = "lease";

/// Appends the line.
pub fn append(hook: &HookCall, found: &Found, permission: Permission, config: &Config) -> Result<()> {
    let payload = &hook.payload;
    let live = hook.store.live(&hook.uuid).ok().flatten();
    let seat = Seats::of(&hook.store).own().ok().flatten().map(|seat| seat.agent_id);
    let verdicts: Vec<_> = found.grounds.iter().map(|ground| ground.verdict.clone()).collect();
    let input = match payload.command_line() {
        Some(command) => Input { command: Some(command.to_string()), ..Input::default() },
        None => Input::of_files(payload.files_named()),
    };
    let project = live.as_ref().and_then(|live| live.project_slug.clone());
    let entry = Entry {
        claude_session_id: Some(hook.uuid.as_str().to_string()),
        agent: Some(payload.agent().unwrap_or(agents::Agent::Claude).word().to_string()),
        agent_seat: seat,
        agent_id: payload.agent_id.clone(),
        agent_type: payload.agent_type.clone(),
        tool_use_id: payload.tool_use_id.clone(),
        tool: payload.tool_name.clone(),
        target: input.path.clone(),
        input: Some(input).filter(|input| *input != Input::default()),
        decision: Some(permission.word().to_string()),
        cwd: payload.cwd.clone(),
        project: project.or_else(|| config.project_of(payload.cwd.as_deref()?).map(str::to_string)),
        ..Entry::new(Kind::Decision, hook.now)
    };
    let mut entry = entry.with_verdicts(&verdicts);
    if !found.leases.1.is_empty() {
        entry.verdicts.push(Said { rule: LEASE.to_string(), verdict: LEASE.to_string(), severity: 1 });
    }
    Log::of(&hook.store.home, hook.store.wait).append(entry, hook.now)
}
