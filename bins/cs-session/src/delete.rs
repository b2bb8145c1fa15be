//! `delete`: moves sessions to `quarantine/`, or removes them for good.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failures, Form, Outcome, confirm, sanitize, selectors};
use cs_core::id::SessionId;
use cs_core::store::{Openness, Selector, Store};
use cs_core::{Error, Result};
use serde::Serialize;
use std::path::Path;

/// delete sessions; restore brings them back
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "delete",
    example = "{command_name} ca5d",
    example = "cs-session list --project api -q | {command_name} - --forget --yes"
)]
pub struct Delete {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// remove them for good, also those that were deleted before
    #[argh(switch)]
    forget: bool,
    /// delete even a session whose conversation is open; it begins a new one
    #[argh(switch)]
    force: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

impl Delete {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let mut failures = Failures::default();
        let mut ids = Vec::new();
        for name in selectors(&self.id)? {
            match Selector::parse(&name).and_then(|name| find(&context.store, &name)) {
                Ok(id) if ids.contains(&id) => {}
                Ok(id) => ids.push(id),
                Err(error) => failures.report(error)?,
            }
        }
        if !ids.is_empty() {
            let lines: Vec<String> = ids.iter().map(|id| describe(&context.store, id)).collect();
            confirm(&lines, &self.question(ids.len()), self.yes)?;
        }
        for id in &ids {
            if let Err(error) = self.delete(context, id) {
                failures.report(error)?;
            }
        }
        context.out.flush()?;
        failures.end()
    }

    fn question(&self, count: usize) -> String {
        let what = if count == 1 { "this session".to_string() } else { format!("these {count} sessions") };
        format!("delete {what}{}?", if self.forget { " for good" } else { "" })
    }

    fn delete(&self, context: &mut Context, id: &SessionId) -> Outcome<()> {
        let openness = if self.force { Openness::Overridden } else { Openness::Respected };
        match self.forget {
            true => context.store.delete_for_good(id, openness, context.now).map(|()| None),
            false => context.store.delete(id, openness, context.now).map(Some),
        }
        .map_err(Into::into)
        .and_then(|to| print(context, id, to.as_deref()))
    }
}

/// What was done.
#[derive(Serialize)]
struct Done<'a> {
    session_id: &'a SessionId,
    action: &'static str,
    /// The record in quarantine.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a Path>,
}

/// The session, which may have been deleted before.
fn find(store: &Store, name: &Selector) -> Result<SessionId> {
    match store.find(name) {
        Err(error @ Error::Missing(_)) => store.find_deleted(name)?.ok_or(error),
        other => other,
    }
}

/// A session in one line.
fn describe(store: &Store, id: &SessionId) -> String {
    let session = store.session(id).ok();
    let session =
        session.map(|session| format!("{}: {} ({})", session.project_slug, session.intent, session.status.as_str()));
    format!("{id}  {}", session.unwrap_or_default())
}

fn print(context: &mut Context, id: &SessionId, to: Option<&Path>) -> Outcome<()> {
    match (context.out.form, to) {
        _ if context.out.quiet => context.out.line(id.as_str()),
        (Form::Json, _) => {
            let action = if to.is_some() { "deleted" } else { "forgotten" };
            context.out.json(&Done { session_id: id, action, to })
        }
        (Form::Table, Some(_)) => {
            context.out.line(&sanitize(&format!("{id} is deleted; cs-session restore brings it back")))
        }
        (Form::Table, None) => context.out.line(&sanitize(&format!("{id} is removed for good"))),
    }?;
    context.out.flush()
}
