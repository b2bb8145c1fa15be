//! Owns what the person and the agent read about a decision. Must stay true: it is one line without hidden characters, names each rule and how a
//! person changes it, and contains no secret.

use crate::Found;
use agents::answer::Permission;
use agents::hook_call::{self, HookCall};
use cs_core::visible;
use seats::{Lease, Seats};

/// Maximum number of grounds that are named.
const GROUNDS: usize = 3;
/// Maximum number of characters of what a ground is about.
const TARGET: usize = 160;

/// The reason for a decision.
pub fn text(hook: &HookCall, found: &Found, permission: Permission) -> String {
    let rule = |ground: &audit::guard::Ground| {
        let verdict = &ground.verdict;
        format!("{} ({}): {}", verdict.rule, verdict.kind.word(), hook_call::first_line(&verdict.target, TARGET))
    };
    let lease = |lease: &Lease| format!("{} has leased {}", owner(hook, lease), paths(lease));
    let all: Vec<String> = found.grounds.iter().map(rule).chain(found.leases.1.iter().map(lease)).collect();
    let more = all.len().saturating_sub(GROUNDS);
    let mut named = all.into_iter().take(GROUNDS).collect::<Vec<_>>().join("; ");
    if more > 0 {
        named.push_str(&format!("; {more} more"));
    }
    // What a person decides by must not read backwards, or hide a part.
    let named = visible::one_line(&named);
    match permission {
        Permission::Ask => format!("cs-guard asks: {named}"),
        Permission::Deny => format!(
            "cs-guard denied this: {named}. Do not look for another way; the user decides, in the group guard of config.json"
        ),
    }
}

fn owner(hook: &HookCall, lease: &Lease) -> String {
    let id = lease.owner.agent_id.as_deref().and_then(|id| cs_core::id::SeatId::parse(id).ok());
    let seat = id.and_then(|id| Seats::of(&hook.store).seat(&id).ok());
    seat.map_or_else(|| lease.owner.word(), |seat| seat.title())
}

fn paths(lease: &Lease) -> String {
    hook_call::first_line(&lease.paths.join(", "), TARGET)
}
