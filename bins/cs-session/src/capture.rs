//! `capture-commits`: the commits of a repository since the session's start.

use crate::PROGRAM;
use argh::FromArgs;
use cs_cli::{Context, Outcome, each, print_session};
use cs_core::record::Session;
use cs_core::{Error, Result, session, validate};
use std::process::{Command, Stdio};

/// add the commits made since the session's start
#[derive(FromArgs)]
#[argh(subcommand, name = "capture-commits", example = "{command_name}", example = "{command_name} ca5d --repo .")]
pub struct CaptureCommits {
    /// sessions
    #[argh(positional)]
    id: Vec<String>,
    /// the repository (default: the session's work tree)
    #[argh(option)]
    repo: Option<String>,
}

impl CaptureCommits {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        each(PROGRAM, context, &self.id, |context, id| {
            let commits = log(&context.store.session(id)?, self.repo.as_deref())?;
            let session = context.store.update(id, context.now, |record| {
                commits.iter().try_for_each(|(sha, message)| session::commit(record, sha, message))
            })?;
            print_session(context, &session)
        })
    }
}

/// Names and subjects of the commits, oldest first.
fn log(session: &Session, repo: Option<&str>) -> Result<Vec<(String, String)>> {
    let repo = repo.or(session.worktree_root.as_deref()).unwrap_or(".");
    let output = Command::new("git")
        .args(["-C", repo, "log", "--reverse", "--format=%H%x09%s"])
        .arg(format!("--max-count={}", validate::COMMITS))
        .arg(format!("--since={}", session.started_at))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::io(std::path::Path::new("git"), "run", error))?;
    if !output.status.success() {
        let trouble = String::from_utf8_lossy(&output.stderr);
        let first = trouble.lines().next().unwrap_or("git failed");
        return Err(Error::Invalid(format!("no commits from {repo:?}: {first}; name a repository with --repo")));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.split_once('\t')).map(|(sha, text)| (sha.into(), text.into())).collect())
}
