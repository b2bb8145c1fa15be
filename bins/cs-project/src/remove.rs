//! `remove` and `hide`: projects that are no longer needed, or not wanted in overviews.

use crate::{check_exists, show};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Outcome, confirm, sanitize};
use cs_core::id::{SessionId, Slug};
use cs_core::store::Openness;
use render::format_quantity;

/// remove a project; its folder is not touched, and its next conversation registers it again
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "remove",
    example = "{command_name} experiments",
    example = "{command_name} experiments --with-sessions --yes"
)]
pub struct Remove {
    /// the project's short name
    #[argh(positional)]
    slug: String,
    /// delete its sessions too; cs-session restore brings them back
    #[argh(switch)]
    with_sessions: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// leave a project out of list and overview, or show it again
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "hide",
    example = "{command_name} experiments",
    example = "{command_name} experiments --show"
)]
pub struct Hide {
    /// the project's short name
    #[argh(positional)]
    slug: String,
    /// show it again
    #[argh(switch)]
    show: bool,
}

impl Remove {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let slug = Slug::parse(&self.slug)?;
        check_exists(context, &slug)?;
        if !self.with_sessions {
            context.store.must_be_empty(&slug)?;
        }
        let sessions = if self.with_sessions { context.store.sessions_in(&slug)? } else { Vec::new() };
        // Before anything is deleted.
        sessions.iter().try_for_each(|id| context.store.may_delete(id))?;
        let concerned = match sessions.len() {
            0 => format!("{slug}, without sessions"),
            count => format!("{slug}, and {}", format_quantity(count as u64, "session")),
        };
        confirm(&[concerned], "remove this project?", self.yes)?;
        for id in &sessions {
            context.store.delete(id, Openness::Respected, context.now)?;
        }
        let removed = context.store.remove_project(&slug, context.now)?;
        match context.out.form {
            _ if context.out.quiet => context.out.line(slug.as_str())?,
            Form::Json => context.out.json(&removed)?,
            Form::Table => context.out.line(&sanitize(&describe(&slug, &sessions)))?,
        }
        context.out.flush()
    }
}

fn describe(slug: &Slug, sessions: &[SessionId]) -> String {
    match sessions.len() {
        0 => format!("{slug} is removed"),
        count => {
            let count = format_quantity(count as u64, "session");
            format!("{slug} is removed; {count} can be brought back: cs-session restore --list")
        }
    }
}

impl Hide {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let slug = Slug::parse(&self.slug)?;
        check_exists(context, &slug)?;
        context.store.hide_project(&slug, !self.show)?;
        show::print(context, &slug)
    }
}
