//! `overview`: all projects and sessions, as one document or as a page for the terminal.

use crate::{PROGRAM, check_exists};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome, ShortIds, note, sanitize};
use cs_core::clock::{self, Instant};
use cs_core::id::Slug;
use cs_core::overview::{self, Project, Summary};
use render::{Column, Style, Table, TableCell, Words, format_age_cell, format_progress, format_quantity};

/// show what runs, what waits for you, what is parked and what was finished, by project
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "overview", example = "{command_name}", example = "{command_name} --project api --json")]
pub struct Overview {
    /// only this project
    #[argh(option)]
    project: Option<String>,
    /// also hidden projects
    #[argh(switch)]
    all: bool,
}

impl Overview {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let slug = self.project.as_deref().map(Slug::parse).transpose()?;
        if let Some(slug) = &slug {
            check_exists(context, slug)?;
        }
        let mut config = context.config();
        if self.all {
            config.show_hidden();
        }
        let hints = if context.out.quiet { Vec::new() } else { cli::repo::moves(&context.store, &config) };
        let mut overview = overview::build(&context.store, config, slug.as_ref(), context.now, terminal::name)?;
        let all = overview.projects.len();
        overview.projects.retain(|project| !project.is_hidden);
        let hidden = all - overview.projects.len();
        match context.out.form {
            _ if context.out.quiet => {
                let shown = overview.projects.iter().flat_map(|p| p.active.iter().chain(&p.parked));
                shown.map(|summary| &summary.session_id).try_for_each(|id| context.out.line(id))?;
            }
            Form::Json => context.out.json(&overview)?,
            Form::Table => page(context, &overview, hidden)?,
        }
        context.out.flush()?;
        hints.iter().for_each(|hint| note(PROGRAM, hint));
        Ok(())
    }
}

fn page(context: &mut Context, overview: &overview::Overview, hidden: usize) -> Outcome<()> {
    if overview.projects.is_empty() && hidden == 0 {
        return Err(Failure::Nothing("no projects yet; the first conversation registers one".into()));
    }
    let ids = context.store.index()?.ids(|_| true);
    let short = ShortIds::among(&ids);
    let counts = overview.counts;
    context.out.line(&format!(
        "{} active ({} need you), {} parked, {} completed",
        counts.active, overview.needs_user, counts.parked, counts.completed
    ))?;
    for project in &overview.projects {
        context.out.line("")?;
        let title = context.out.styled(&title(project), Style::Strong);
        context.out.line(&title)?;
        let mut table = table();
        let sessions = project.active.iter().chain(&project.parked).chain(&project.recent);
        sessions.for_each(|session| table.push(row(session, &short, context.now)));
        if !table.is_empty() {
            context.out.show(&table)?;
        }
        let more = project.counts.parked.saturating_sub(overview::PARKED);
        if more > 0 {
            let slug = &project.slug;
            context.out.line(&format!("{more} more parked: cs-session list --status parked --project {slug}"))?;
        }
    }
    if hidden > 0 {
        context.out.line("")?;
        context.out.line(&hidden_line(hidden, "overview"))?;
    }
    for damaged in &overview.damaged {
        context.out.line(&format!("damaged: {}", sanitize(&damaged.reason)))?;
    }
    Ok(())
}

/// How many projects are not shown, and the command that shows them.
pub fn hidden_line(hidden: usize, command: &str) -> String {
    let projects = format_quantity(hidden as u64, "hidden project");
    format!("{projects}: {PROGRAM} {command} --all")
}

fn title(project: &Project) -> String {
    let roadmap = &project.roadmap_summary;
    let mut title = sanitize(&project.name);
    if !project.current_phase.is_empty() {
        title.push_str(&format!(" · {}", sanitize(&project.current_phase)));
    }
    let (done, doing, next) = (roadmap.completed.len(), roadmap.in_progress.len(), roadmap.next_up.len());
    if done + doing + next > 0 {
        title.push_str(&format!(" · roadmap: {done} done, {doing} in progress, {next} next"));
    }
    title
}

/// A terminal that is narrower has two lines for each session, as in `cs-session list`.
const FOLDS_BELOW: usize = 60;

fn table() -> Table {
    let columns = vec![
        Column::text("id"),
        Column::text("state"),
        Column::number("age").worth(80),
        Column::number("tasks").worth(40),
        Column::main("intent"),
    ];
    Table::new(columns).folds_below(FOLDS_BELOW)
}

fn row(session: &Summary, short: &ShortIds, now: Instant) -> Vec<TableCell> {
    let has_failed = session.failed.is_some();
    let state = if has_failed { "failed" } else { session.state.as_str() };
    let age = session.state_since.as_deref().and_then(clock::parse).map(|at| format_age_cell(at, now));
    let words = Words {
        state: session.state,
        evidence: &session.state_reason,
        failed: session.failed.as_deref(),
        said: session.said.as_deref(),
        awaiting: session.awaiting_action.as_deref(),
        activity: None,
        parked: None,
        outcome: None,
    };
    let intent = TableCell::from(&*session.intent);
    vec![
        TableCell::styled(short.of(&session.session_id), Style::Dim),
        TableCell::styled(state, Style::of_state(session.state, has_failed)),
        age.unwrap_or_default().into(),
        format_progress((session.tasks.done, session.tasks.total)).into(),
        match words.labelled() {
            Some((text, style)) => intent.with(format!(" — {text}"), style),
            None => intent,
        },
    ]
}
