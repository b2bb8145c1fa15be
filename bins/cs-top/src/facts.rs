//! Owns what a row shows beyond the index and the state: what the session says, its tasks, context and cost, and how many
//! destructive calls it made. A record is read only while its row is on the screen, and again only after it changed; of
//! the log of what tools did only what was appended.

use audit::Tally;
use cs_core::clock::Instant;
use cs_core::id::{SessionId, Uuid};
use cs_core::record::Session;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::state::{self, Verdict};
use cs_core::states::States;
use cs_core::store::Store;
use render::{Style, Words, format_dollars, format_percent, format_progress, format_usage_cost};
use std::collections::HashMap;

/// The texts of a row that come from its record and its status line; empty if unknown.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What the user should know first; see [`Words::news`].
    pub news: String,
    /// How that looks.
    pub style: Style,
    /// Whether it is a question, a failure or last words, which matter more than the intent.
    pub is_urgent: bool,
    /// How many destructive calls its running conversation attempted since yesterday: `2!`.
    pub alarms: String,
    /// How many tasks are done.
    pub tasks: String,
    /// How much of the context is used.
    pub context: String,
    /// The client's estimate while the conversation runs, else its cost at list prices.
    pub cost: String,
}

impl Facts {
    fn new(words: Words, context: String, cost: String) -> Self {
        let news = words.news();
        let style = news.map(|news| news.style).unwrap_or_default();
        let is_urgent = news.is_some_and(|news| !news.label.is_empty());
        let news = news.map(|news| news.text.to_string()).unwrap_or_default();
        Facts { news, style, is_urgent, alarms: String::new(), tasks: String::new(), context, cost }
    }
}

/// The versions of a record's files: its own, and the notes that are not in it yet.
type Stamps = [Option<Stamp>; 2];

/// The records that were read.
#[derive(Debug, Default)]
pub struct Records {
    known: HashMap<SessionId, (Stamps, Option<Kept>)>,
    tally: Tally,
}

/// The parts of a record that a row shows.
#[derive(Debug)]
struct Kept {
    awaiting: Option<String>,
    activity: Option<String>,
    parked: Option<String>,
    outcome: Option<String>,
    tasks: String,
    cost: String,
}

impl Kept {
    fn of(store: &Store, session: Session) -> Self {
        let usage = store.usage_of(&session).ok().flatten();
        Kept {
            tasks: format_progress(session.task_progress()),
            cost: usage.as_ref().map(format_usage_cost).unwrap_or_default(),
            awaiting: session.awaiting_action,
            activity: session.current_activity,
            parked: session.parked_reason,
            outcome: session.outcome,
        }
    }
}

impl Records {
    /// Reads what was logged since the last look. A log that cannot be read is as one without news: this screen is no
    /// place for its troubles.
    pub fn look(&mut self, store: &Store, now: Instant) {
        let _ = self.tally.look(&store.home, now);
    }

    /// The facts of a session in this state.
    pub fn facts(&mut self, store: &Store, states: &States, id: &SessionId, verdict: &Verdict) -> Facts {
        let live = states.live(id.as_str());
        let uuid = live.and_then(|live| Uuid::parse(&live.claude_session_id).ok());
        let reading = uuid.and_then(|uuid| store.reading(&uuid)).unwrap_or_default();
        let context = reading.context_used_percentage.map(format_percent).unwrap_or_default();
        let estimate = reading.cost_usd.map(format_dollars);
        let alarms = live.map_or(0, |live| self.tally.destructive(&live.claude_session_id));
        let alarms = if alarms > 0 { format!("{alarms}!") } else { String::new() };
        let Some(kept) = self.record(store, id) else {
            return Facts { alarms, ..Facts::new(Words::of(verdict), context, estimate.unwrap_or_default()) };
        };
        let mut awaiting = kept.awaiting.clone();
        state::settle(id.as_str(), &mut awaiting, states.lives(), verdict);
        let words = Words {
            awaiting: awaiting.as_deref(),
            activity: kept.activity.as_deref(),
            parked: kept.parked.as_deref(),
            outcome: kept.outcome.as_deref(),
            ..Words::of(verdict)
        };
        let cost = estimate.unwrap_or_else(|| kept.cost.clone());
        Facts { alarms, tasks: kept.tasks.clone(), ..Facts::new(words, context, cost) }
    }

    fn record(&mut self, store: &Store, id: &SessionId) -> Option<&Kept> {
        let stamps = [store.home.session(id), store.home.spool(id)].map(|path| Stamp::of(&path));
        let is_same = |(known, _): &(Stamps, _)| {
            known.iter().zip(&stamps).all(|(known, now)| unchanged(known.as_ref(), now.as_ref()))
        };
        if !self.known.get(id).is_some_and(is_same) {
            let kept = store.session(id).ok().map(|session| Kept::of(store, session));
            self.known.insert(id.clone(), (stamps, kept));
        }
        self.known.get(id)?.1.as_ref()
    }
}
