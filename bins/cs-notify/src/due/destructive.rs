//! Owns what is told about destructive calls: the worst one of a running conversation, when there is a new one. It comes from the log of what tools
//! did, which is read only if this reason is switched on.

use super::{Finder, Found, NEWS_HOURS, Why};
use crate::reasons::Reason;
use audit::{Call, Filter, Outcome, Share};
use cs_core::clock::TimeDelta;
use cs_core::live::Live;
use cs_core::range::Range;
use cs_core::state::Verdict;
use render::{format_call, format_call_details};
use rules::Kind;

impl Finder<'_, '_> {
    /// The worst destructive call that was not denied, at the time of the newest one. What is denied was known to somebody.
    pub(super) fn check_destructive(&self, live: &Live, verdict: &Verdict) -> Option<Found> {
        if self.settings.rule(Reason::Destructive).is_none() || !self.store.home.audit_dir().exists() {
            return None;
        }
        let filter = Filter {
            shares: vec![Share::whole(&live.claude_session_id)],
            said: vec![Kind::Destructive.word().to_string()],
            range: Range::new(Some(self.now - TimeDelta::hours(NEWS_HOURS)), None, self.now),
            ..Filter::default()
        };
        // A log that cannot be read suppresses no other notice; `cs-audit verify` says what is wrong with it.
        let calls = audit::calls(self.store, &filter, self.now).unwrap_or_default();
        let run: Vec<Call> = calls.into_iter().filter(|call| call.outcome != Outcome::Denied).collect();
        // Of equal ones the newest, which is the first.
        let worst = run.iter().rev().max_by_key(|call| call.severity())?;
        Some(Found {
            reason: Reason::Destructive,
            since: run.first()?.at.clone(),
            headline: "destructive command".into(),
            why: describe(worst, run.len()),
            state: verdict.state,
            said: None,
            once: true,
            level: None,
        })
    }
}

/// `rm -rf build (rm-recursive; done after 1.2 s)`, and how many there were if it is not the only one.
fn describe(call: &Call, count: usize) -> Why {
    let all = if count > 1 { format!(", the worst of {count} in {NEWS_HOURS} hours") } else { String::new() };
    format!("{} ({}){all}", format_call(call), format_call_details(call)).into()
}
