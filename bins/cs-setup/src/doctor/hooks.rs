//! Checks that the hooks are registered exactly once, and are allowed to run.

use super::{AGAIN, Check, codex, versions};
use crate::client::{Client, PLUGIN, Registered};
use crate::document::Document;
use crate::elsewhere::Elsewhere;
use crate::entries;
use crate::next;
use crate::others;
use crate::places::Places;
use crate::policy;
use cs_core::store::Store;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// An event and the program that is registered for it.
pub type Command = (String, PathBuf);

const INSTALL: &str = "cs-setup install";
/// The names of the checks for conversations that are open and not recorded, and for the Python tool's hook.
pub const OPEN: &str = "open";
pub const PYTHON: &str = "python";

/// Returns the findings, and the registered program of each event.
pub fn check(places: &Places) -> (Vec<Check>, Vec<Command>) {
    let document = match Document::read(&places.settings()) {
        Ok(document) => document,
        Err(error) => {
            let fix = format!("repair {} by hand", places.settings().display());
            return (vec![Check::bad("hooks", error.to_string(), fix)], Vec::new());
        }
    };
    let registered = Registered::look(&document.value, places);
    let client = Client::find(places);
    let elsewhere = Elsewhere::look(&document.value, places);
    let once = match &elsewhere {
        Some(plugin) => through_launcher(&document.value, plugin, places),
        None => once(&document.value, &registered, places),
    };
    let twice = if once.ok { in_projects(places) } else { Vec::new() };
    let mut checks = if twice.is_empty() { vec![once] } else { twice };
    checks.extend(version(client.as_ref(), &registered));
    if registered.copy.is_some() && elsewhere.is_none() && registered.is_outdated(places) {
        let detail = "Claude Code has a copy of the plugin from another build";
        checks.push(Check::bad("copy", detail, INSTALL));
    }
    checks.extend(versions::check(&registered, elsewhere.as_ref(), places));
    for obstacle in policy::all_obstacles(&document.value, &places.settings()) {
        checks.push(Check::bad("allowed", obstacle, "remove that line, if the file is yours"));
    }
    checks.extend(next::unrecorded(places).map(|(detail, fix)| Check::offer(OPEN, detail, fix)));
    let python = others::notice(&document.value);
    checks.extend(python.map(|notice| Check::offer(PYTHON, notice, others::TAKE_OUT)));
    checks.extend(codex::check(places));
    let is_plugin = registered.is_enabled == Some(true) || elsewhere.is_some();
    let commands = commands(&document.value, is_plugin, places);
    (checks, commands)
}

/// The state of a plugin that starts programs through its launcher.
fn through_launcher(settings: &Value, plugin: &Elsewhere, places: &Places) -> Check {
    let origin = &plugin.origin;
    if runs_ours(settings) {
        let file = places.settings();
        let detail = format!("registered twice: by the plugin from {origin}, and in {}", file.display());
        return Check::bad("hooks", detail, format!("claude plugin uninstall {PLUGIN}"));
    }
    match &plugin.program {
        Some(program) => {
            let bin = program.parent().unwrap_or(program).display();
            Check::good(
                "hooks",
                format!("registered once, by the plugin from {origin}, which runs the programs in {bin}"),
            )
        }
        None => Check::bad(
            "hooks",
            format!("the plugin from {origin} finds no programs, so nothing is recorded"),
            format!("put {} into the PATH with which you start claude", places.share.join("bin").display()),
        ),
    }
}

fn once(settings: &Value, registered: &Registered, places: &Places) -> Check {
    let in_settings = runs_ours(settings);
    let wanted = entries::for_claude(&places.share).unwrap_or_default();
    match (registered.is_enabled, in_settings) {
        (None, false) => Check::bad("hooks", "nothing is registered with Claude Code", INSTALL),
        (Some(true), true) => Check::bad("hooks", "registered twice: as a plugin and in settings.json", INSTALL),
        (Some(false), false) => {
            Check::bad("hooks", "the plugin is turned off", format!("claude plugin enable {PLUGIN}"))
        }
        (Some(true), false) if registered.is_complete(places) && !entries::is_plugins_own(&places.share) => {
            let detail = format!("the hooks in {} are missing or were changed", places.share.display());
            Check::bad("hooks", detail, AGAIN)
        }
        (Some(true), false) if registered.is_complete(places) => {
            Check::good("hooks", format!("registered once, as a plugin in {}", places.share.display()))
        }
        (Some(true), false) => {
            let other = registered.market.clone().unwrap_or_else(|| "an unknown folder".into());
            Check::bad("hooks", format!("the plugin is registered incompletely, or from elsewhere: {other}"), INSTALL)
        }
        (_, true) if entries::has_exactly(settings, &wanted) && entries::mentions(settings) == 0 => {
            Check::good("hooks", format!("registered once, in {}", places.settings().display()))
        }
        (_, true) => Check::bad(
            "hooks",
            format!("the hooks in {} {}", places.settings().display(), differences(settings, &wanted)),
            INSTALL,
        ),
    }
}

/// How the hooks in the settings differ from those of this version. An event may have several, each with its program.
fn differences(settings: &Value, wanted: &[entries::Hook]) -> String {
    let known: Vec<Handler> = wanted.iter().map(|(event, group)| handler_of(event, group)).collect();
    let ours = entries::ours(settings).into_iter();
    let ours: Vec<Handler> = ours.map(|(event, _, _, program)| (event, name(&program))).collect();
    let say = |(event, program): &Handler, what: &str| {
        let is_only = known.iter().filter(|(other, _)| other == event).count() < 2;
        if is_only { format!("{event} {what}") } else { format!("{event} ({program}) {what}") }
    };
    let mut found: Vec<String> = Vec::new();
    for (hook, handler) in wanted.iter().zip(&known) {
        match ours.iter().filter(|our| *our == handler).count() {
            0 => found.push(say(handler, "is missing")),
            1 if entries::has(settings, hook) => {}
            1 => found.push(say(handler, "was changed")),
            _ => found.push(say(handler, "is registered twice")),
        }
    }
    found.extend(ours.iter().filter(|our| !known.contains(our)).map(|our| say(our, "is not needed")));
    match found.is_empty() {
        true => "are registered twice: another command runs them, too".into(),
        false => format!("are not those of this version: {}", found.join(", ")),
    }
}

/// An event, and the name of the program that handles it.
type Handler = (String, String);

fn handler_of(event: &str, group: &str) -> Handler {
    let group: Value = serde_json::from_str(group).unwrap_or_default();
    let ours = entries::ours(&serde_json::json!({"hooks": {event: [group]}}));
    (event.to_string(), ours.first().map(|(.., program)| name(program)).unwrap_or_default())
}

fn name(program: &str) -> String {
    program.rsplit('/').next().unwrap_or(program).to_string()
}

/// Finds our hooks in the settings of registered projects, where they run in addition to the others.
fn in_projects(places: &Places) -> Vec<Check> {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let folders = config.projects.values().map(|project| Path::new(&project.path).join(".claude"));
    let files = folders.flat_map(|dir| ["settings.json", "settings.local.json"].map(|name| dir.join(name)));
    // In the home directory the project's settings are the user's.
    let is_other = |file: &PathBuf| file.canonicalize().ok() != places.settings().canonicalize().ok();
    let has_hooks = |file: &PathBuf| Document::read(file).is_ok_and(|document| runs_ours(&document.value));
    let told = |file: PathBuf| {
        let shown = file.display();
        Check::bad(
            "hooks",
            format!("registered twice: for you, and in {shown}"),
            format!("remove our hooks from {shown}"),
        )
    };
    files.filter(is_other).filter(has_hooks).map(told).collect()
}

/// Whether hooks run one of our programs, alone or as a part of a command.
fn runs_ours(settings: &Value) -> bool {
    !entries::ours(settings).is_empty() || entries::mentions(settings) > 0
}

fn version(client: Option<&Client>, registered: &Registered) -> Option<Check> {
    let Some(client) = client else {
        return Some(Check::good("client", "the claude command was not found, so its version is unknown"));
    };
    let shown = format!("Claude Code {} ({})", client.shown(), client.program.display());
    if client.version.is_some() && !client.is_new_enough() && registered.is_enabled.is_some() {
        return Some(Check::bad("client", format!("{shown} cannot run the plugin's hooks"), "claude update"));
    }
    Some(Check::good("client", shown))
}

/// The hooks that Claude Code runs, and those of Codex if only Codex is set up.
fn commands(settings: &Value, is_plugin: bool, places: &Places) -> Vec<Command> {
    let from = |value: &Value| -> Vec<Command> {
        entries::ours(value).into_iter().map(|(event, _, _, program)| (event, program.into())).collect()
    };
    if is_plugin {
        let hooks = entries::for_claude(&places.share).unwrap_or_default();
        let group = |group: &str| serde_json::from_str::<Value>(group).ok();
        let program = |(event, text): (String, String)| {
            let group = group(&text)?;
            Some((event, entries::program_of(group.get("hooks")?.get(0)?)?.into()))
        };
        return hooks.into_iter().filter_map(program).collect();
    }
    let found = from(settings);
    if !found.is_empty() {
        return found;
    }
    Document::read(&places.codex_hooks()).map(|document| from(&document.value)).unwrap_or_default()
}
