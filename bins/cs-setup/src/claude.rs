//! Registers the hooks with Claude Code, and removes them. The client itself registers the plugin, but it rewrites its
//! settings when it does. That text is replaced by the text from before with the same entries, if both mean the same.

use crate::client::{Client, MARKETPLACE, PLUGIN, Registered};
use crate::document::{self, Document, Ours};
use crate::elsewhere::Elsewhere;
use crate::entries;
use crate::places::Places;
use crate::plan::{Consent, Plan};
use crate::policy;
use cli::{Failure, Out, Outcome};
use cs_core::error::{Error, Result};
use serde_json::Value;

/// How hooks are registered.
enum Method {
    Plugin(Client),
    Settings,
}

/// Registers with Claude Code. Returns whether our hooks are registered, or would be after a dry run.
pub fn install(places: &Places, settings_only: bool, consent: Consent, out: &mut Out) -> Outcome<bool> {
    let document = Document::read(&places.settings())?;
    let registered = Registered::look(&document.value, places);
    let mut plan = Plan::default();
    policy::all_obstacles(&document.value, &places.settings()).into_iter().for_each(|note| plan.note(note));
    let client = if settings_only { None } else { Client::find(places) };
    let elsewhere = Elsewhere::look(&document.value, places);
    if let Some(plugin) = elsewhere.filter(|_| settings_only || registered.others.is_some()) {
        beside_plugin(&plugin, &mut plan)?;
        plan.carry_out(out, consent, |_| Ok(()))?;
        return Ok(true);
    }
    let method = choose(client, &registered, settings_only, places, &mut plan)?;
    let is_registered = method.is_some() || registered.is_enabled == Some(true);
    match method {
        None => plan.carry_out(out, consent, |_| Ok(())),
        Some(Method::Settings) => install_hooks(&document, places, plan, consent, out),
        Some(Method::Plugin(client)) => install_plugin(&document, &client, &registered, places, plan, consent, out),
    }?;
    Ok(is_registered)
}

/// Chooses the method; `None` if there is nothing to do.
fn choose(
    client: Option<Client>,
    registered: &Registered,
    settings_only: bool,
    places: &Places,
    plan: &mut Plan,
) -> Outcome<Option<Method>> {
    if registered.is_enabled == Some(false) && !settings_only {
        plan.note(format!("the plugin is turned off; claude plugin enable {PLUGIN} turns it on"));
        return Ok(None);
    }
    match (client, &registered.others) {
        (Some(client), None) if client.is_new_enough() => return Ok(Some(Method::Plugin(client))),
        (Some(client), Some(origin)) if client.is_new_enough() => plan.note(format!(
            "a marketplace from {origin} is also called {MARKETPLACE}, so the hooks go into the settings instead of a \
             plugin; claude plugin marketplace remove {MARKETPLACE} removes it"
        )),
        (Some(client), _) => plan.note(format!(
            "Claude Code {} is older than 2.1.139, so the hooks go into its settings instead of a plugin",
            client.shown()
        )),
        (None, _) if !settings_only => plan.note("the claude command was not found, so the hooks go into the settings"),
        (None, _) => {}
    }
    if registered.is_complete(places) && !settings_only {
        plan.note("the plugin is already registered");
        return Ok(None);
    }
    if registered.is_enabled.is_some() {
        let what = "the plugin is registered, so hooks in the settings would run as well; run cs-setup uninstall first";
        return Err(Error::Refused(what.into()).into());
    }
    if places.share.to_str().is_none_or(|path| entries::shell_word(path) != path) {
        plan.note("a Claude Code older than 2.1.139 cannot run the hooks from a folder with such a name");
    }
    Ok(Some(Method::Settings))
}

/// Adds nothing to a plugin from another marketplace that finds programs: hooks in the settings would record each event
/// once more.
fn beside_plugin(plugin: &Elsewhere, plan: &mut Plan) -> Outcome<()> {
    let origin = &plugin.origin;
    let Some(program) = &plugin.program else {
        let what = format!(
            "the plugin from {origin} finds no programs; run claude plugin uninstall {PLUGIN}, or put the folder of these \
             programs into the PATH with which you start claude"
        );
        return Err(Error::Refused(what).into());
    };
    let bin = program.parent().unwrap_or(program).display();
    plan.note(format!("the plugin from {origin} is registered already, and runs the programs in {bin}"));
    Ok(())
}

fn install_hooks(document: &Document, places: &Places, plan: Plan, consent: Consent, out: &mut Out) -> Outcome<()> {
    let hooks = entries::for_claude(&places.share)?;
    write_hooks(document, hooks, "registers the hooks with Claude Code", plan, consent, out)
}

/// Writes hooks into a file of Claude Code or Codex.
pub fn write_hooks(
    document: &Document,
    hooks: Vec<entries::Hook>,
    why: &str,
    mut plan: Plan,
    consent: Consent,
    out: &mut Out,
) -> Outcome<()> {
    if !entries::has_exactly(&document.value, &hooks) {
        let hooks = Ours::Hooks(hooks);
        plan.rewrite(&document.seen, why, &document.with(&hooks)?)?;
        return plan
            .carry_out(out, consent, |_| Ok(document.persist(|document| document.replace(&document.with(&hooks)?))?));
    }
    plan.carry_out(out, consent, |_| Ok(()))
}

fn install_plugin(
    document: &Document,
    client: &Client,
    registered: &Registered,
    places: &Places,
    mut plan: Plan,
    consent: Consent,
    out: &mut Out,
) -> Outcome<()> {
    let goal = document.with(&Ours::plugin(&places.share)?)?;
    let has_hooks = !entries::ours(&document.value).is_empty();
    let is_complete = registered.is_complete(places) && !has_hooks;
    if is_complete && !registered.is_outdated(places) {
        return plan.carry_out(out, consent, |_| Ok(()));
    }
    document.seen.check_writable()?;
    let (renew, backup) = (registered.copy.is_some(), document.seen.backup()?);
    show_plugin(document, client, renew, &goal, places, &mut plan)?;
    plan.carry_out(out, consent, |plan| {
        match register(document, client, renew, &goal, places) {
            Ok(note) => note.into_iter().for_each(|note| plan.note(note)),
            Err(error) if renew => return Err(error.into()),
            Err(error) => return Err(roll_back(document, backup.as_deref(), client, places, error)),
        }
        Ok(())
    })
}

fn show_plugin(
    document: &Document,
    client: &Client,
    renew: bool,
    goal: &str,
    places: &Places,
    plan: &mut Plan,
) -> Result<()> {
    let program = client.program.display().to_string();
    if renew {
        plan.step("run", format!("{program} plugin uninstall {PLUGIN}"), "removes the copy of the previous build");
    }
    plan.step(
        "run",
        format!("{program} plugin marketplace add {}", places.share.display()),
        "registers this folder as a marketplace",
    );
    plan.step("run", format!("{program} plugin install {PLUGIN}"), "registers the hooks and the skills");
    if goal != document.text {
        plan.rewrite(&document.seen, "what these commands write into it", goal)?;
    }
    Ok(())
}

/// Lets the client register the plugin, then restores the text from before, with the same entries.
fn register(document: &Document, client: &Client, renew: bool, goal: &str, places: &Places) -> Result<Option<String>> {
    document.seen.back_up_original(document.original()?.as_deref())?;
    if !entries::ours(&document.value).is_empty() {
        // Otherwise they would run twice.
        document.persist(|document| document.seen.replace(&document.without()?))?;
    }
    let share = places.share.to_string_lossy();
    if renew {
        client.plugin(&["uninstall", PLUGIN], places)?;
    }
    client.plugin(&["marketplace", "add", &share], places)?;
    client.plugin(&["install", PLUGIN], places)?;
    Document::read(&document.seen.path)?.persist(|after| {
        if !Registered::look(&after.value, places).is_complete(places) {
            return Err(Error::Refused("claude reported success, but its files do not name the plugin".into()));
        }
        put_back(after, goal)
    })
}

/// Replaces the client's text by `wanted` if both mean the same; else adds a note.
fn put_back(after: &Document, wanted: &str) -> Result<Option<String>> {
    match document::settled(&after.text, wanted) {
        Some(text) if text == wanted => {
            if after.seen.text.as_deref() != Some(wanted) {
                after.seen.replace(wanted)?;
            }
            Ok(None)
        }
        _ => Ok(Some(format!(
            "Claude Code changed other settings of its own at the same time, so {} stays as Claude Code wrote it",
            after.seen.path.display()
        ))),
    }
}

/// Undoes the steps before a failure, and returns it.
fn roll_back(document: &Document, backup: Option<&str>, client: &Client, places: &Places, error: Error) -> Failure {
    let _ = client.plugin(&["marketplace", "remove", MARKETPLACE], places);
    let back = || {
        let (bare, original) = (document.without()?, document.seen.text.as_deref());
        Document::read(&document.seen.path)?.persist(|after| put_original(after, &bare, original))?;
        document.seen.back_up(backup)
    };
    // Only the original failure is reported, even if the rollback fails.
    let _: Result<()> = back();
    if matches!(error, Error::Contended { .. }) {
        return error.into();
    }
    let hint = "cs-setup install --settings registers the hooks without the plugin";
    Error::Refused(format!("{error}; {hint}")).into()
}

/// Restores the file after the client has removed the plugin. If the rest means the same as `bare`, the file becomes
/// `original` again (`None`: no file); otherwise only our entries are removed.
fn put_original(after: &Document, bare: &str, original: Option<&str>) -> Result<bool> {
    let rest = after.without()?;
    let text = document::settled(&rest, bare).unwrap_or(rest);
    let is_back = text == bare;
    match original.filter(|_| is_back).or((!is_back).then_some(&text)) {
        Some(text) if after.seen.text.as_deref() != Some(text) => after.seen.replace(text)?,
        None if after.seen.text.is_some() => after.seen.remove()?,
        _ => {}
    }
    Ok(is_back)
}

/// Plans to undo `install`, or the same registration by hand. Returns `None` if there is nothing to undo.
pub fn uninstall(places: &Places, plan: &mut Plan) -> Result<Option<Undo>> {
    let Some(document) = Document::read_ours(&places.settings())? else {
        // What cannot be parsed may have lost our entries, while the client still has the plugin and would run its hooks.
        let is_any = Registered::look(&Value::Null, places).is_any();
        return if is_any { Document::read(&places.settings()).map(|_| None) } else { Ok(None) };
    };
    let registered = Registered::look(&document.value, places);
    if !registered.is_any() && !document.has_ours()? {
        return Ok(None);
    }
    document.seen.check_writable()?;
    let client = if registered.is_any() { Client::find(places) } else { None };
    match &client {
        Some(client) => {
            let program = client.program.display();
            plan.step(
                "run",
                format!("{program} plugin uninstall {PLUGIN}"),
                "removes the hooks and skills from Claude Code",
            );
            plan.step(
                "run",
                format!("{program} plugin marketplace remove {MARKETPLACE}"),
                "removes our folder from its list",
            );
        }
        None if registered.is_any() => plan.note(format!(
            "the claude command was not found, so its own list in {} is kept",
            places.claude.join("plugins").display()
        )),
        None => {}
    }
    let undo = Undo { document, client };
    undo.show(plan)?;
    Ok(Some(undo))
}

/// A planned removal.
#[derive(Debug)]
pub struct Undo {
    document: Document,
    client: Option<Client>,
}

impl Undo {
    fn show(&self, plan: &mut Plan) -> Result<()> {
        let original = self.document.original()?;
        if original != self.document.seen.text {
            plan.take_out("entries", &self.document.seen, original.as_deref())?;
        }
        Ok(())
    }

    /// Removes the registration.
    pub fn carry_out(&self, places: &Places, plan: &mut Plan) -> Result<()> {
        let Some(client) = &self.client else { return self.document.persist(Document::restore) };
        if Registered::look(&self.document.value, places).copy.is_some() {
            client.plugin(&["uninstall", PLUGIN], places)?;
        }
        let after = Document::read(&self.document.seen.path)?;
        let registered = Registered::look(&after.value, places);
        if registered.market.is_some() || registered.known_market.is_some() {
            client.plugin(&["marketplace", "remove", MARKETPLACE], places)?;
        }
        self.settle(&Document::read(&self.document.seen.path)?, plan)
    }

    /// Restores the text from before, once the client has removed the plugin, if nothing else has changed.
    fn settle(&self, after: &Document, plan: &mut Plan) -> Result<()> {
        let original = self.document.original()?;
        let bare = original.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(crate::text::NOTHING);
        if !after.persist(|after| put_original(&after.without_extras()?, bare, original.as_deref()))? {
            plan.note("Claude Code changed other settings of its own in the meantime; only our entries were removed");
        }
        after.seen.back_up(None)
    }
}
