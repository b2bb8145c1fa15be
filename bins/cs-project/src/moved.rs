//! `move`: records the new folder of a project.

use crate::main_root;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome, sanitize};
use cs_core::Error;
use cs_core::config::{Config, Registration};
use cs_core::git::identity;
use cs_core::id::Slug;
use std::path::Path;

/// record that a project's folder was moved; the project keeps its sessions
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "move",
    example = "{command_name} ~/old/api ~/src/api",
    example = "{command_name} api ~/src/api"
)]
pub struct Move {
    /// the old folder, or the project's short name
    #[argh(positional)]
    old: String,
    /// the new folder
    #[argh(positional)]
    new: String,
    /// accept a folder with a different repository from the one the project had
    #[argh(switch)]
    force: bool,
}

impl Move {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let slug = find_project(&config, &self.old)?;
        let to = main_root(&self.new)?;
        if !self.force {
            check_repository(&slug, config.projects.get(slug.as_str()), &to)?;
        }
        let moved = context.store.move_project(&slug, &to, context.now)?;
        match context.out.form {
            _ if context.out.quiet => context.out.line(slug.as_str())?,
            Form::Json => context.out.json(&moved)?,
            Form::Table => {
                let absorbed = moved.absorbed.map_or_else(String::new, |other| format!("; {other} was merged into it"));
                let changed = match moved.sessions.len() {
                    0 if moved.from == moved.to => "nothing was changed".to_string(),
                    1 => "1 session was changed".to_string(),
                    sessions => format!("{sessions} sessions were changed"),
                };
                let line = format!("{slug} is now in {}; {changed}{absorbed}", moved.to);
                context.out.line(&sanitize(&line))?;
            }
        }
        context.out.flush()
    }
}

/// Checks that the repository is the same: a mistyped path must not merge two projects.
fn check_repository(slug: &Slug, project: Option<&Registration>, to: &str) -> Outcome<()> {
    let Some(known) = project.and_then(|project| project.repo.as_ref()) else { return Ok(()) };
    if identity::is_known_as(Path::new(to), known) || project.is_some_and(|project| project.path == to) {
        return Ok(());
    }
    let what = match identity::at(Path::new(to)) {
        Some(there) => format!("is a different repository ({there}) from the one that {slug} had ({known})"),
        None => format!("is not a repository with a commit, and {slug} had {known}"),
    };
    let text = format!("{to:?} {what}; nothing was changed; --force accepts it anyway");
    Err(Error::Refused(text).into())
}

/// Finds the project at a path, which may not exist any more, or by its short name.
fn find_project(config: &Config, old: &str) -> Outcome<Slug> {
    let path = std::path::absolute(old).unwrap_or_else(|_| old.into());
    let path = path.to_string_lossy();
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { &path };
    if let Some(slug) = config.slug_of(path).or_else(|| config.slug_of(&resolve(Path::new(path)))) {
        return Ok(Slug::parse(slug)?);
    }
    let slug = Slug::parse(old).ok().filter(|slug| config.projects.contains_key(slug.as_str()));
    slug.ok_or_else(|| {
        Failure::Nothing(format!("no project is in {old:?}; cs-project list shows the folders of all projects"))
    })
}

/// Resolves the symbolic links of a path, as far as it exists.
fn resolve(path: &Path) -> String {
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    let real = there.and_then(|(part, real)| Some(real.join(path.strip_prefix(part).ok()?)));
    real.unwrap_or_else(|| path.to_path_buf()).to_string_lossy().into_owned()
}
