//! Owns what is left to do after an installation: the programs on PATH, conversations that are open and not recorded,
//! another tool's hook, conversations that the client deletes some day.

use crate::client::Registered;
use crate::document::Document;
use crate::others;
use crate::places::Places;
use crate::shell::{path_line, unfound};
use agents::Agent;
use agents::logs::Roots;
use agents::sweep;
use cli::{Form, Out, Outcome, sanitize};
use cs_core::store::Store;
use kept::{Periods, Settings};
use serde::Serialize;

/// How many folders of open conversations are named.
const NAMED: usize = 3;

/// Prints the steps after the hooks were registered with an agent.
pub fn print(places: &Places, agent: Agent, out: &mut Out) -> Outcome<()> {
    #[derive(Serialize)]
    struct Next<'a> {
        action: &'static str,
        detail: &'a str,
    }
    for detail in &steps(places, agent) {
        match out.form {
            _ if out.quiet => {}
            Form::Json => out.json(&Next { action: "next", detail })?,
            Form::Table => out.line(&sanitize(&format!("next: {detail}")))?,
        }
    }
    out.flush()
}

/// The steps, one sentence each.
fn steps(places: &Places, agent: Agent) -> Vec<String> {
    let mut steps = Vec::new();
    if !unfound().is_empty() {
        let (line, file) = path_line(places);
        steps.push(format!("a shell does not find the programs yet; add this line to {file}: {line}"));
    }
    if agent != Agent::Claude {
        return steps;
    }
    steps.extend(unrecorded(places).map(|(detail, fix)| format!("{detail}; {fix}")));
    let document = Document::read(&places.settings()).ok();
    let python = document.and_then(|document| others::notice(&document.value));
    steps.extend(python.map(|notice| format!("{notice}; {} takes it out", others::TAKE_OUT)));
    steps.extend(keep(places));
    steps
}

/// What keeping conversations takes, if it is not switched on and there are any that are not kept.
fn keep(places: &Places) -> Option<String> {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let (settings, errors) = Settings::read(&config, &places.data.config());
    if settings.enabled || !errors.is_empty() || config.is_doubtful("keep") {
        return None;
    }
    let roots = Roots::from_env();
    let mut found = roots.logs();
    found.logs.retain(|log| sweep::deletes(log.agent));
    let status = kept::status(&places.data, &found).ok().filter(|status| status.unkept_bytes > 0)?;
    let periods = Periods::of(&roots, &config);
    let days = found.logs.iter().map(|log| periods.days(&log.path)).min().unwrap_or(sweep::DAYS);
    let days = render::format_quantity(days.try_into().unwrap_or(0), "day");
    let size = render::format_bytes(status.unkept_bytes);
    Some(format!(
        "Claude Code deletes conversations that were not changed for {days}; cs-keep run copies them ({size} now), and \
         does so every hour with keep.enabled in config.json and cs-setup jobs install"
    ))
}

/// The open conversations of which no hook has reported anything, and what to do about them. A client that was started
/// before the plugin was registered does not run its hooks.
/// Hooks in the settings run in all clients at once.
pub fn unrecorded(places: &Places) -> Option<(String, String)> {
    if !is_plugin(places) {
        return None;
    }
    let store = Store::for_people(places.data.clone(), agents::WITNESS);
    let is_new = |opened: &agents::Opened| matches!(store.live(&opened.uuid), Ok(None));
    let mut open = agents::opened(&places.claude);
    open.retain(is_new);
    let mut folders: Vec<&str> = open.iter().map(|opened| opened.cwd.as_str()).filter(|cwd| !cwd.is_empty()).collect();
    folders.dedup();
    let more = if folders.len() > NAMED { " and others" } else { "" };
    folders.truncate(NAMED);
    let of = if folders.is_empty() { String::new() } else { format!(" (in {}{more})", folders.join(", ")) };
    let (what, them) = match open.len() {
        0 => return None,
        1 => (format!("1 open conversation{of} is not recorded yet"), "it"),
        count => (format!("{count} open conversations{of} are not recorded yet"), "each of them"),
    };
    Some((what, format!("type /reload-plugins in {them}, or start {} again", if them == "it" { "it" } else { "them" })))
}

/// Whether the hooks come with the plugin.
fn is_plugin(places: &Places) -> bool {
    let document = Document::read(&places.settings());
    document.is_ok_and(|document| Registered::look(&document.value, places).is_enabled == Some(true))
}
