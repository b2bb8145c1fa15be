//! `restore`: brings deleted sessions back, or lists them.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Form, Outcome, print_session, selectors};
use cs_core::Error;
use cs_core::clock;
use cs_core::store::{Deleted, Selector};
use render::format_age_cell;
use serde::Serialize;
use std::path::Path;

/// bring deleted sessions back
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "restore", example = "{command_name} --list", example = "{command_name} ca5d")]
pub struct Restore {
    /// deleted sessions: an id, or the start or end of one
    #[argh(positional)]
    id: Vec<String>,
    /// list the deleted sessions instead
    #[argh(switch)]
    list: bool,
}

impl Restore {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        if self.list {
            return list(context);
        }
        if self.id.is_empty() {
            let hint = "cs-session restore --list shows what was deleted";
            return Err(Failure::Usage("no session given".into(), Some(hint.into())));
        }
        let mut failures = Failures::default();
        for name in selectors(&self.id)? {
            if let Err(failure) = restore(context, &name) {
                failures.report(failure)?;
            }
        }
        context.out.flush()?;
        failures.end()
    }
}

fn restore(context: &mut Context, name: &str) -> Outcome<()> {
    let missing = || Error::Missing(format!("no deleted session {name:?}; cs-session restore --list shows all"));
    let id = context.store.find_deleted(&Selector::parse(name)?)?.ok_or_else(missing)?;
    let session = context.store.restore(&id, context.now)?;
    print_session(context, &session)
}

/// A deleted session in the list.
#[derive(Serialize)]
struct Row<'a> {
    session_id: &'a str,
    project_slug: &'a str,
    status: &'static str,
    intent: &'a str,
    deleted_at: &'a str,
    path: &'a Path,
}

impl<'a> Row<'a> {
    fn of(one: &'a Deleted) -> Self {
        let Deleted { session, path, deleted_at } = one;
        let (session_id, project_slug, intent) = (&session.session_id, &session.project_slug, &session.intent);
        Row { session_id, project_slug, status: session.status.as_str(), intent, deleted_at, path }
    }
}

fn list(context: &mut Context) -> Outcome<()> {
    let all = context.store.all_deleted()?;
    if all.is_empty() {
        return Err(Failure::Nothing("no session was deleted".into()));
    }
    match context.out.form {
        _ if context.out.quiet => all.iter().try_for_each(|one| context.out.line(&one.session.session_id))?,
        Form::Json => all.iter().try_for_each(|one| context.out.json(&Row::of(one)))?,
        Form::Table => {
            let age = |at: &str| clock::parse(at).map(|at| format_age_cell(at, context.now)).unwrap_or_default();
            let row = |one: &Deleted| {
                let session = &one.session;
                let (id, slug) = (session.session_id.clone(), session.project_slug.clone());
                vec![id, slug, session.status.as_str().to_string(), age(&one.deleted_at), session.intent.clone()]
            };
            let rows: Vec<Vec<String>> = all.iter().map(row).collect();
            context.out.table(&["id", "project", "status", "deleted", "intent"], &rows)?;
        }
    }
    context.out.flush()
}
