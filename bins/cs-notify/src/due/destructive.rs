//! Owns what is told about destructive calls: the newest one of a running conversation. It comes from the log of what tools
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

impl Finder<'_> {
    /// The newest destructive call that was not denied. What is denied was known to somebody.
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
        let newest = calls.into_iter().find(|call| call.outcome != Outcome::Denied);
        newest.map(|call| Found {
            reason: Reason::Destructive,
            since: call.at.clone(),
            headline: "destructive command".into(),
            why: describe(&call),
            state: verdict.state,
            said: None,
            once: true,
            level: None,
        })
    }
}

/// `rm -rf build (rm-recursive; done after 1.2 s)`
fn describe(call: &Call) -> Why {
    format!("{} ({})", format_call(call), format_call_details(call)).into()
}
