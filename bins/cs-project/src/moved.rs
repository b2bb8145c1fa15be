//! `move`: a project's folder lies elsewhere now.

use crate::main_root;
use argh::FromArgs;
use cli::{Context, Failure, Form, Outcome, sanitize};
use cs_core::Error;
use cs_core::config::{Config, Registration};
use cs_core::git::identity;
use cs_core::id::Slug;
use std::path::Path;

/// say that a project's folder was moved; its sessions stay its own
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "move",
    example = "{command_name} ~/old/api ~/src/api",
    example = "{command_name} api ~/src/api"
)]
pub struct Move {
    /// where it lay, or the project's short name
    #[argh(positional)]
    old: String,
    /// where it lies now
    #[argh(positional)]
    new: String,
    /// although the repository there is known by something else
    #[argh(switch)]
    force: bool,
}

impl Move {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let slug = known(&config, &self.old)?;
        let to = main_root(&self.new)?;
        if !self.force {
            must_be_same(&slug, config.projects.get(slug.as_str()), &to)?;
        }
        let moved = context.store.move_project(&slug, &to, context.now)?;
        match context.out.form {
            _ if context.out.quiet => context.out.line(slug.as_str())?,
            Form::Json => context.out.json(&moved)?,
            Form::Table => {
                let absorbed =
                    moved.absorbed.map_or_else(String::new, |other| format!("; {other} is a part of it now"));
                let changed = match moved.sessions.len() {
                    0 if moved.from == moved.to => "already; nothing was changed".to_string(),
                    1 => "now; 1 session was changed".to_string(),
                    sessions => format!("now; {sessions} sessions were changed"),
                };
                let line = format!("{slug} lies in {} {changed}{absorbed}", moved.to);
                context.out.line(&sanitize(&line))?;
            }
        }
        context.out.flush()
    }
}

/// A slip in a path must not make one project of two.
fn must_be_same(slug: &Slug, project: Option<&Registration>, to: &str) -> Outcome<()> {
    let Some(known) = project.and_then(|project| project.repo.as_ref()) else { return Ok(()) };
    if identity::is_known_as(Path::new(to), known) || project.is_some_and(|project| project.path == to) {
        return Ok(());
    }
    let what = identity::at(Path::new(to))
        .map_or_else(|| "is not a repository with a commit".to_string(), |there| format!("is {there}"));
    let text = format!("{to} {what}, and {slug} was {known}; nothing was changed. If it is the same: --force");
    Err(Error::Refused(text).into())
}

/// The project at a path, which may be gone, or with a short name.
fn known(config: &Config, old: &str) -> Outcome<Slug> {
    let path = std::path::absolute(old).unwrap_or_else(|_| old.into());
    let path = path.to_string_lossy();
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { &path };
    if let Some(slug) = config.slug_of(path).or_else(|| config.slug_of(&real(Path::new(path)))) {
        return Ok(Slug::parse(slug)?);
    }
    let slug = Slug::parse(old).ok().filter(|slug| config.projects.contains_key(slug.as_str()));
    slug.ok_or_else(|| Failure::Nothing(format!("no project lies in {old}; cs-project list shows where they lie")))
}

/// A path without symbolic links, as far as it is there.
fn real(path: &Path) -> String {
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    let real = there.and_then(|(part, real)| Some(real.join(path.strip_prefix(part).ok()?)));
    real.unwrap_or_else(|| path.to_path_buf()).to_string_lossy().into_owned()
}
