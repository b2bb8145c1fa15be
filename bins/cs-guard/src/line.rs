//! Owns the line of the log about a decision: that of the call (`audit::observed`), with what decided and the decision.

use crate::Found;
use agents::answer::Permission;
use agents::hook_call::HookCall;
use audit::{Entry, Kind, Log, Said};
use cs_core::config::Config;
use cs_core::error::Result;

/// The rule and verdict of a lease.
const LEASE: &str = "lease";

/// Appends the line.
pub fn append(hook: &HookCall, found: &Found, permission: Permission, config: &Config) -> Result<()> {
    let verdicts: Vec<_> = found.grounds.iter().map(|ground| ground.verdict.clone()).collect();
    let mut entry = Entry::of_hook(hook, config, Kind::Decision).with_call(hook, &verdicts);
    entry.decision = Some(permission.word().to_string());
    if !found.leases.1.is_empty() {
        entry.verdicts.push(Said { rule: LEASE.to_string(), verdict: LEASE.to_string(), severity: 1 });
    }
    Log::of(&hook.store.home, hook.store.wait).append(entry, hook.now)
}
