//! Owns a session as a row of a list, and the sections of rows: one for each kind, each of limited length.

use super::usage::AmountText;
use crate::asked::Asked;
use crate::query::Query;
use crate::view::commands::{self, Known, Offer};
use cs_core::board::{self, Group};
use cs_core::clock;
use cs_core::id::{Slug, Uuid};
use cs_core::overview::{Project, Summary};
use cs_core::record::Status;
use cs_core::state::State;
use seats::Brief;
use serde::Serialize;

/// Maximum number of rows of a kind that an overview shows for a project; the others are one click away.
const QUIET: usize = 8;
const PARKED: usize = 5;
const RECENT: usize = 3;
/// Maximum number of sessions of a kind at the top of the page; the others are one click away.
const AT_TOP: usize = 50;

/// A session in short, as `docs/API.md` describes it, and:
#[derive(Serialize)]
pub struct SessionRow<'a> {
    #[serde(flatten)]
    pub session: &'a Summary,
    /// The last part of its work tree's path, if that is not the project's own.
    pub worktree: Option<&'a str>,
    /// The client's report on its context and cost; see [`super::figures`].
    pub figures: Option<super::figures::Figures>,
    /// The commands that a person may copy.
    pub offers: Vec<Offer>,
    /// Its usage at the last count; only a project's page has it.
    pub used: Option<AmountText>,
    /// The seat in which it works.
    pub seat: Option<&'a Brief>,
    /// Number of rows above it whose sessions spawned each other.
    pub depth: usize,
}

/// Rows of one kind.
#[derive(Default, Serialize)]
pub struct Section<'a> {
    /// `needs_me`, `running`, `quiet` (suspended, gone, stale, unknown), `parked`, `recent` or `found`.
    pub key: &'static str,
    pub rows: Vec<SessionRow<'a>>,
    /// How many rows are left out.
    pub hidden: usize,
    /// The URL of a list with those rows.
    pub more_url: String,
}

impl Asked<'_> {
    /// A row. `home` is the project's main work tree, where that is known.
    pub fn row<'a>(&'a self, session: &'a Summary, home: Option<&str>) -> SessionRow<'a> {
        let root = session.worktree_root.as_deref().filter(|root| Some(*root) != home);
        let uuid = session.claude_session_id.as_deref().filter(|_| session.status == Status::Active);
        SessionRow {
            session,
            worktree: root.map(tail).filter(|name| *name != session.project_slug && !name.is_empty()),
            figures: uuid.and_then(|uuid| self.figures(&Uuid::parse(uuid).ok()?)),
            offers: self.offers(session),
            used: None,
            seat: self.snapshot.agents.brief(&session.session_id),
            depth: 0,
        }
    }

    /// Rows of sessions with their projects' main work trees, each below that of the session that spawned it.
    fn family_rows<'a>(&'a self, sessions: &[(&'a Summary, Option<&'a str>)]) -> Vec<SessionRow<'a>> {
        let ids: Vec<&str> = sessions.iter().map(|(session, _)| session.session_id.as_str()).collect();
        let order = self.snapshot.agents.in_families(&ids).into_iter();
        let row = |(depth, number): (usize, usize)| {
            let (session, home) = *sessions.get(number)?;
            Some(SessionRow { depth, ..self.row(session, home) })
        };
        order.filter_map(row).collect()
    }

    /// A list does not know which sessions are continued by others; the command then says so.
    fn offers(&self, session: &Summary) -> Vec<Offer> {
        let (verdicts, conversation) = (&self.snapshot.verdicts, session.claude_session_id.as_deref());
        commands::offers(&Known {
            id: &session.session_id,
            status: session.status,
            reach: verdicts.reach(self.store(), &session.session_id, conversation, session.state),
            has_conversation: conversation.is_some(),
            is_continued: false,
        })
    }

    /// A row with what it used.
    pub fn row_with_usage<'a>(&'a self, session: &'a Summary, home: Option<&str>) -> SessionRow<'a> {
        let uuid = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let used = uuid.and_then(|uuid| self.caches.usage.of(self.store(), &uuid, &session.session_id));
        SessionRow { used: used.as_ref().map(AmountText::from), ..self.row(session, home) }
    }

    /// The active sessions of all projects in such a state, in the order of `core::board`.
    pub fn at_top(&self, key: &'static str, wanted: impl Fn(State) -> bool) -> Section<'_> {
        let projects = self.snapshot.overview.shown();
        let active = projects.flat_map(|project| project.active.iter().map(move |session| (project, session)));
        let mut found: Vec<(&Project, &Summary)> = active.filter(|(_, session)| wanted(session.state)).collect();
        let now = clock::now();
        found.sort_by_key(|(_, session)| {
            let since = session.state_since.as_deref().and_then(clock::parse);
            // A failed turn needs the user here, too.
            board::urgency(Group::of_state(session.state), session.state, since, now)
        });
        let hidden = found.len().saturating_sub(AT_TOP);
        found.truncate(AT_TOP);
        Section {
            key,
            rows: self.family_rows(
                &found.iter().map(|(project, session)| (*session, project.path.as_deref())).collect::<Vec<_>>(),
            ),
            hidden,
            more_url: if key == "needs_me" { "/?state=needs_me" } else { "/?status=active" }.to_string(),
        }
    }

    /// The sections of a project in an overview, without the sessions at the top of the page.
    pub fn sections<'a>(&'a self, project: &'a Project) -> Vec<Section<'a>> {
        let is_quiet = |session: &&Summary| !session.state.needs_user() && !is_running(session.state);
        let quiet: Vec<&Summary> = project.active.iter().filter(is_quiet).collect();
        let parked: Vec<&Summary> = project.parked.iter().collect();
        let recent: Vec<&Summary> = project.recent.iter().collect();
        [
            ("quiet", Status::Active, quiet.len(), quiet, QUIET),
            ("parked", Status::Parked, project.counts.parked, parked, PARKED),
            ("recent", Status::Completed, project.counts.completed, recent, RECENT),
        ]
        .into_iter()
        .filter(|(_, _, _, sessions, _)| !sessions.is_empty())
        .map(|(key, status, count, sessions, most)| Section {
            key,
            rows: self.family_rows(
                &sessions.into_iter().take(most).map(|session| (session, project.path.as_deref())).collect::<Vec<_>>(),
            ),
            hidden: count.saturating_sub(most),
            more_url: format!("/?{}", only(&project.slug, Some(status))),
        })
        .collect()
    }
}

/// Whether it continues without the user.
pub fn is_running(state: State) -> bool {
    matches!(state, State::Working | State::Background)
}

/// The query for the sessions of one project.
pub fn only(slug: &str, status: Option<Status>) -> Query {
    Query { project: Slug::parse(slug).ok(), status, ..Query::default() }
}

/// The last part of a path.
pub fn tail(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_in_a_name() {
        assert_eq!((tail("/home/dev/api/"), tail("api"), tail("/"), tail("")), ("api", "api", "", ""));
    }
}
