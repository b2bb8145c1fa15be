//! Owns switching the guard on and off. It is a hook before each call of a tool, for which the client waits, so that it is
//! registered only when a person asks for it. Must stay true: what it does is in `config.json`, which this never writes.

use crate::codex::APPROVE;
use crate::document::Document;
use crate::entries;
use crate::places::Places;
use crate::plan::{Consent, Plan};
use crate::policy;
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use audit::guard::{Action, Settings};
use cli::{Failure, Form, Out, Outcome, sanitize};
use cs_core::error::Result;
use cs_core::store::Store;
use serde::Serialize;
use std::collections::BTreeMap;

/// ask about destructive calls of tools, or deny them, before they are made. It catches accidents, not adversaries; what
/// it does is in the group guard of config.json
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "guard", example = "{command_name} on --dry-run", example = "{command_name} status")]
pub struct Guard {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    On(On),
    Off(Off),
    Status(Status),
}

/// register the guard with Claude Code, and with Codex if our hooks are registered there
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "on", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct On {
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// remove the guard from Claude Code and Codex
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "off", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct Off {
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// show where the guard is registered and what it does; 65 if its settings cannot be used
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "status", example = "{command_name}", example = "{command_name} --json")]
struct Status {}

impl Guard {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        match self.command {
            Command::On(args) => on(places, Consent { is_given: args.yes, dry_run: args.dry_run }, out),
            Command::Off(args) => off(places, Consent { is_given: args.yes, dry_run: args.dry_run }, out),
            Command::Status(_) => status(places, out),
        }
    }
}

fn on(places: &Places, consent: Consent, out: &mut Out) -> Outcome<()> {
    let (claude, codex) = (Document::read(&places.settings())?, Document::read(&places.codex_hooks())?);
    let has_codex = !entries::ours(&codex.value).is_empty() || !entries::guards(&codex.value).is_empty();
    let only_codex = has_codex && !claude.has_ours()?;
    let mut plan = Plan::default();
    let mut changes: Vec<(&Document, Agent)> = Vec::new();
    let clients = [
        (&claude, Agent::Claude, !only_codex, "registers the guard with Claude Code"),
        (&codex, Agent::Codex, has_codex, "registers the guard with Codex"),
    ];
    for (document, agent, is_meant, why) in clients {
        let text = document.with_guard(&entries::guard_for(agent, &places.share)?)?;
        if is_meant && text != document.text {
            plan.rewrite(&document.seen, why, &text)?;
            changes.push((document, agent));
        }
    }
    if changes.iter().any(|(_, agent)| *agent == Agent::Codex) {
        plan.note(APPROVE);
        plan.note("Codex asks nothing before a call, so there the guard denies what it would ask about elsewhere");
    }
    policy::all_obstacles(&claude.value, &places.settings()).into_iter().for_each(|note| plan.note(note));
    settings(places).1.into_iter().for_each(|trouble| plan.note(trouble));
    plan.carry_out(out, consent, |_| {
        for (document, agent) in changes {
            let guard = entries::guard_for(agent, &places.share)?;
            document.persist(|document| document.replace(&document.with_guard(&guard)?))?;
        }
        Ok(())
    })
}

fn off(places: &Places, consent: Consent, out: &mut Out) -> Outcome<()> {
    let mut plan = Plan::default();
    let mut changes = Vec::new();
    for path in [places.settings(), places.codex_hooks()] {
        let document = Document::read_ours(&path)?;
        let Some(document) = document.filter(|document| !entries::guards(&document.value).is_empty()) else { continue };
        let bare = document.without_guard()?;
        let original = if bare.has_ours()? { Some(bare.text) } else { document.original()? };
        plan.take_out("guard", &document.seen, original.as_deref())?;
        changes.push(document);
    }
    plan.carry_out(out, consent, |_| Ok(changes.iter().try_for_each(remove)?))
}

/// Removes the guard. If the file contains nothing else of ours, the text from before is restored.
fn remove(document: &Document) -> Result<()> {
    document.persist(|document| {
        let bare = document.without_guard()?;
        if bare.has_ours()? { document.seen.replace(&bare.text) } else { document.restore() }
    })
}

/// The settings as the guard uses them, and what makes it log only.
pub fn settings(places: &Places) -> (Settings, Vec<String>) {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let path = places.data.config();
    let (audit, of_rules) = audit::Settings::read(&config, &path);
    let (settings, of_guard) = Settings::read(&config, &path, &audit.all_rules());
    let of_file = config.troubles.iter().filter(|trouble| trouble.key.is_empty()).map(|trouble| &trouble.error);
    let troubles: Vec<String> = of_file.chain(&of_rules).chain(&of_guard).map(ToString::to_string).collect();
    if troubles.is_empty() { (settings, troubles) } else { (Settings::LOG_ONLY, troubles) }
}

/// Whether the guard is registered with a client; `None` if that cannot be seen.
pub fn is_on(places: &Places, agent: Agent) -> Option<bool> {
    let path = match agent {
        Agent::Claude => places.settings(),
        Agent::Codex => places.codex_hooks(),
    };
    Document::read(&path).ok().map(|document| !entries::guards(&document.value).is_empty())
}

/// What it does, as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    claude_code: Option<bool>,
    codex: Option<bool>,
    mode: &'static str,
    rules: BTreeMap<&'a str, &'static str>,
    allow: Vec<(&'a str, &'a [String])>,
    leases: &'static str,
    troubles: Vec<String>,
}

fn status(places: &Places, out: &mut Out) -> Outcome<()> {
    let (settings, troubles) = settings(places);
    let is_usable = troubles.is_empty();
    let shown = Shown {
        claude_code: is_on(places, Agent::Claude),
        codex: is_on(places, Agent::Codex),
        mode: settings.mode.word(),
        rules: settings.rules.iter().map(|(id, action)| (id.as_str(), action.word())).collect(),
        allow: settings.allow.iter().map(|allow| (allow.rule.as_str(), allow.under.as_slice())).collect(),
        leases: if settings.leases == Action::Log { "off" } else { settings.leases.word() },
        troubles,
    };
    let is_any = shown.claude_code == Some(true) || shown.codex == Some(true);
    match out.form {
        _ if out.quiet => out.line(if is_any { "on" } else { "off" })?,
        Form::Json => out.json(&shown)?,
        Form::Table => lines(&shown).iter().try_for_each(|line| out.line(&sanitize(line)))?,
    }
    out.flush()?;
    if is_usable { Ok(()) } else { Err(Failure::Reported(65)) }
}

fn lines(shown: &Shown) -> Vec<String> {
    let word = |is_on: Option<bool>| match is_on {
        Some(true) => "on",
        Some(false) => "off",
        None => "unknown: its settings cannot be read",
    };
    let mut lines = vec![
        format!("{:19}{}", "Claude Code", word(shown.claude_code)),
        format!("{:19}{}", "Codex", word(shown.codex)),
    ];
    if shown.claude_code == Some(false) && shown.codex == Some(false) {
        lines.push("If it were on (cs-setup guard on):".to_string());
    }
    lines.push(format!("{:19}{}", "destructive calls", shown.mode));
    lines.extend(shown.rules.iter().map(|(id, action)| format!("{:19}{action}", format!("  {id}"))));
    lines.extend(shown.allow.iter().map(|(id, under)| format!("{:19}not in {}", format!("  {id}"), under.join(", "))));
    lines.push(format!("{:19}{}", "leased files", shown.leases));
    lines.extend(shown.troubles.iter().map(|trouble| format!("WRONG: {trouble}")));
    lines
}
