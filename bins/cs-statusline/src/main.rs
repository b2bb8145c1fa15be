//! Claude Code's status line: what the conversation uses, and which sessions wait for the user.
//!
//! Reads: standard input (the client's figures), `live/`, the record, `statusline/`, git's `HEAD`; if the
//! format names them `limits/`, `config.json`, `usage/days.json`.
//! Writes: `statusline/`, at most every 10 seconds a conversation; with it a line in `limits/` for each limit that rose.
//! Exits: 0 whatever the input is; 64 usage.

mod facts;
mod layout;
mod style;
mod windows;
mod wrap;

use agents::Agent;
use agents::statusline::Payload;
use argh::{ArgsInfo, FromArgs};
use cli::{Out, Outcome, format};
use cs_core::clock;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::statusline::Reading;
use cs_core::stdin::{self, Limits};
use cs_core::store::Store;
use cs_core::zone::{Day, Zone};
use limits::account;
use std::process::ExitCode;
use std::time::Duration;

const PROGRAM: &str = "cs-statusline";
/// Maximum number of bytes of figures that are read, and how long to wait for them. The client stops a status line that
/// is not done when the next one is due.
const LIMITS: Limits =
    Limits { bytes: 16 * 1024 * 1024, silence: Duration::from_secs(2), whole: Duration::from_secs(4) };

/// Prints Claude Code's status line from the figures on standard input, and stores them for the other
/// programs. A format is text with placeholders: {project} {branch} {others} {model} {bar} {context} {tokens}
/// {cost} {today} {tasks} {five_hour} {seven_day} {lines} {intent}; {limit:NAME} for any other limit of the account,
/// {pace_5h} (how fast its five hours are used up, by how fast they pass), {runs_out} (when a limit is used up, only if
/// that is before its reset), {budget}. Costs are the client's own estimates. Text
/// in [brackets] is left out if a placeholder in it has no value. If the line is too long, the last brackets are
/// left out first. A backslash before a character makes it plain text.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} --format \"[5h {{pace_5h}}][ · used up: {{runs_out}}][ · {{budget}}]\"",
    example = "{command_name} --format \"{{model}}[ {{bar}} {{context}}]\"",
    example = "{command_name} --wrap \"~/.claude/my-statusline.sh\""
)]
struct Args {
    /// the format of the line
    #[argh(option, default = "layout::FORMAT.to_string()")]
    format: String,
    /// your own status line, shown above this one: a shell command, or a program whose arguments follow --
    #[argh(option)]
    wrap: Option<String>,
    /// the padding of the status line in Claude Code's settings (default: 0)
    #[argh(option, default = "0", from_str_fn(parse_columns))]
    padding: usize,
    /// only store the figures; with --wrap show only your own line
    #[argh(switch)]
    silent: bool,
    /// arguments of the wrapped program
    #[argh(positional, greedy)]
    words: Vec<String>,
}

fn parse_columns(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of columns"))
}

fn main() -> ExitCode {
    cli::run(PROGRAM, run)
}

fn run(args: Args, mut out: Out) -> Outcome<()> {
    let input = stdin::receive(std::io::stdin(), LIMITS).kept;
    let payload = Payload::decode(&input);
    let own = store_and_render(&args, &payload);
    let theirs = args.wrap.as_deref().and_then(|command| wrap::output_of(command, &args.words, &input));
    let shows_own = !args.silent || (args.wrap.is_some() && theirs.is_none());
    if let Some(theirs) = &theirs {
        out.line(theirs)?;
    }
    if shows_own {
        out.line(&own)?;
    }
    out.flush()
}

/// Stores the figures and renders our own line. If the data directory cannot be read, its values are left out.
fn store_and_render(args: &Args, payload: &Payload) -> String {
    let now = clock::now();
    let today = Zone::system().day_of(now);
    let store = Home::from_env().ok().map(|home| Store::for_hooks(home, agents::WITNESS));
    let uuid = payload.text("/session_id").and_then(|id| Uuid::parse(id).ok());
    let reading = match (&store, &uuid) {
        (Some(store), Some(uuid)) => read_and_store(store, uuid, payload, &today, now),
        _ => payload.reading(None, &today.date.to_string(), today.began, now),
    };
    let (store, uuid, seen) = (store.as_ref(), uuid.as_ref(), facts::Seen::default());
    let facts = facts::Facts { store, uuid, payload, reading: &reading, today: &today, now, seen };
    let windows = windows::Windows::new(&facts);
    let value = |name: &str| windows.value(name).or_else(|| facts.value(name));
    format::fit(&format::parse(&args.format), &value, style::width(args.padding), &style::paint)
}

/// Returns the figures, and stores them if that is due.
fn read_and_store(store: &Store, uuid: &Uuid, payload: &Payload, today: &Day, now: clock::Instant) -> Reading {
    let before = store.reading(uuid);
    let reading = payload.reading(before.as_ref(), &today.date.to_string(), today.began, now);
    if reading.is_due_after(before.as_ref()) {
        // Limits come first: figures that are stored are not due again. A limit that this conversation said before may be
        // hours old: what changed is something else.
        let mut told = payload.limits(now);
        told.retain(|it| before.as_ref().is_none_or(|before| before.limit(&it.window) != reading.limit(&it.window)));
        let account = account::of_env(Agent::Claude);
        limits::file::record_all(&store.home, Agent::Claude, account.as_deref(), told, now);
        // Figures that cannot be stored now are stored the next time.
        let _ = store.keep_reading(uuid, &reading, &today.date);
    }
    reading
}
