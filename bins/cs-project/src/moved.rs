//! `move`: a project's folder lies elsewhere now. And the hint that it may.

use crate::main_root;
use argh::FromArgs;
use cs_cli::{Context, Failure, Form, Outcome, sanitize};
use cs_core::config::Config;
use cs_core::id::Slug;
use cs_core::store::repo_of;
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
}

impl Move {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let slug = known(&context.config(), &self.old)?;
        let to = main_root(&self.new)?;
        let moved = context.store.move_project(&slug, &to, context.now)?;
        match context.out.form {
            _ if context.out.quiet => context.out.line(slug.as_str())?,
            Form::Json => context.out.json(&moved)?,
            Form::Table => {
                let absorbed =
                    moved.absorbed.map_or_else(String::new, |other| format!("; {other} is a part of it now"));
                let sessions = moved.sessions.len();
                let line = format!("{slug} lies in {} now; {sessions} sessions changed{absorbed}", moved.to);
                context.out.line(&sanitize(&line))?;
            }
        }
        context.out.flush()
    }
}

/// The project at a path, which may be gone, or with a short name.
fn known(config: &Config, old: &str) -> Outcome<Slug> {
    let path = std::path::absolute(old).unwrap_or_else(|_| old.into());
    let path = path.to_string_lossy();
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { &path };
    if let Some(slug) = config.slug_of(path) {
        return Ok(Slug::parse(slug)?);
    }
    let slug = Slug::parse(old).ok().filter(|slug| config.projects.contains_key(slug.as_str()));
    slug.ok_or_else(|| Failure::Nothing(format!("no project lies in {old}; cs-project list shows where they lie")))
}

/// Projects whose folder is gone, while another one has the same repository: perhaps they were moved there.
pub fn hints(config: &Config) -> Vec<String> {
    let is_gone = |path: &str| !path.is_empty() && !Path::new(path).exists();
    let mut hints = Vec::new();
    for (slug, project) in config.projects.iter().filter(|(_, project)| is_gone(&project.path)) {
        let Some(repo) = &project.repo else { continue };
        let others = config.projects.iter().filter(|(other, of)| *other != slug && !is_gone(&of.path));
        for (_, other) in others.filter(|(_, of)| repo_of(of).as_ref() == Some(repo)) {
            let (old, new) = (&project.path, &other.path);
            hints.push(format!(
                "{old} is gone, and {new} is the same repository; if it was moved: cs-project move {slug} {new}"
            ));
        }
    }
    hints
}
