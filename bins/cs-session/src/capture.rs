//! `capture-commits`: adds the commits of a repository since the session's start.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome, each, print_session};
use cs_core::git::find;
use cs_core::git::logged::LoggedCommit;
use cs_core::record::Session;
use cs_core::{session, validate};
use std::path::Path;

/// add the commits made since the session's start
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "capture-commits", example = "{command_name}", example = "{command_name} ca5d --repo .")]
pub struct CaptureCommits {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// the repository (default: the session's work tree); commits of a repository that is not the session's become events
    #[argh(option)]
    repo: Option<String>,
}

impl CaptureCommits {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        each(context, &self.id, |context, id| {
            let known = context.store.session(id)?;
            let repo = self.repo.as_deref().or(known.worktree_root.as_deref()).unwrap_or(".");
            let commits = cli::git::log(repo, &known.started_at, validate::COMMITS)?;
            let other = elsewhere(context, &known, repo);
            let session = context.store.update(id, context.now, |record| {
                let mut add = |commit: &LoggedCommit| match &other {
                    Some(other) => {
                        session::also_committed(record, &commit.sha, other, &commit.subject, context.now);
                        Ok(())
                    }
                    None => session::commit(
                        record,
                        &commit.sha,
                        &commit.subject,
                        commit.committed_at.unwrap_or(context.now),
                    ),
                };
                commits.iter().try_for_each(&mut add)?;
                session::beat(record, context.now);
                Ok(())
            })?;
            print_session(context, &session)
        })
    }
}

/// Returns the work tree, if it is of another repository than the session's.
fn elsewhere(context: &Context, session: &Session, repo: &str) -> Option<String> {
    let own = session.worktree_root.as_deref().and_then(|root| find(Path::new(root)));
    let found = own.and_then(|_| find(Path::new(repo))).filter(|found| !context.store.is_own(session, found));
    found.map(|found| found.worktree_root.to_string_lossy().into_owned())
}
