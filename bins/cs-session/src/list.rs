//! `list`: lists sessions. The rows come from the index, unless whole records are printed or searched.

mod choice;
mod found;
mod line;
mod others;
mod table;
mod tagged;
mod wanted;

pub use choice::choice;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Form, Out, Outcome, ShortIds, words};
use cs_core::Error;
use cs_core::board::{self, RECENT};
use cs_core::clock;
use cs_core::id::{SessionId, Slug};
use cs_core::index::IndexEntry;
use cs_core::parallel;
use cs_core::record::Status;
use cs_core::refs::Links;
use cs_core::search::Sought;
use cs_core::state::{STATES, State, Verdict};
use found::{Found, Row, archived, reason};
use others::Elsewhere;
use std::path::PathBuf;
use sync::Machine;
use wanted::{Wanted, clones};

/// list sessions: on a terminal what is current, the most urgent first; in a pipe all, newest first
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
    /// only this state: waiting, idle, background, working, suspended, gone, stale, unknown, parked, completed or failed
    /// (if the last turn failed)
    #[argh(option, from_str_fn(parse_state))]
    state: Option<StateFilter>,
    /// only sessions without a sign of life for stale_threshold_hours
    #[argh(switch)]
    stale: bool,
    /// only sessions started at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time such
    /// as 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option)]
    since: Option<String>,
    /// only sessions started before TIME; if TIME is a day, up to the end of that day
    #[argh(option)]
    until: Option<String>,
    /// only sessions with this text in the id, intent or project; with --full, anywhere in the record
    #[argh(option)]
    search: Option<String>,
    /// only sessions whose conversation has this tag, on it or on an entry; may be repeated, then with all of them
    #[argh(option)]
    tag: Vec<String>,
    /// only sessions with an entry of this disposition, such as followed or needs-review; may be repeated
    #[argh(option)]
    disposition: Vec<String>,
    /// only sessions that name this issue, such as ABC-12 or #12, in the branch, the commits or the intent
    #[argh(option, long = "ref")]
    issue: Option<String>,
    /// at most this many sessions
    #[argh(option, from_str_fn(parse_limit))]
    limit: Option<usize>,
    /// include archived sessions
    #[argh(switch)]
    include_archived: bool,
    /// print whole records
    #[argh(switch)]
    full: bool,
    /// also show sessions of other machines: a machine's folder, or a folder of such folders, as `cs-sync pull --into` and
    /// `cs-sync push --into` make them; may be repeated
    #[argh(option, arg_name = "dir")]
    also: Vec<PathBuf>,
    /// for people: all sessions, newest first, instead of only what is current (in a pipe this is the default)
    #[argh(switch)]
    all: bool,
}

/// The state shown for a session whose last turn failed.
const FAILED: &str = "failed";

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

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let wanted = self.wanted(context)?;
        let mut failures = Failures::default();
        let elsewhere = others::read(context, &self.asked(&wanted), &mut failures)?;
        let Context { store, out, now } = context;
        let found = Found::new(store, *now)?;
        let index = store.index()?;
        let mut damaged = Vec::new();
        let archived = if self.include_archived { archived(store, &mut damaged)? } else { Vec::new() };
        let mut entries = index.latest(self.first(), *now, wanted.line_filter());
        let is_all = entries.len() < self.first();
        entries.extend(archived.iter().cloned());
        let mut others;
        let is_table = out.form == Form::Table && !out.quiet;
        let (rows, more, hidden) = match is_table && self.shows_board() {
            true => current(&found, &entries),
            false => match self.matching(&found, &wanted, &mut entries)? {
                rows if is_all || self.limit.is_some_and(|limit| rows.len() >= limit) => (rows, 0, 0),
                _ => {
                    others = index.entries(wanted.line_filter());
                    (self.matching(&found, &wanted, &mut others)?, 0, 0)
                }
            },
        };
        let rows = self.with_others(&found, rows, &elsewhere);
        let mut rows = if is_table { found.in_families(rows) } else { rows };
        found.check(&mut rows);
        if is_table && !rows.is_empty() {
            let ids = index.ids(|_| true);
            let others = elsewhere.iter().map(|one| &one.id);
            let ids = ShortIds::among(ids.iter().chain(archived.iter().map(|(id, _)| id)).chain(others));
            let is_shared = rows.iter().any(|row| row.elsewhere.is_some());
            let here = is_shared.then(|| Machine::name_here(&store.home)).transpose()?;
            let table = table::table(&found, &rows, &ids, here.as_deref());
            match self.shows_board() {
                true => table::print_screen(out, &table, more, hidden)?,
                false => out.show(&table).map(drop)?,
            }
        } else {
            self.print_rows(&found, out, &rows, &mut failures)?;
        }
        out.flush()?;
        let corrupt =
            |row: &Row| row.damage.as_ref().map(|why| Error::corrupt(&store.home.session(row.id), reason(why)));
        damaged.extend(rows.iter().filter_map(corrupt));
        // Except for the archive, these are known only when the index was just rebuilt; `cs-cleanup check` finds them all.
        damaged.extend(index.damaged().map(|(path, error)| Error::corrupt(path, reason(error))));
        for error in damaged {
            failures.report(error)?;
        }
        failures.end()?;
        if rows.is_empty() { Err(self.nothing(store)) } else { Ok(()) }
    }

    /// How many of the newest sessions are looked at first: with a limit, hardly ever more are needed.
    fn first(&self) -> usize {
        let is_limited = !self.include_archived;
        self.limit.filter(|_| is_limited).map_or(usize::MAX, |limit| limit.saturating_mul(2).saturating_add(16))
    }

    /// Why the list is empty. A conversation can have a tag without a session.
    fn nothing(&self, store: &cs_core::store::Store) -> cli::Failure {
        match self.tag.is_empty() && self.disposition.is_empty() {
            true => cli::found::no_session(store, self.project.as_deref()),
            false => {
                let hint = "conversations without a session have tags, too: cs-transcript list --tag NAME";
                cli::Failure::Advised("no session matches".into(), hint.into())
            }
        }
    }

    /// Whether a table shows only what is current: nothing else was asked for.
    fn shows_board(&self) -> bool {
        let filters = [&self.project, &self.repo, &self.since, &self.until, &self.search, &self.issue];
        let has_words = !self.tag.is_empty() || !self.disposition.is_empty();
        let has_others = !self.also.is_empty();
        let has_kind = self.status.is_some() || self.state.is_some();
        let asks = [has_words, self.all, self.stale, self.include_archived, has_kind, has_others];
        !asks.contains(&true) && self.limit.is_none() && filters.iter().all(|filter| filter.is_none())
    }

    /// What is asked about other machines.
    fn asked<'a>(&'a self, wanted: &'a Wanted) -> others::Asked<'a> {
        let is_local = self.repo.is_some() || !self.disposition.is_empty();
        others::Asked { dirs: &self.also, wanted, tags: &self.tag, is_local, is_full: self.full }
    }

    /// The rows with those of other machines, newest first.
    fn with_others<'e>(&self, found: &Found, mut rows: Vec<Row<'e>>, others: &'e [Elsewhere]) -> Vec<Row<'e>> {
        if !others.is_empty() {
            rows.extend(others.iter().map(|one| found.elsewhere(one)));
            let horizon = clock::horizon(found.states.now());
            rows.sort_by(|a, b| {
                let key = clock::sort_key(&a.entry.started_at, &horizon);
                clock::sort_key(&b.entry.started_at, &horizon).cmp(&key).then_with(|| b.id.cmp(a.id))
            });
            rows.truncate(self.limit.unwrap_or(usize::MAX));
        }
        rows
    }

    /// The sessions that match, newest first.
    fn matching<'e>(
        &self,
        found: &Found,
        wanted: &Wanted,
        entries: &'e mut Vec<(SessionId, IndexEntry<'e>)>,
    ) -> Outcome<Vec<Row<'e>>> {
        entries.retain(|(id, entry)| {
            wanted.takes(id, entry) && found.tagged.fits(id.as_str(), &self.tag, &self.disposition)
        });
        let horizon = clock::horizon(found.states.now());
        entries.sort_by(|(a_id, a), (b_id, b)| {
            let newer = clock::sort_key(&b.started_at, &horizon).cmp(&clock::sort_key(&a.started_at, &horizon));
            newer.then_with(|| b_id.cmp(a_id))
        });
        let judge = |entry: &'e (SessionId, IndexEntry<'e>)| {
            let (id, entry) = entry;
            let verdict = found.states.of_entry(id.as_str(), entry);
            let fits = wanted.state.is_none_or(|kind| kind.takes(&verdict)) && wanted.takes_record(&found.records, id);
            fits.then_some((id, entry, verdict))
        };
        let (mut rows, limit) = (Vec::new(), self.limit.unwrap_or(usize::MAX));
        // An error means that there are enough rows.
        let _ = parallel::in_order(entries, judge, |judged| {
            if rows.len() < limit {
                rows.extend(judged.map(|(id, entry, verdict)| found.row(id, entry, verdict)));
            }
            if rows.len() < limit { Ok(()) } else { Err(()) }
        });
        Ok(rows)
    }

    /// Prints sessions for programs.
    fn print_rows(&self, found: &Found, out: &mut Out, rows: &[Row], failures: &mut Failures) -> Outcome<()> {
        let is_quiet = out.quiet;
        let line = |row: &Row| match self.full {
            _ if is_quiet => Ok(format!("{}\n", row.id).into_bytes()),
            true => line::full_line(found, row),
            false => line::row_line(found, row),
        };
        parallel::in_order(
            rows,
            |row| (row, line(row)),
            |(row, line)| match line {
                Ok(line) => out.bytes(&line),
                Err(Failure::Core(Error::Corrupt { .. })) if row.damage.is_some() => Ok(()),
                // A damaged record must not hide the others.
                Err(failure) => failures.report(failure),
            },
        )
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
            search: self.search.as_deref().map(Sought::new),
            issue: self.issue.clone().map(|issue| (issue, Links::of(&context.config()))),
            full: self.full,
        })
    }
}

/// The sessions that are current, the most urgent first, how many others there are, and how many of hidden projects need
/// the user.
fn current<'e>(found: &Found, entries: &'e [(SessionId, IndexEntry<'e>)]) -> (Vec<Row<'e>>, usize, usize) {
    let board = board::arrange(&found.states, &found.config, entries, RECENT);
    let rows = board.rows.into_iter().map(|row| found.row(row.id, row.entry, row.verdict));
    (rows.collect(), board.earlier, board.hidden)
}
