//! Owns the values of the placeholders, from the client's figures and from the data directory.
//! Must stay true: the cost does not depend on the number of sessions; what the format does not name is not read.

use super::style::{self, Style};
use agents::statusline::Payload;
use cs_core::clock::{self, Instant};
use cs_core::git::{self, Checkout};
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::running;
use cs_core::state::State;
use cs_core::statusline::{Limit, Reading};
use cs_core::store::Store;
use cs_core::zone::{Day, Zone};
use render::{format_context, format_dollars, format_near_time, format_percent, format_progress, format_used_percent};
use std::cell::OnceCell;
use std::path::PathBuf;

/// Everything that can be shown. Only what the format names is read, and once.
pub struct Facts<'a> {
    pub store: Option<&'a Store>,
    pub uuid: Option<&'a Uuid>,
    pub payload: &'a Payload,
    pub reading: &'a Reading,
    pub today: &'a Day,
    pub now: Instant,
    pub seen: Seen,
}

/// What was read.
#[derive(Default)]
pub struct Seen {
    checkout: OnceCell<Option<Checkout>>,
    live: OnceCell<Option<Live>>,
    session: OnceCell<Option<Session>>,
}

impl Facts<'_> {
    /// The project of the conversation as budgets name it: its slug, or the path of its folder.
    pub fn slug_or_root(&self) -> String {
        self.slug().map_or_else(|| self.root().to_string_lossy().into_owned(), str::to_string)
    }

    fn slug(&self) -> Option<&str> {
        self.live()?.project_slug.as_deref()
    }

    fn root(&self) -> PathBuf {
        let top = || self.payload.text("/workspace/project_dir").map_or_else(|| self.cwd(), PathBuf::from);
        self.checkout().map_or_else(top, |checkout| checkout.main_root.clone())
    }

    fn project(&self) -> String {
        let name = |root: PathBuf| root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
        self.slug().map_or_else(|| name(self.root()), str::to_string)
    }

    fn cwd(&self) -> PathBuf {
        self.payload.cwd().map_or_else(|| std::env::current_dir().unwrap_or_default(), PathBuf::from)
    }

    fn checkout(&self) -> Option<&Checkout> {
        self.seen.checkout.get_or_init(|| git::find(&self.cwd())).as_ref()
    }

    fn live(&self) -> Option<&Live> {
        let read = || self.store?.live(self.uuid?).ok()?;
        self.seen.live.get_or_init(read).as_ref()
    }

    fn session(&self) -> Option<&Session> {
        let read = || self.store?.recent(&self.live()?.session()?).ok();
        self.seen.session.get_or_init(read).as_ref()
    }

    /// A placeholder's value and style; `None` for an unknown name.
    pub fn value(&self, name: &str) -> Option<(String, Style)> {
        let reading = self.reading;
        let plain = |text: Option<String>| (text.unwrap_or_default(), Style::Plain);
        let limit = |limit: &Option<Limit>| match limit {
            Some(limit) => {
                let (used, text) = format_limit(limit, self.today, self.now);
                (text, Style::of_used(used))
            }
            None => plain(None),
        };
        let used = |say: fn(f64) -> String| match reading.context_used_percentage {
            Some(used) => (say(used), Style::of_used(used)),
            None => plain(None),
        };
        let spent = |store| spent_today(store, self.uuid, reading, self.today);
        let others = || self.store.map(|store| count_others(store, self.uuid, self.now)).unwrap_or_default();
        Some(match name {
            "project" => (self.project(), Style::Busy),
            "branch" => plain(self.checkout().and_then(|checkout| checkout.branch.clone())),
            "model" => plain(reading.model.clone()),
            "bar" => used(style::bar),
            "context" => used(format_percent),
            "tokens" => plain(Some(format_context(reading.context_tokens, reading.context_window_size))),
            "cost" => plain(reading.cost_usd.map(format_dollars)),
            "today" => plain(self.store.map(spent)),
            "five_hour" => limit(&reading.five_hour),
            "seven_day" => limit(&reading.seven_day),
            "tasks" => plain(self.session().map(|session| format_progress(session.task_progress()))),
            "others" => match others() {
                others @ (0, _) => (format_others(others), Style::Turn),
                others => (format_others(others), Style::Asking),
            },
            "lines" => plain(Some(format_lines(reading))),
            "intent" => plain(self.session().map(|session| session.intent.clone())),
            _ => return None,
        })
    }
}

fn format_lines(reading: &Reading) -> String {
    match (reading.lines_added, reading.lines_removed) {
        (None | Some(0), None | Some(0)) => String::new(),
        (added, removed) => format!("+{} -{}", added.unwrap_or(0), removed.unwrap_or(0)),
    }
}

/// The cost of all conversations today, with the figure of this one that was just read.
fn spent_today(store: &Store, uuid: Option<&Uuid>, reading: &Reading, today: &Day) -> String {
    let mut spent = store.spent_on(&today.date);
    if let (Some(uuid), Some(cost)) = (uuid, reading.cost_today_usd()) {
        spent.insert(uuid.to_string(), cost);
    }
    match spent.is_empty() {
        true => String::new(),
        false => format_dollars(spent.values().sum()),
    }
}

/// `41% →15:00`: how much is used, and when the limit is reset. A limit that was reset since the report is empty, because
/// its present value is unknown.
fn format_limit(limit: &Limit, today: &Day, now: Instant) -> (f64, String) {
    let used = limit.used_percentage;
    match limit.resets_at.as_deref().and_then(clock::parse) {
        Some(at) if at <= now => (0.0, String::new()),
        Some(at) => (used, format!("{} →{}", format_used_percent(used), format_near_time(at, today, Zone::system()))),
        None => (used, format_used_percent(used)),
    }
}

/// Counts the other conversations that wait for the person, and those that are idle.
fn count_others(store: &Store, own: Option<&Uuid>, now: Instant) -> (usize, usize) {
    let states = running::states(store, own, store.config().stale_after(), now, State::needs_user);
    let waiting = states.iter().filter(|state| **state == State::Waiting).count();
    (waiting, states.len() - waiting)
}

fn format_others(others: (usize, usize)) -> String {
    match others {
        (0, 0) => String::new(),
        (0, idle) => format!("{idle} idle"),
        (waiting, 0) => format!("{waiting} waiting"),
        (waiting, idle) => format!("{waiting} waiting, {idle} idle"),
    }
}
