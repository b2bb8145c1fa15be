//! The registry of projects, their roadmaps, and the overview of everything.
//!
//! Reads: `config.json`, `projects/`, the index, `live/`, and the records that the overview shows.
//! Writes: `config.json` (register, move, remove, hide), `projects/<slug>.json` (update); `move` changes sessions, and
//! `remove` moves what it removes to `quarantine/`.
//! Exits: 0 done, 1 not found or nothing there, 64 usage, 65 invalid, 74 disk, 75 busy.

mod moved;
mod overview;
mod remove;
mod show;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Out, Outcome, found};
use cs_core::config::{Config, Trouble};
use cs_core::id::Slug;
use cs_core::project::{self, Changes};
use cs_core::{Error, git};
use std::path::Path;
use std::process::ExitCode;

/// Keeps the list of projects. A project is a git repository with all its work trees, or, outside of git, a directory.
/// Other commands take its short name.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} overview",
    example = "{command_name} update api --current-phase \"beta\" --next-up \"rate limits\""
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Register(Register),
    List(show::List),
    Show(show::Show),
    Update(Update),
    Move(moved::Move),
    Remove(remove::Remove),
    Hide(remove::Hide),
    Overview(overview::Overview),
}

/// register a project, or rename it (at the first conversation, the hooks register it)
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "register",
    example = "{command_name}",
    example = "{command_name} --path . --name \"The API\""
)]
struct Register {
    /// the display name (default: that of the directory)
    #[argh(option)]
    name: Option<String>,
    /// a directory in the project (default: the current one)
    #[argh(option, default = "String::from(\".\")")]
    path: String,
}

/// set the phase and the roadmap of a project
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "update",
    example = "{command_name} api --current-phase beta",
    example = "{command_name} api --completed login --in-progress search --next-up \"rate limits\""
)]
struct Update {
    /// the project's short name (default: the one of the current directory)
    #[argh(positional)]
    slug: Option<String>,
    /// the phase the project is in
    #[argh(option)]
    current_phase: Option<String>,
    /// what is done; repeatable, replaces the list
    #[argh(option)]
    completed: Vec<String>,
    /// what is under way; repeatable, replaces the list
    #[argh(option)]
    in_progress: Vec<String>,
    /// what comes next, at most three; repeatable, replaces the list
    #[argh(option)]
    next_up: Vec<String>,
}

const PROGRAM: &str = "cs-project";

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Register(args) => register(context, &args),
        Command::List(args) => args.run(context),
        Command::Show(args) => args.run(context),
        Command::Update(args) => update(context, args),
        Command::Move(args) => args.run(context),
        Command::Remove(args) => args.run(context),
        Command::Hide(args) => args.run(context),
        Command::Overview(args) => args.run(context),
    }
}

fn register(context: &mut Context, args: &Register) -> Outcome<()> {
    let root = main_root(&args.path)?;
    let slug = context.store.register(&root, args.name.as_deref(), context.now)?;
    show::print(context, &slug)
}

/// The main work tree of the repository that contains the directory; without one, the directory.
fn main_root(path: &str) -> Outcome<String> {
    let dir = Path::new(path).canonicalize().map_err(|_| Error::Invalid(format!("no such directory: {path:?}")))?;
    if !dir.is_dir() {
        return Err(Error::Invalid(format!("not a directory: {path:?}")).into());
    }
    Ok(git::find(&dir).map_or(dir, |found| found.main_root).to_string_lossy().into_owned())
}

/// The project that is named, or the one of the current directory.
fn resolve_project(context: &Context, slug: Option<&str>) -> Outcome<Slug> {
    if let Some(slug) = slug {
        return Ok(Slug::parse(slug)?);
    }
    let root = main_root(".")?;
    let config = context.store.config();
    if let Some(slug) = config.project_of(&root) {
        return Ok(Slug::parse(slug)?);
    }
    let unknown = Failure::Nothing(format!("{root} is not a registered project; cs-project register registers it"));
    Err(config_error(config).unwrap_or(unknown))
}

/// Checks that a project is known: it is registered, or has a file or sessions.
fn check_exists(context: &Context, slug: &Slug) -> Outcome<()> {
    let config = context.store.config();
    let known = config.projects.contains_key(slug.as_str())
        || context.store.home.project(slug).exists()
        || context.store.counts(slug.as_str())?.total() > 0;
    if known {
        return Ok(());
    }
    Err(config_error(config).unwrap_or_else(|| found::no_project(&context.store, slug.as_str())))
}

/// The error in `config.json` because of which some registered projects may be missing.
fn config_error(config: Config) -> Option<Failure> {
    let is_about_projects = |trouble: &Trouble| trouble.key.is_empty() || trouble.key.starts_with("projects");
    config.troubles.into_iter().find(is_about_projects).map(|trouble| trouble.error.into())
}

fn update(context: &mut Context, args: Update) -> Outcome<()> {
    let slug = resolve_project(context, args.slug.as_deref())?;
    check_exists(context, &slug)?;
    let given = |list: Vec<String>| (!list.is_empty()).then_some(list);
    let changes = Changes {
        current_phase: args.current_phase,
        completed: given(args.completed),
        in_progress: given(args.in_progress),
        next_up: given(args.next_up),
    };
    if changes.current_phase.is_none()
        && changes.completed.is_none()
        && changes.in_progress.is_none()
        && changes.next_up.is_none()
    {
        let hint = "give at least one of --current-phase, --completed, --in-progress, --next-up";
        return Err(Failure::Usage("nothing to update".into(), Some(hint.into())));
    }
    let counts = context.store.counts(slug.as_str())?;
    context.store.update_project(&slug, |state| {
        project::update(state, &changes, context.now)?;
        project::count(state, counts);
        Ok(())
    })?;
    show::print(context, &slug)
}
