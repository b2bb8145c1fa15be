//! `list`: lists sessions. The rows come from the index, unless whole records are printed or searched.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Form, Out, Outcome, found, shown, words};
use cs_core::Error;
use cs_core::clock::{self, Instant};
use cs_core::id::{SessionId, Slug, Uuid};
use cs_core::index::IndexEntry;
use cs_core::range::Range;
use cs_core::record::{Session, Status};
use cs_core::search;
use cs_core::state::{STATES, State, Verdict};
use cs_core::states::States;
use cs_core::statusline::Reading;
use cs_core::store::{Store, of_repo};
use render::{ESTIMATE, format_age_cell, format_dollars, format_percent};
use serde::Serialize;
use std::cell::Cell;

/// list sessions, newest first
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "list",
    example = "{command_name} --state waiting",
    example = "{command_name} --repo . --status parked",
    example = "{command_name} --project api --since 7d --search login --full --json"
)]
pub struct List {
    /// only this project, by its short name
    #[argh(option)]
    project: Option<String>,
    /// only this repository, in all its clones: a directory in one of them, or its address
    #[argh(option)]
    repo: Option<String>,
    /// only this status: active, parked or completed
    #[argh(option, from_str_fn(parse_status))]
    status: Option<Status>,
    /// only this state: waiting, idle, background, working, suspended, gone, stale, unknown, parked or completed; or failed,
    /// if the last turn failed
    #[argh(option, from_str_fn(parse_state))]
    state: Option<StateFilter>,
    /// only sessions without a sign of life for stale_threshold_hours
    #[argh(switch)]
    stale: bool,
    /// only sessions started at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time such
    /// as 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option)]
    since: Option<String>,
    /// only sessions started before TIME; if TIME is a day, up to the end of that day
    #[argh(option)]
    until: Option<String>,
    /// only sessions with this text in the id, intent or project; with --full, anywhere in the record
    #[argh(option)]
    search: Option<String>,
    /// at most this many sessions
    #[argh(option, from_str_fn(parse_limit))]
    limit: Option<usize>,
    /// include archived sessions
    #[argh(switch)]
    include_archived: bool,
    /// print whole records
    #[argh(switch)]
    full: bool,
}

fn parse_limit(text: &str) -> std::result::Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of sessions"))
}

fn parse_status(word: &str) -> std::result::Result<Status, String> {
    let all = [Status::Active, Status::Parked, Status::Completed];
    words::choose(word, "a status", &all.map(|status| (status.as_str(), status)))
}

/// The value of `--state`.
#[derive(Clone, Copy, PartialEq)]
enum StateFilter {
    Is(State),
    /// The last turn failed, even if background work continues.
    Failed,
}

impl StateFilter {
    fn takes(self, verdict: &Verdict) -> bool {
        match self {
            StateFilter::Is(state) => verdict.state == state,
            StateFilter::Failed => verdict.failed.is_some(),
        }
    }
}

fn parse_state(word: &str) -> std::result::Result<StateFilter, String> {
    let failed = (FAILED, StateFilter::Failed);
    let all: Vec<_> = STATES.iter().map(|state| (state.as_str(), StateFilter::Is(*state))).chain([failed]).collect();
    words::choose(word, "a state", &all)
}

/// A line of the list.
#[derive(Serialize)]
struct ListRow<'a> {
    session_id: &'a str,
    project_slug: &'a str,
    status: Status,
    state: &'a str,
    state_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    intent: &'a str,
    started_at: &'a str,
    ended_at: Option<&'a str>,
    last_heartbeat: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_used_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_usd: Option<f64>,
    /// Where that number comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_by: Option<&'static str>,
}

/// The parsed filters.
struct Wanted {
    project: Option<Slug>,
    /// Projects with the repository.
    clones: Option<Vec<String>>,
    status: Option<Status>,
    state: Option<StateFilter>,
    /// The range of their start times.
    range: Range,
    search: Option<String>,
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let wanted = self.wanted(context)?;
        let Context { store, out, now } = context;
        let found = Found::new(store, *now)?;
        let index = store.index()?;
        let needle = wanted.line_filter();
        let mut rows: Vec<(SessionId, IndexEntry)> = index.entries(needle);
        let mut damaged = Vec::new();
        let archived = if self.include_archived { archived(store, &mut damaged)? } else { Vec::new() };
        rows.extend(archived.iter().map(|(id, session)| (id.clone(), IndexEntry::of(session))));
        rows.retain(|(id, entry)| wanted.takes(id, entry, self.full));
        let horizon = clock::horizon(*now);
        rows.sort_by(|(a_id, a), (b_id, b)| {
            let newer = clock::sort_key(&b.started_at, &horizon).cmp(&clock::sort_key(&a.started_at, &horizon));
            newer.then_with(|| b_id.cmp(a_id))
        });
        let limit = self.limit.unwrap_or(usize::MAX);
        let mut table = Vec::new();
        let mut shown = 0;
        let mut failures = Failures::default();
        for (id, entry) in &rows {
            if shown == limit {
                break;
            }
            let verdict = found.states.of_entry(id.as_str(), entry);
            if wanted.state.is_some_and(|kind| !kind.takes(&verdict)) || !self.matches_search(store, &wanted, id) {
                continue;
            }
            shown += 1;
            // The list still shows the session with the index's data.
            let damage = found.damage(id, entry);
            if let Some(error) = &damage {
                damaged.push(Error::corrupt(&store.home.session(id), reason(error)));
            }
            let state = match &damage {
                Some(_) => DAMAGED,
                None => verdict.state.as_str(),
            };
            if out.form == Form::Table && !out.quiet {
                let label = if damage.is_some() { DAMAGED.to_string() } else { verdict.label() };
                table.push(table_row(id, entry, (&label, &verdict), &found.reading(id), *now));
            } else if self.full && !out.quiet {
                match print_full(&found, out, id, &verdict) {
                    Err(Failure::Core(Error::Corrupt { .. })) if damage.is_some() => {}
                    // A damaged record must not hide the others.
                    Err(failure) => failures.report(failure)?,
                    Ok(()) => {}
                }
            } else {
                print(out, id, entry, (state, verdict), &found.reading(id))?;
            }
        }
        print_table(out, table)?;
        out.flush()?;
        // Except for the archive, these are known only when the index was just rebuilt; `cs-cleanup check` finds them all.
        damaged.extend(index.damaged().iter().map(|(path, error)| Error::corrupt(path, reason(error))));
        for error in damaged {
            failures.report(error)?;
        }
        failures.end()?;
        if shown == 0 { Err(found::no_session(store, self.project.as_deref())) } else { Ok(()) }
    }

    fn wanted(&self, context: &Context) -> Outcome<Wanted> {
        if self.stale && self.state.is_some_and(|state| state != StateFilter::Is(State::Stale)) {
            return Err(Failure::Usage("--stale and --state cannot be combined".into(), None));
        }
        Ok(Wanted {
            project: self.project.as_deref().map(Slug::parse).transpose()?,
            clones: self.repo.as_deref().map(|repo| clones(context, repo)).transpose()?,
            status: self.status,
            state: if self.stale { Some(StateFilter::Is(State::Stale)) } else { self.state },
            range: context.range(self.since.as_deref(), self.until.as_deref())?,
            search: self.search.as_ref().map(|text| text.to_lowercase()),
        })
    }

    /// Whether the record contains the searched text; without --full, the index was searched already.
    fn matches_search(&self, store: &Store, wanted: &Wanted, id: &SessionId) -> bool {
        match (&wanted.search, self.full) {
            (Some(text), true) => store.session(id).is_ok_and(|session| search::says(&session, text)),
            _ => true,
        }
    }
}

impl Wanted {
    /// A filter on raw lines of the index, for speed only; `takes` decides.
    fn line_filter(&self) -> impl Fn(&str) -> bool {
        let project = self.project.as_ref().map(|slug| cs_core::index::of_project(slug.as_str()));
        let status = self.status.map(cs_core::index::of_status);
        move |line| project.as_ref().is_none_or(|fits| fits(line)) && status.as_ref().is_none_or(|fits| fits(line))
    }

    fn takes(&self, id: &SessionId, entry: &IndexEntry, full: bool) -> bool {
        self.project.as_ref().is_none_or(|slug| entry.project_slug == slug.as_str())
            && self.clones.as_ref().is_none_or(|clones| clones.iter().any(|slug| *slug == entry.project_slug))
            && self.status.is_none_or(|status| entry.status == status)
            && self.range.contains_text(&entry.started_at)
            && (full || self.search.as_ref().is_none_or(|text| contains(id, entry, text)))
    }
}

/// Finds the projects that are clones of a repository.
fn clones(context: &Context, repo: &str) -> Outcome<Vec<String>> {
    let repo = cli::repo::named(repo)?;
    let config = context.config();
    let clones: Vec<String> = of_repo(&config, &repo).into_iter().map(str::to_string).collect();
    if clones.is_empty() { Err(Failure::Nothing(format!("no project has the repository {repo}"))) } else { Ok(clones) }
}

fn contains(id: &SessionId, entry: &IndexEntry, text: &str) -> bool {
    [id.as_str(), &entry.intent, &entry.project_slug].iter().any(|field| field.to_lowercase().contains(text))
}

/// The data that states are derived from, read once.
struct Found<'a> {
    store: &'a Store,
    states: States<'a>,
    /// How many records were checked for damage.
    checked: Cell<usize>,
}

/// Maximum number of records that a list checks for damage.
const CHECKED: usize = 200;
/// The state of a session whose record is damaged.
const DAMAGED: &str = "damaged";
/// The state shown for a session whose last turn failed.
const FAILED: &str = "failed";

impl<'a> Found<'a> {
    fn new(store: &'a Store, now: Instant) -> Outcome<Self> {
        let stale_after = cli::config_of(store).stale_after();
        Ok(Found { store, states: States::read(store, stale_after, now)?, checked: Cell::new(0) })
    }

    /// Returns the error if the record of an active session is damaged, which the index does not show. Only a limited
    /// number of records is checked, and ended sessions are not, because nobody works in them.
    fn damage(&self, id: &SessionId, entry: &IndexEntry) -> Option<Error> {
        let checked = self.checked.get();
        if entry.status != Status::Active || checked == CHECKED {
            return None;
        }
        self.checked.set(checked + 1);
        self.store.session(id).err().filter(|error| matches!(error, Error::Corrupt { .. }))
    }

    /// The latest figures of the session's status line, while its conversation runs.
    fn reading(&self, id: &SessionId) -> Reading {
        let live = self.states.live(id.as_str());
        let uuid = live.and_then(|live| Uuid::parse(&live.claude_session_id).ok());
        uuid.and_then(|uuid| self.store.reading(&uuid)).unwrap_or_default()
    }
}

/// The reason why a record is missing from the list.
fn reason(error: &Error) -> String {
    match error {
        Error::Corrupt { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// Reads the archived sessions; the errors of damaged ones are added to `damaged`.
fn archived(store: &Store, damaged: &mut Vec<Error>) -> Outcome<Vec<(SessionId, Session)>> {
    let mut found = Vec::new();
    for id in store.ids(&store.home.archive())? {
        match store.session(&id) {
            Ok(session) => found.push((id, session)),
            Err(Error::Missing(_)) => {}
            Err(error) => damaged.push(error),
        }
    }
    Ok(found)
}

fn table_row(
    id: &SessionId,
    entry: &IndexEntry,
    (state, verdict): (&str, &Verdict),
    reading: &Reading,
    now: Instant,
) -> Vec<String> {
    let age = clock::parse(&entry.started_at).map(|at| format_age_cell(at, now)).unwrap_or_default();
    let context = reading.context_used_percentage.map(format_percent).unwrap_or_default();
    let cost = reading.cost_usd.map(format_dollars).unwrap_or_default();
    vec![
        id.to_string(),
        state.to_string(),
        entry.project_slug.to_string(),
        age,
        context,
        cost,
        match &verdict.said {
            Some(said) => format!("{} (said: {said})", entry.intent),
            None => entry.intent.to_string(),
        },
    ]
}

/// Prints the table without empty columns.
fn print_table(out: &mut Out, rows: Vec<Vec<String>>) -> Outcome<()> {
    let titles = ["id", "state", "project", "age", "context", ESTIMATE, "intent"];
    let is_used = |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
    let used: Vec<usize> = (0..titles.len()).filter(is_used).collect();
    let header: Vec<&str> = used.iter().filter_map(|column| titles.get(*column).copied()).collect();
    let pick = |row: Vec<String>| used.iter().filter_map(|column| row.get(*column).cloned()).collect();
    let rows: Vec<Vec<String>> = rows.iter().cloned().map(pick).collect();
    if rows.is_empty() { Ok(()) } else { out.table(&header, &rows) }
}

fn print_full(found: &Found, out: &mut Out, id: &SessionId, verdict: &Verdict) -> Outcome<()> {
    match found.store.session(id) {
        Ok(mut session) => {
            found.states.drop_answered(&mut session, verdict);
            out.json(&shown(&session, verdict, None))
        }
        // Removed since the index was read.
        Err(Error::Missing(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn print(
    out: &mut Out,
    id: &SessionId,
    entry: &IndexEntry,
    (state, verdict): (&str, Verdict),
    reading: &Reading,
) -> Outcome<()> {
    if out.quiet {
        return out.line(id.as_str());
    }
    out.json(&ListRow {
        session_id: id.as_str(),
        project_slug: &entry.project_slug,
        status: entry.status,
        state,
        state_reason: verdict.reason,
        failed: verdict.failed,
        said: verdict.said,
        intent: &entry.intent,
        started_at: &entry.started_at,
        ended_at: entry.ended_at.as_deref(),
        last_heartbeat: &entry.last_heartbeat,
        context_used_percentage: reading.context_used_percentage,
        cost_usd: reading.cost_usd,
        cost_by: reading.cost_usd.map(|_| "client"),
    })
}
