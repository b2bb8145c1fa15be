//! `complete`: ends sessions.

use crate::change::change;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use cs_core::Error;
use cs_core::session::{self, Completion};

/// end active or parked sessions
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "complete",
    example = "{command_name} --outcome \"login works again\"",
    example = "{command_name} ca5d --commits '[{{\"sha\": \"1a2b3c4\", \"message\": \"Fix login\"}}]' --file src/login.rs"
)]
pub struct Complete {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// what came of it
    #[argh(option)]
    outcome: Option<String>,
    /// what to do next; repeatable, at most three
    #[argh(option)]
    next_step: Vec<String>,
    /// commits to add, as a JSON list of objects with sha and message
    #[argh(option)]
    commits: Option<String>,
    /// a changed file to add; repeatable
    #[argh(option)]
    file: Vec<String>,
}

impl Complete {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let commits = self.commits.as_deref().map(parse_commits).transpose()?.unwrap_or_default();
        let done = Completion { outcome: self.outcome, next_steps: self.next_step, commits, files: self.file };
        let now = context.now;
        change(context, &self.id, |record| session::complete(record, &done, now))
    }
}

fn parse_commits(text: &str) -> Result<Vec<(String, String)>, Error> {
    #[derive(serde::Deserialize)]
    struct Given {
        sha: String,
        #[serde(default)]
        message: String,
    }
    let given: Vec<Given> = serde_json::from_str(text).map_err(|error| {
        Error::Invalid(format!(
            "--commits is not a list of commits: {error}; write [{{\"sha\": \"1a2b3c4\", \"message\": \"Fix\"}}]"
        ))
    })?;
    Ok(given.into_iter().map(|commit| (commit.sha, commit.message)).collect())
}
