//! Owns the order in which people see their sessions: what needs them first, then what runs, then what they left.
//! Every view that shows what is going on now (`cs-top`, the list on a terminal) takes its rows from here.
//! Must stay true: pure except for the states; archived sessions and all but the latest completed ones are left out and
//! counted.

use crate::clock::{self, Instant};
use crate::config::Config;
use crate::id::SessionId;
use crate::index::IndexEntry;
use crate::record::Status;
use crate::state::{State, Verdict};
use crate::states::States;
use std::cmp::Reverse;

/// How many completed sessions are shown: the latest.
pub const RECENT: usize = 10;
/// A session that failed or is gone is left out after so many days.
const GONE_DAYS: i64 = 7;

/// Why a session is where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The user has to act: a question, or the agent's turn is over. The longest wait first.
    NeedsUser,
    /// A turn runs.
    Working,
    /// The turn is over, something runs in the background.
    Background,
    /// The last turn failed, the process is gone, or nothing has been heard for long.
    FailedOrGone,
    /// Left for later.
    Parked,
    /// Completed lately.
    Completed,
}

/// All groups, in order.
pub const GROUPS: [Group; 6] =
    [Group::NeedsUser, Group::Working, Group::Background, Group::FailedOrGone, Group::Parked, Group::Completed];

impl Group {
    /// The group of a session.
    pub fn of(verdict: &Verdict) -> Self {
        let is_settled = matches!(verdict.state, State::Waiting | State::Parked | State::Completed);
        if verdict.failed.is_some() && !is_settled { Group::FailedOrGone } else { Group::of_state(verdict.state) }
    }

    /// The group of a session in this state, unless its last turn failed.
    pub fn of_state(state: State) -> Self {
        match state {
            State::Parked => Group::Parked,
            State::Completed => Group::Completed,
            State::Waiting | State::Idle => Group::NeedsUser,
            State::Working => Group::Working,
            State::Background => Group::Background,
            State::Suspended | State::Gone | State::Stale | State::Unknown => Group::FailedOrGone,
        }
    }

    /// The title for people.
    pub fn title(self) -> &'static str {
        match self {
            Group::NeedsUser => "needs you",
            Group::Working => "working",
            Group::Background => "in the background",
            Group::FailedOrGone => "failed or gone",
            Group::Parked => "parked",
            Group::Completed => "lately completed",
        }
    }
}

/// A session on the board.
#[derive(Clone, Debug)]
pub struct BoardRow<'e> {
    /// The session's id.
    pub id: &'e SessionId,
    /// What the index knows about it.
    pub entry: &'e IndexEntry<'e>,
    /// Its state.
    pub verdict: Verdict,
    /// Its group.
    pub group: Group,
}

/// The sessions that matter now.
#[derive(Clone, Debug)]
pub struct Board<'e> {
    /// In the order in which people see them.
    pub rows: Vec<BoardRow<'e>>,
    /// Number of sessions that are left out: completed ones, and those that were gone long ago.
    pub earlier: usize,
    /// Number of sessions of hidden projects that need the user.
    pub hidden: usize,
}

/// Arranges the sessions of the index, without those of hidden projects. Only `recent` completed sessions are kept; states
/// are derived for these and for all that are not completed.
pub fn arrange<'e>(
    states: &States,
    config: &Config,
    entries: &'e [(SessionId, IndexEntry<'e>)],
    recent: usize,
) -> Board<'e> {
    let horizon = clock::horizon(states.now());
    let is_hidden = |entry: &IndexEntry| config.is_hidden(&entry.project_slug);
    let hidden = entries.iter().filter(|(_, entry)| entry.status == Status::Active && is_hidden(entry));
    let hidden = hidden.filter(|row| judge(states, row).group == Group::NeedsUser).count();
    let shown = entries.iter().filter(|(_, entry)| !is_hidden(entry));
    let (mut completed, current): (Vec<_>, Vec<_>) = shown.partition(|(_, entry)| entry.status == Status::Completed);
    let ended = |entry: &'e IndexEntry| clock::sort_key(entry.ended_at.as_deref().unwrap_or_default(), &horizon);
    let by_end = |(id, entry): &&'e (SessionId, IndexEntry<'e>)| Reverse((ended(entry), id));
    let mut earlier = completed.len().saturating_sub(recent);
    if earlier > 0 && recent > 0 {
        completed.select_nth_unstable_by_key(recent - 1, by_end);
    }
    completed.truncate(recent);
    let mut rows: Vec<BoardRow> = current.into_iter().chain(completed).map(|row| judge(states, row)).collect();
    let known = rows.len();
    rows.retain(|row| !is_long_gone(row, states.now()));
    earlier += known - rows.len();
    rows.sort_by(|a, b| rank(a, states.now()).cmp(&rank(b, states.now())).then_with(|| b.id.cmp(a.id)));
    Board { rows, earlier, hidden }
}

fn is_long_gone(row: &BoardRow, now: Instant) -> bool {
    let days = row.verdict.since.map(|since| (now - since).num_days());
    row.group == Group::FailedOrGone && days.is_some_and(|days| days >= GONE_DAYS)
}

fn judge<'e>(states: &States, (id, entry): &'e (SessionId, IndexEntry<'e>)) -> BoardRow<'e> {
    let verdict = states.of_entry(id.as_str(), entry);
    BoardRow { id, entry, group: Group::of(&verdict), verdict }
}

fn rank(row: &BoardRow, now: Instant) -> (Group, bool, i64) {
    urgency(row.group, row.verdict.state, row.verdict.since, now)
}

/// The place of a session among others, the smallest first: its group; questions before ended turns; then the longest
/// wait, elsewhere the latest change. `since` is when its state began.
pub fn urgency(group: Group, state: State, since: Option<Instant>, now: Instant) -> (Group, bool, i64) {
    let age = since.map(|since| (now - since).num_milliseconds());
    match group {
        Group::NeedsUser => (group, state != State::Waiting, -age.unwrap_or_default()),
        _ => (group, false, age.unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Live, Prompt};
    use crate::paths::Home;
    use crate::store::Store;
    use crate::witness::Witness;
    use chrono::TimeDelta;

    fn at(text: &str) -> Instant {
        clock::parse(text).unwrap()
    }

    fn entry(status: Status, ended: Option<&str>) -> IndexEntry<'static> {
        IndexEntry {
            project_slug: "api".into(),
            status,
            intent: "x".into(),
            started_at: "2026-11-21T08:00:00Z".into(),
            ended_at: ended.map(|at| at.to_string().into()),
            last_heartbeat: "2026-11-21T08:00:00Z".into(),
        }
    }

    fn live(id: &str, asked: Option<&str>, ended: Option<&str>) -> Live {
        let mut live = Live::new(&format!("conversation {id}"), at("2026-11-21T08:00:00Z"));
        live.session_id = Some(id.to_string());
        let prompt = Prompt { id: None, text: "go", is_typed: true, may_queue: true };
        live.prompted(&prompt, at("2026-11-21T08:01:00Z"));
        live.note_event("Event", at("2026-11-21T08:59:00Z"));
        asked.inspect(|asked| live.asked("permission for Bash", None, at(asked)));
        ended.inspect(|ended| live.turn_ended(0, None, at(ended)));
        live
    }

    #[test]
    fn what_needs_the_user_longest_comes_first_and_old_completed_sessions_are_counted() {
        let now = at("2026-11-21T09:00:00Z");
        let folder = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(folder.path()), Witness::NONE);
        let ids: Vec<SessionId> =
            (0..9).map(|n| SessionId::parse(&format!("sess_20261121T0800_000{n}")).unwrap()).collect();
        let active = || entry(Status::Active, None);
        let rows = [
            active(),
            active(),
            active(),
            active(),
            entry(Status::Parked, Some("2026-11-20T08:00:00Z")),
            entry(Status::Completed, Some("2026-11-18T08:00:00Z")),
            entry(Status::Completed, Some("2026-11-20T08:00:00Z")),
            entry(Status::Completed, Some("2026-11-19T08:00:00Z")),
            active(),
        ];
        let entries: Vec<_> = ids.iter().cloned().zip(rows).collect();
        let lives = [
            live(ids[0].as_str(), None, Some("2026-11-21T08:10:00Z")),
            live(ids[1].as_str(), Some("2026-11-21T08:50:00Z"), None),
            live(ids[2].as_str(), Some("2026-11-21T08:40:00Z"), None),
            live(ids[3].as_str(), None, None),
        ];
        let states = States::of_lives(&store, &lives, TimeDelta::hours(2), now);
        let board = arrange(&states, &Config::default(), &entries, 2);
        let order: Vec<&str> = board.rows.iter().map(|row| &row.id.as_str()[22..]).collect();
        assert_eq!(order, ["2", "1", "0", "3", "8", "4", "6", "7"]);
        assert_eq!(board.earlier, 1);
        assert_eq!(arrange(&states, &Config::default(), &entries, 0).earlier, 3);
        let groups: Vec<Group> = board.rows.iter().map(|row| row.group).collect();
        assert!(groups.is_sorted() && groups.iter().all(|group| GROUPS.contains(group)));
    }
}
