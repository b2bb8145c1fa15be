//! `list` and `show`: projects with their state.

use crate::overview::hidden_line;
use crate::{PROGRAM, check_exists, resolve_project};
use argh::{ArgsInfo, FromArgs};
use cli::{Block, Context, Failure, Form, Outcome, note};
use cs_core::id::Slug;
use cs_core::project::{Counts, ProjectState};
use cs_core::store::repo_of;
use render::{Column, Style, Table, TableCell};
use serde::Serialize;

/// list all projects
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "list", example = "{command_name}", example = "{command_name} -q")]
pub struct List {
    /// also hidden projects
    #[argh(switch)]
    all: bool,
}

/// show a project
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "show", example = "{command_name}", example = "{command_name} api")]
pub struct Show {
    /// the project's short name (default: the one of the current directory)
    #[argh(positional)]
    slug: Option<String>,
}

/// A project as it is shown.
#[derive(Serialize)]
struct Shown {
    slug: String,
    name: String,
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<String>,
    #[serde(rename = "hidden", skip_serializing_if = "std::ops::Not::not")]
    is_hidden: bool,
    counts: Counts,
    #[serde(flatten)]
    state: ProjectState,
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let index = context.store.index()?;
        let mut counts = index.counts();
        for slug in config.projects.keys() {
            counts.entry(slug.clone()).or_default();
        }
        if counts.is_empty() {
            return Err(Failure::Nothing("no projects yet; cs-project register adds one".into()));
        }
        let all = counts.len();
        counts.retain(|slug, _| self.all || !config.is_hidden(slug));
        let hidden = all - counts.len();
        let mut table = Table::new(vec![
            Column::text("project"),
            Column::number("active").worth(40),
            Column::number("parked").worth(30),
            Column::number("completed").worth(20),
            Column::main("path").of_paths(),
        ]);
        for (slug, counts) in &counts {
            let project = config.projects.get(slug);
            let (name, path) = (project.map_or(slug, |p| &p.name), project.map_or("", |p| p.path.as_str()));
            match context.out.form {
                _ if context.out.quiet => context.out.line(slug)?,
                Form::Json => {
                    let mut row = serde_json::json!({
                        "slug": slug, "name": name, "path": project.map(|p| &p.path), "counts": counts,
                        "registered_at": project.map(|p| &p.registered_at),
                    });
                    if let (Some(repo), Some(row)) = (project.and_then(repo_of), row.as_object_mut()) {
                        row.insert("repo".to_string(), repo.into());
                    }
                    if let Some(row) = row.as_object_mut().filter(|_| config.is_hidden(slug)) {
                        row.insert("hidden".to_string(), true.into());
                    }
                    context.out.json(&row)?;
                }
                Form::Table => {
                    let Counts { active, parked, completed } = *counts;
                    let number = |count: usize| TableCell::from(count.to_string());
                    let numbers = [active, parked, completed].map(number);
                    let cells = [TableCell::styled(slug, Style::Strong)].into_iter().chain(numbers);
                    table.push(cells.chain([TableCell::from(path)]).collect());
                }
            }
        }
        if !table.is_empty() {
            context.out.show(&table)?;
        }
        if hidden > 0 && context.out.form == Form::Table && !context.out.quiet {
            context.out.line(&hidden_line(hidden, "list"))?;
        }
        context.out.flush()?;
        let hints = if context.out.quiet { Vec::new() } else { cli::repo::moves(&context.store, &config) };
        hints.iter().for_each(|hint| note(PROGRAM, hint));
        Ok(())
    }
}

impl Show {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        // Loading the settings prints what is wrong with them; the value is not needed here.
        let _ = context.config();
        let slug = resolve_project(context, self.slug.as_deref())?;
        check_exists(context, &slug)?;
        print(context, &slug)
    }
}

/// Prints a project in the requested form.
pub fn print(context: &mut Context, slug: &Slug) -> Outcome<()> {
    let config = context.store.config();
    let registered = config.projects.get(slug.as_str());
    let shown = Shown {
        slug: slug.to_string(),
        name: registered.map_or_else(|| slug.to_string(), |project| project.name.clone()),
        path: registered.map(|project| project.path.clone()),
        repo: registered.and_then(repo_of),
        is_hidden: config.is_hidden(slug.as_str()),
        counts: context.store.counts(slug.as_str())?,
        state: context.store.project(slug)?,
    };
    match context.out.form {
        _ if context.out.quiet => context.out.line(slug.as_str())?,
        Form::Json => context.out.json(&shown)?,
        Form::Table => block(&shown).print(&mut context.out)?,
    }
    context.out.flush()
}

fn block(shown: &Shown) -> Block {
    let Counts { active, parked, completed } = shown.counts;
    let roadmap = &shown.state.roadmap_summary;
    let mut block = Block::new(&shown.name);
    let mut field = |name: &str, value: &str| block.field(name, value);
    field("project", &shown.slug);
    field("path", shown.path.as_deref().unwrap_or_default());
    field("repository", shown.repo.as_deref().unwrap_or_default());
    let again = format!("not in list and overview; cs-project hide {} --show shows it again", shown.slug);
    field("hidden", if shown.is_hidden { &again } else { "" });
    field("sessions", &format!("{active} active, {parked} parked, {completed} completed"));
    field("phase", &shown.state.current_phase);
    field("completed", &roadmap.completed.join("; "));
    field("in progress", &roadmap.in_progress.join("; "));
    field("next up", &roadmap.next_up.join("; "));
    field("questions", &shown.state.open_questions.join("; "));
    block
}
