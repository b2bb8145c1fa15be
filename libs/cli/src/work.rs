//! Owns how the calls of a session are shown to people: one line of sums, then the calls that they should know of, then
//! the subagents.

use crate::block::Block;
use audit::{Call, NAMED, Work};
use cs_core::clock;
use cs_core::zone::Zone;
use render::{format_call, format_call_details, format_calls, format_local_minute, format_quantity, format_subagent};

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
    block.section(
        "subagents",
        subagents.map(|one| (one.began.as_deref().map(when).unwrap_or_default(), format_subagent(one, Zone::system()))),
    );
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
