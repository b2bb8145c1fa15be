//! Checks the chat, if one is set up: the settings, the file with the token, curl, who is allowed, whether notices go there,
//! when the bot's messages were last read, and the clock. Opens no connection: `cs-chat test` does.

use super::Check;
use crate::places::Places;
use chat::store::{State, Stored};
use chat::{Settings, TokenFile, handler};
use cli::call;
use cs_core::clock::{self, TimeDelta};
use cs_core::store::Store;
use serde_json::Value;
use std::time::Duration;

const CHECK: &str = "chat";
/// The job reads at least every minute; after so long it does not.
const LATE: TimeDelta = TimeDelta::minutes(15);
/// A clock that is wrong by more says of messages that they came too late.
const CLOCK_SECONDS: i64 = 120;
/// `fail-with-body`, `write-out` and the like are older than this version; its `%header{}` tells the server's time.
const CURL: [u32; 2] = [7, 84];

/// Returns nothing if no chat is set up.
pub fn check(places: &Places) -> Vec<Check> {
    let store = Store::for_people(places.data.clone(), agents::WITNESS);
    let config = store.config();
    let (settings, errors) = Settings::read(&config, &places.data.config(), Some(&places.user));
    if let Some(error) = errors.first() {
        let fix = format!("repair {} by hand", places.data.config().display());
        return vec![Check::bad(CHECK, error.to_string(), fix)];
    }
    let Some(settings) = settings else { return Vec::new() };
    let found = [token(&settings), curl(), allowed(&settings), told(&config.group("notify"))];
    let mut checks: Vec<Check> = found.into_iter().flatten().collect();
    // Without all of that nothing is read.
    if checks.iter().all(|check| check.ok) {
        checks.push(last_poll(&store));
    }
    checks
}

fn token(settings: &Settings) -> Option<Check> {
    let error = TokenFile::read(&settings.config_file).err()?;
    Some(Check::bad(CHECK, error.to_string(), "cs-chat setup"))
}

fn curl() -> Option<Check> {
    let words = ["curl", "--version"].map(str::to_string);
    let said = match call::answer(&words, &[], Duration::from_secs(10)) {
        Ok(said) => said,
        Err(error) => return Some(Check::bad(CHECK, error, "install the package curl")),
    };
    let version = said.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let known = [numbers.next()?, numbers.next()?];
    let detail =
        format!("curl {version} does not tell the server's time, so late messages are judged by this machine's clock");
    (known < CURL).then(|| Check::offer(CHECK, detail, "install curl 7.84 or later"))
}

fn allowed(settings: &Settings) -> Option<Check> {
    let detail = "chat.telegram.allow names no chat or nobody, so nothing is told and nothing is read";
    (!settings.reads()).then(|| Check::bad(CHECK, detail, "cs-chat setup"))
}

/// Whether `cs-notify` has this program among its handlers.
fn told(notify: &Option<Value>) -> Option<Check> {
    let is_there = notify.as_ref().is_some_and(handler::is_there);
    let detail = "no notices go to the chat: notify.handlers in config.json does not name cs-chat notify";
    (!is_there).then(|| Check::bad(CHECK, detail, "cs-chat setup"))
}

fn last_poll(store: &Store) -> Check {
    let state = match State::read(&store.home) {
        Ok(state) => state,
        Err(error) => return Check::bad(CHECK, error.to_string(), "move the file away; cs-chat makes it anew"),
    };
    let now = clock::now();
    if let Some(error) = &state.error {
        return Check::bad(CHECK, error.clone(), "cs-chat test");
    }
    let polled = state.polled_at.as_deref().and_then(clock::parse);
    let Some(polled) = polled.filter(|polled| now - *polled < LATE) else {
        let ago = polled.map_or("never".to_string(), |polled| render::format_ago_by_minute(polled, now));
        let detail = format!("what is written in the chat was last read: {ago}");
        return Check::bad(CHECK, detail, "cs-setup jobs install, or cs-chat run");
    };
    match state.clock_ahead.filter(|ahead| ahead.abs() > CLOCK_SECONDS) {
        Some(ahead) => {
            let detail = format!("this machine's clock differs from the server's by {} s", ahead.abs());
            Check::bad(CHECK, detail, "set the clock, such as by timedatectl set-ntp true")
        }
        None => Check::good(CHECK, format!("last read {}", render::format_ago_by_minute(polled, now))),
    }
}
