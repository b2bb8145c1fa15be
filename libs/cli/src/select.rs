//! Owns which sessions the arguments name.

use crate::Context;
use crate::failure::{Failure, Outcome};
use crate::failures::Failures;
use crate::lines::read_names_of;
use crate::shared::STDIN;
use agents::Agent;
use cs_core::Error;
use cs_core::id::SessionId;
use cs_core::store::{Selector, Store};
use cs_core::who;

/// The sessions that the arguments name; without arguments, the conversation that runs this program.
pub fn selectors(args: &[String]) -> Outcome<Vec<String>> {
    selectors_of(&["session_id"], args)
}

/// The same; a record on standard input is named by the first of these fields that it has.
pub fn selectors_of(fields: &[&str], args: &[String]) -> Outcome<Vec<String>> {
    if args.is_empty() {
        return Ok(vec![own_conversation()?]);
    }
    let mut all = Vec::new();
    for arg in args {
        if arg == STDIN {
            all.extend(read_names_of(fields, std::io::stdin().lock())?);
        } else {
            all.push(arg.clone());
        }
    }
    if all.is_empty() {
        return Err(Failure::Nothing(format!(
            "no {} on standard input",
            fields.first().map_or("session", |field| noun(field))
        )));
    }
    Ok(all)
}

/// What a field that names something names.
fn noun(field: &str) -> &str {
    if field == "conversation" { field } else { "session" }
}

/// The id of the conversation that runs this program: agents set an environment variable for their commands.
fn own_conversation() -> Outcome<String> {
    match Agent::conversation_from_env() {
        Some(uuid) => Ok(who::word_of(uuid)),
        None => Err(Failure::Usage(
            "no session given, and no conversation runs this command".into(),
            Some("name one: an id, its start or end, claude:UUID, or - for ids on standard input".into()),
        )),
    }
}

/// A session that is missing may have been deleted.
fn explain(store: &Store, id: &SessionId, failure: Failure) -> Failure {
    match failure {
        Failure::Core(Error::Missing(text)) => store.deleted_error(id).unwrap_or(Error::Missing(text)).into(),
        other => other,
    }
}

/// Runs `work` for each named session. With several, each failure is printed and the work goes on;
/// the exit code is that of the first failure.
pub fn each(
    context: &mut Context,
    args: &[String],
    mut work: impl FnMut(&mut Context, &SessionId) -> Outcome<()>,
) -> Outcome<()> {
    let names = selectors(args)?;
    let alone = names.len() == 1;
    let mut failures = Failures::default();
    for name in names {
        let done = Selector::parse(&name)
            .and_then(|selector| context.store.find(&selector))
            .map_err(Failure::from)
            .and_then(|id| work(context, &id).map_err(|failure| explain(&context.store, &id, failure)));
        match done {
            Ok(()) => {}
            Err(failure) if alone => return Err(failure),
            Err(failure) => failures.report(failure)?,
        }
    }
    context.out.flush()?;
    failures.end()
}
