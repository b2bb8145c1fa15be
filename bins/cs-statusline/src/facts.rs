//! Owns the values of the placeholders, from the client's figures and from the data directory.
//! Must stay true: the cost does not depend on the number of sessions; only running conversations are examined.

use super::style::{self, Style};
use agents::statusline::Payload;
use cs_core::clock::{self, Instant};
use cs_core::git;
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::running;
use cs_core::state::State;
use cs_core::statusline::{Limit, Reading};
use cs_core::store::Store;
use cs_core::zone::{Day, Zone};
use render::{format_context, format_dollars, format_near_time, format_percent, format_progress, format_used_percent};
use std::path::Path;

/// Everything that can be shown.
#[derive(Debug, Default)]
pub struct Facts {
    project: String,
    slug_or_root: String,
    branch: String,
    model: String,
    context: Option<f64>,
    tokens: String,
    cost: String,
    today: String,
    five_hour: Option<(f64, String)>,
    seven_day: Option<(f64, String)>,
    tasks: String,
    /// How many other conversations wait for an answer, and how many are idle.
    others: (usize, usize),
    lines: String,
    intent: String,
}

impl Facts {
    /// Gathers all values. Those that cannot be found stay empty.
    pub fn gather(
        store: Option<&Store>,
        uuid: Option<&Uuid>,
        payload: &Payload,
        reading: &Reading,
        today: &Day,
        now: Instant,
    ) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let cwd = payload.cwd().map_or(here, |cwd| Path::new(cwd).to_path_buf());
        let checkout = git::find(&cwd);
        let live = store.zip(uuid).and_then(|(store, uuid)| store.live(uuid).ok()?);
        let session = store.zip(live.as_ref()).and_then(|(store, live)| session(store, live));
        let top = payload.text("/workspace/project_dir").map_or(cwd.as_path(), Path::new);
        let root = checkout.as_ref().map_or(top, |checkout| checkout.main_root.as_path());
        let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
        let limit = |limit: &Option<Limit>| limit.as_ref().map(|limit| format_limit(limit, today, now));
        let slug = live.and_then(|live| live.project_slug);
        Facts {
            slug_or_root: slug.clone().unwrap_or_else(|| root.to_string_lossy().into_owned()),
            project: slug.unwrap_or(name),
            branch: checkout.and_then(|checkout| checkout.branch).unwrap_or_default(),
            model: reading.model.clone().unwrap_or_default(),
            context: reading.context_used_percentage,
            tokens: format_context(reading.context_tokens, reading.context_window_size),
            cost: reading.cost_usd.map(format_dollars).unwrap_or_default(),
            today: store.map(|store| spent_today(store, uuid, reading, today)).unwrap_or_default(),
            five_hour: limit(&reading.five_hour),
            seven_day: limit(&reading.seven_day),
            tasks: session.as_ref().map(|session| format_progress(session.task_progress())).unwrap_or_default(),
            others: store.map(|store| count_others(store, uuid, now)).unwrap_or_default(),
            lines: format_lines(reading),
            intent: session.map(|session| session.intent).unwrap_or_default(),
        }
    }

    /// The project of the conversation as budgets name it: its slug, or the path of its folder.
    pub fn slug_or_root(&self) -> &str {
        &self.slug_or_root
    }

    /// A placeholder's value and style; `None` for an unknown name.
    pub fn value(&self, name: &str) -> Option<(String, Style)> {
        let plain = |text: &String| (text.clone(), Style::Plain);
        let limit = |limit: &Option<(f64, String)>| match limit {
            Some((used, text)) => (text.clone(), Style::of_used(*used)),
            None => (String::new(), Style::Plain),
        };
        let used = |say: fn(f64) -> String| match self.context {
            Some(used) => (say(used), Style::of_used(used)),
            None => (String::new(), Style::Plain),
        };
        Some(match name {
            "project" => (self.project.clone(), Style::Busy),
            "branch" => plain(&self.branch),
            "model" => plain(&self.model),
            "bar" => used(style::bar),
            "context" => used(format_percent),
            "tokens" => plain(&self.tokens),
            "cost" => plain(&self.cost),
            "today" => plain(&self.today),
            "five_hour" => limit(&self.five_hour),
            "seven_day" => limit(&self.seven_day),
            "tasks" => plain(&self.tasks),
            "others" => (format_others(self.others), if self.others.0 > 0 { Style::Asking } else { Style::Turn }),
            "lines" => plain(&self.lines),
            "intent" => plain(&self.intent),
            _ => return None,
        })
    }
}

fn session(store: &Store, live: &Live) -> Option<Session> {
    store.session(&live.session()?).ok()
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
    let states = running::states(store, own, now, State::needs_user);
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
