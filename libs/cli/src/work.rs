//! Owns how the calls of a session are shown to people: one line of sums, then the calls that they should know of, then
//! the subagents.

use crate::block::Block;
use audit::{Call, NAMED, Subagent, Work};
use cs_core::clock;
use cs_core::zone::Zone;
use render::{format_call, format_call_details, format_calls, format_local_minute, format_quantity};

/// Maximum number of calls that are shown of each kind, the newest.
const SHOWN: usize = 10;
/// Maximum number of subagents that are shown, the newest.
const SUBAGENTS: usize = 20;

/// Adds what a session's calls come to.
pub fn add_work(block: &mut Block, work: &Work, id: &str) {
    block.field("tools", &work.sums.as_ref().map(format_calls).unwrap_or_default());
    for verdict in NAMED {
        let shown: Vec<&Call> = work.with(verdict).take(SHOWN).collect();
        let rest = work.count(verdict).saturating_sub(shown.len() as u64);
        block.section(verdict.word(), shown.into_iter().rev().map(|call| (when(&call.at), line(call))));
        if rest > 0 {
            let word = verdict.word();
            block.item("", &format!("{rest} more: cs-audit list --session {id} --verdict {word}"));
        }
    }
    let first = work.subagents.len().saturating_sub(SUBAGENTS);
    let subagents = work.subagents.iter().skip(first);
    block
        .section("subagents", subagents.map(|one| (one.began.as_deref().map(when).unwrap_or_default(), describe(one))));
    if first > 0 {
        block.item("", &format!("{} before them", format_quantity(first as u64, "subagent")));
    }
}

fn when(at: &str) -> String {
    format!("{}  ", clock::parse(at).map(|at| format_local_minute(at, Zone::system())).unwrap_or_default())
}

fn line(call: &Call) -> String {
    format!("{}  ({})", format_call(call), format_call_details(call))
}

/// `Explore a1b2: find the parser, 12 calls, ended 2026-11-21 10:04`
fn describe(one: &Subagent) -> String {
    let kind = one.agent_type.as_deref().map(|kind| format!("{kind} ")).unwrap_or_default();
    let purpose = one.purpose.as_deref().map(|purpose| format!(": {purpose}")).unwrap_or_default();
    let calls = format_quantity(one.calls, "call");
    let ended =
        one.ended.as_deref().map_or("no end was reported".to_string(), |at| format!("ended {}", when(at).trim()));
    format!("{kind}{}{purpose}, {calls}, {ended}", one.agent_id)
}
