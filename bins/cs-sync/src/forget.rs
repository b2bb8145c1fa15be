//! `forget`: removes conversations from where they were sent, for good.

use crate::choice::Named;
use crate::target::{self, Target};
use crate::{PROGRAM, settings};
use agents::logs::Roots;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failures, Form, Outcome};
use conversations::Catalog;
use cs_core::Error;
use cs_core::id::{SessionId, Uuid};
use cs_core::store::Selector;
use serde::Serialize;
use std::path::PathBuf;

/// The fields of a line of JSON that name something to forget.
const NAMED: [&str; 2] = ["conversation", "session_id"];

/// remove conversations from the database or folder, from all of your machines, and never send them again. What is on this
/// machine stays
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "forget",
    note = "If the target cannot be reached, it is remembered here, and the next push removes it.",
    example = "{command_name} ca5d",
    example = "{command_name} ca5d --psql service=team --yes"
)]
pub struct Forget {
    /// the conversation: an id, its start or end, or that of a session; - reads them from standard input
    #[argh(positional, arg_name = "id")]
    ids: Vec<String>,
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

#[derive(Serialize)]
struct Shown<'a> {
    action: &'static str,
    id: &'a str,
    /// Whether the target does not have it any more; otherwise the next push removes it.
    removed: bool,
}

impl Forget {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (_, settings) = settings::read(context);
        let named = Named { psql: self.psql, sqlite: self.sqlite, into: self.into };
        let target = named.or_set(&settings)?;
        let (ids, mut failures) = chosen(context, &self.ids)?;
        if ids.is_empty() {
            return failures.end();
        }
        cli::confirm(&ids, &question(target.as_ref()), self.yes)?;
        // First here: if we are killed after this, the next push removes it.
        sync::forget(&context.store.home, &ids, context.now)?;
        let removed = match &target {
            None => false,
            Some(target) => {
                match settings::sender(context, &settings).and_then(|sender| target::remove(target, &sender, &ids)) {
                    Ok(_) => true,
                    Err(error) => {
                        failures.report(error)?;
                        false
                    }
                }
            }
        };
        print(context, &ids, removed)?;
        if !removed {
            cli::note(PROGRAM, "remembered on this machine; the next push removes it from where it was sent");
        }
        failures.end()
    }
}

fn question(target: Option<&Target>) -> String {
    match target {
        Some(target) => format!("remove this from {target}, and never send it again?"),
        None => "never send this again, and remove it with the next push?".into(),
    }
}

/// The ids that the words mean. With several, one that means nothing is reported.
fn chosen(context: &Context, words: &[String]) -> Outcome<(Vec<String>, Failures)> {
    let words = cli::selectors_of(&NAMED, words)?;
    let mut catalog = Catalog::of(&context.store, &Roots::from_env());
    if words.iter().any(|word| conversations::find(&catalog, &context.store, word).is_err()) {
        catalog.add_remembered(&Roots::from_env());
    }
    let (mut ids, mut failures) = (Vec::new(), Failures::default());
    for word in &words {
        match id_of(context, &catalog, word) {
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

fn print(context: &mut Context, ids: &[String], removed: bool) -> Outcome<()> {
    for id in ids {
        match context.out.form {
            _ if context.out.quiet => context.out.line(id)?,
            Form::Json => context.out.json(&Shown { action: "forgotten", id, removed })?,
            Form::Table => context.out.line(&format!("{id} is forgotten"))?,
        }
    }
    context.out.flush()
}
