//! `forget`: removes conversations from where they were sent, for good; or all that a machine that is gone has sent.

use crate::choice::Named;
use crate::target::{self, Sender, Target};
use crate::{PROGRAM, settings};
use agents::logs::Roots;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Form, Outcome};
use conversations::Catalog;
use cs_core::Error;
use cs_core::id::{SessionId, Uuid};
use cs_core::store::Selector;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use sync::Settings;

pub mod machine;

/// The fields of a line of JSON that name something to forget.
const NAMED: [&str; 2] = ["conversation", "session_id"];

/// remove conversations from the database or folder, from all of your machines, and never send them again; or, with
/// --machine, all that a machine of yours has sent, which is gone. What is on this machine stays
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "forget",
    note = "If the target cannot be reached, it is remembered here, and the next push removes it.",
    example = "{command_name} ca5d",
    example = "{command_name} --machine old-laptop --psql service=team"
)]
pub struct Forget {
    /// the conversation: an id, its start or end, or that of a session; - reads them from standard input
    #[argh(positional, arg_name = "id")]
    ids: Vec<String>,
    /// instead: all that this machine of yours has sent. An id, its start, or a label, as cs-sync status lists them; this
    /// machine is called this
    #[argh(option, arg_name = "machine")]
    machine: Option<String>,
    /// in the database that psql reaches with these arguments
    #[argh(option, arg_name = "arguments")]
    psql: Option<String>,
    /// in this file of SQLite
    #[argh(option)]
    sqlite: Option<PathBuf>,
    /// in this folder
    #[argh(option)]
    into: Option<PathBuf>,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// How many rows were removed of several.
#[derive(Serialize)]
struct Total<'a> {
    action: &'static str,
    target: &'a str,
    rows: u64,
}

#[derive(Serialize)]
struct Shown<'a> {
    action: &'static str,
    id: &'a str,
    /// Whether the target does not have it any more; otherwise the next push removes it.
    removed: bool,
    /// The target, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    /// How many rows were removed there; absent if several were named: then a line of its own says how many in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
}

impl Forget {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (_, settings) = settings::read(context);
        let named = Named { psql: self.psql, sqlite: self.sqlite, into: self.into };
        let target = named.or_set(&settings)?;
        if let Some(word) = &self.machine {
            if !self.ids.is_empty() {
                let hint = "forget one after the other".to_string();
                return Err(Failure::Usage(
                    "--machine is about all of a machine, and takes no conversations".into(),
                    Some(hint),
                ));
            }
            return machine::remove(context, &settings, target.as_ref(), word, self.yes);
        }
        let (ids, mut failures) = chosen(context, &settings, target.as_ref(), &self.ids)?;
        if ids.is_empty() {
            return failures.end();
        }
        cli::confirm(&ids, &question(target.as_ref()), self.yes)?;
        // First here: if we are killed after this, the next push removes it.
        sync::forget(&context.store.home, &ids, context.now)?;
        let mut removed = None;
        if let Some(target) = &target {
            match settings::sender(context, &settings).and_then(|sender| removal(target, &sender, &ids)) {
                Ok(done) => removed = Some(done),
                Err(error) => failures.report(error)?,
            }
        }
        print(context, &ids, target.as_ref(), removed.as_ref())?;
        match (&target, &removed) {
            (Some(target), None) => tell_later(&target.to_string()),
            (None, _) => tell_later("where it was sent"),
            (Some(_), Some(removed)) => removed.tell(),
        }
        failures.end()
    }
}

/// What a removal did.
struct Removal {
    rows: u64,
    /// The conversations that are still there, each with the machines that have something of them.
    left: BTreeMap<String, BTreeSet<String>>,
}

/// Removes conversations from a target. In a folder, each machine only removes what it wrote itself.
fn removal(target: &Target, sender: &Sender, ids: &[String]) -> Result<Removal, Error> {
    let rows = target::remove(target, sender, ids)?;
    Ok(Removal { rows, left: target.holders(sender, ids)? })
}

impl Removal {
    /// Says what is still there.
    fn tell(&self) {
        self.tell_but("");
    }

    /// The same, without what a machine has that goes next.
    fn tell_but(&self, gone: &str) {
        let machines = |(id, machines)| BTreeSet::iter(machines).map(move |machine| (id, machine));
        for (id, machine) in self.left.iter().flat_map(machines).filter(|(_, machine)| *machine != gone) {
            let text = format!(
                "the machine {machine} also has {id} in its own folder, where only that machine removes it: run cs-sync \
                 forget there, too; if it is gone: cs-sync forget --machine {machine}"
            );
            cli::note(PROGRAM, &text);
        }
    }
}

/// Says that it is remembered.
fn tell_later(place: &str) {
    let text = format!("nothing was removed yet; this is remembered here, and the next push removes it from {place}");
    cli::note(PROGRAM, &text);
}

fn question(target: Option<&Target>) -> String {
    match target {
        Some(target) => format!("remove this from {target}, and never send it again?"),
        None => "never send this again, and remove it with the next push?".into(),
    }
}

/// The ids that the words mean. With several, one that means nothing is reported.
fn chosen(
    context: &Context,
    settings: &Settings,
    target: Option<&Target>,
    words: &[String],
) -> Outcome<(Vec<String>, Failures)> {
    let words = cli::selectors_of(&NAMED, words)?;
    let mut catalog = Catalog::of(&context.store, &Roots::from_env());
    if words.iter().any(|word| conversations::find(&catalog, &context.store, word).is_err()) {
        catalog.add_remembered(&Roots::from_env());
    }
    let (mut ids, mut failures) = (Vec::new(), Failures::default());
    for word in &words {
        let id = match id_of(context, &catalog, word) {
            Err(missing @ Error::Missing(_)) => there(context, settings, target, word, missing),
            id => id,
        };
        match id {
            Ok(id) if ids.contains(&id) => {}
            Ok(id) => ids.push(id),
            Err(error) if words.len() == 1 => return Err(error.into()),
            Err(error) => failures.report(error)?,
        }
    }
    Ok((ids, failures))
}

/// A conversation, else a session without one. A whole id is taken as it is: what was sent may be gone from here.
fn id_of(context: &Context, catalog: &Catalog, word: &str) -> Result<String, Error> {
    let missing = match conversations::find(catalog, &context.store, word) {
        Ok(found) => return Ok(found.uuid.clone()),
        Err(error @ Error::Missing(_)) => error,
        Err(error) => return Err(error),
    };
    if let Ok(id) = Selector::parse(word).and_then(|selector| context.store.find(&selector)) {
        let session = context.store.session(&id)?;
        return Ok(session.claude_session_id.unwrap_or_else(|| id.to_string()));
    }
    let whole = word.trim_start_matches("claude:");
    match (Uuid::parse(whole), SessionId::parse(whole)) {
        (Ok(uuid), _) => Ok(uuid.to_string()),
        (_, Ok(id)) => Ok(id.to_string()),
        _ => Err(missing),
    }
}

/// What a word means in the target, which may have what is gone from here, or what another machine sent.
fn there(
    context: &Context,
    settings: &Settings,
    target: Option<&Target>,
    word: &str,
    missing: Error,
) -> Result<String, Error> {
    let Some(target) = target else { return Err(missing) };
    let found = target.id(&settings::present(context, settings)?, word);
    let unasked = |error| Error::Missing(format!("{missing}; and {target} cannot be asked: {error}"));
    match found {
        Ok(Some(id)) => Ok(id),
        Ok(None) => Err(Error::Missing(format!("no conversation {word:?}, neither here nor in {target}"))),
        Err(error @ Error::Refused(_)) => Err(error),
        Err(error) => Err(unasked(error)),
    }
}

fn print(context: &mut Context, ids: &[String], target: Option<&Target>, removed: Option<&Removal>) -> Outcome<()> {
    let (place, rows) = (target.map(Target::to_string), removed.map(|removed| removed.rows));
    for id in ids {
        let is_gone = removed.is_some_and(|removed| !removed.left.contains_key(id));
        let rows = rows.filter(|_| ids.len() == 1);
        let shown = Shown { action: "forgotten", id, removed: is_gone, target: place.as_deref(), rows };
        match context.out.form {
            _ if context.out.quiet => context.out.line(id)?,
            Form::Json => context.out.json(&shown)?,
            Form::Table => context.out.line(&format!("{id} is forgotten"))?,
        }
    }
    if let (false, Some(rows), Some(target)) = (context.out.quiet, rows, place.as_deref()) {
        match context.out.form {
            Form::Json if ids.len() == 1 => {}
            Form::Json => context.out.json(&Total { action: "removed", target, rows })?,
            Form::Table => {
                let rows = render::format_quantity(rows, "row");
                context.out.line(&cli::sanitize(&format!("removed from {target}: {rows}")))?;
            }
        }
    }
    context.out.flush()
}
