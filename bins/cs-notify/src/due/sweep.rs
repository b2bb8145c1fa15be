//! Owns what is told about conversations that a client deletes soon and that are not kept: one notice for all of them, again
//! when another one is the first to go. The clients' folders are read only if this reason is switched on.

use crate::reasons::Reason;
use crate::settings::Settings;
use crate::subject::{Due, Subject};
use agents::logs::Roots;
use cs_core::clock::{Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::store::Store;
use cs_core::zone::Zone;
use kept::Periods;

/// How many days before it is told.
const DAYS: i64 = 5;

/// The notice, if there is anything to tell. What cannot be read suppresses no other notice: `cs-keep due` says what is wrong.
pub fn find(store: &Store, config: &Config, settings: &Settings, now: Instant) -> Option<Due> {
    settings.rule(Reason::Sweep)?;
    let roots = Roots::from_env();
    let periods = Periods::of(&roots, config);
    let due = kept::due(&store.home, &roots.logs(), &periods, TimeDelta::days(DAYS), now).ok()?;
    let lost: Vec<_> = due.iter().filter(|due| !due.is_kept).collect();
    let first = lost.first()?;
    let count = render::format_quantity(lost.len() as u64, "transcript");
    let bytes = render::format_bytes(lost.iter().map(|due| due.bytes).sum());
    let from = render::format_local_day(first.at, Zone::system());
    let subject = Subject {
        project_name: "Claude Code".to_string(),
        intent: "cs-keep run copies what is not kept".to_string(),
        agent: first.agent.word().to_string(),
        claude_session_id: Some(first.conversation.clone()),
        state_reason: format!("{count}, {bytes}"),
        ..Subject::apart(Reason::Sweep, Reason::Sweep.as_str().to_string(), first.at)
    };
    let headline = format!("deletes {count} ({bytes}) from {from}");
    Some(Due { subject: subject.cleaned(), headline, once: true, quip: None })
}
