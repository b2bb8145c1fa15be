//! `update`, `event`, `commit`, `decision`, `question`: small additions to records.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, each, print_changed};
use cs_core::Result;
use cs_core::record::Session;
use cs_core::session::{self, Changes};

/// change a session's intent, activity, roadmap reference or branch
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "update",
    example = "{command_name} ca5d --intent \"fix the login page\"",
    example = "{command_name} ca5d --activity \"waiting for review\" --branch main"
)]
pub struct Update {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// what the session is for
    #[argh(option)]
    intent: Option<String>,
    /// what it is doing now
    #[argh(option)]
    activity: Option<String>,
    /// an entry of the project's roadmap
    #[argh(option)]
    roadmap_ref: Option<String>,
    /// the git branch
    #[argh(option)]
    branch: Option<String>,
}

impl Update {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let changes = Changes {
            intent: self.intent,
            activity: self.activity,
            roadmap_ref: self.roadmap_ref,
            branch: self.branch,
        };
        if changes.intent.is_none()
            && changes.activity.is_none()
            && changes.roadmap_ref.is_none()
            && changes.branch.is_none()
        {
            let hint = "give at least one of --intent, --activity, --roadmap-ref, --branch";
            return Err(Failure::Usage("nothing to update".into(), Some(hint.into())));
        }
        let now = context.now;
        change(context, &self.id, |record| session::update(record, &changes, now))
    }
}

/// add an event to the timeline
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "event",
    example = "{command_name} --message \"deployed to staging\"",
    example = "{command_name} ca5d --message \"tests are green\""
)]
pub struct Event {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// what happened
    #[argh(option)]
    message: String,
}

impl Event {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let now = context.now;
        change(context, &self.id, |record| session::event(record, &self.message, now))
    }
}

/// add a commit, unless one has the same first seven digits
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "commit",
    example = "{command_name} ca5d --sha 1a2b3c4 --message \"Fix login\"",
    example = "{command_name} --sha $(git rev-parse HEAD)"
)]
pub struct Commit {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// the commit's hash, 4 to 40 hexadecimal digits
    #[argh(option)]
    sha: String,
    /// the commit's subject
    #[argh(option, default = "String::new()")]
    message: String,
}

impl Commit {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let now = context.now;
        change(context, &self.id, |record| {
            session::commit(record, &self.sha, &self.message, now)?;
            session::beat(record, now);
            Ok(())
        })
    }
}

/// add a decision, unless the same one is there
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "decision",
    example = "{command_name} --text \"use sqlite\"",
    example = "{command_name} ca5d --text \"no new dependencies\""
)]
pub struct Decision {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// what was decided
    #[argh(option)]
    text: String,
}

impl Decision {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let now = context.now;
        change(context, &self.id, |record| session::decision(record, &self.text, now))
    }
}

/// add an open question, unless the same one is there
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "question",
    example = "{command_name} --text \"which database?\"",
    example = "{command_name} ca5d --text \"who signs off?\""
)]
pub struct Question {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// the question
    #[argh(option)]
    text: String,
}

impl Question {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let now = context.now;
        change(context, &self.id, |record| session::question(record, &self.text, now))
    }
}

/// Adds to each named record, without a look at its older events, and prints it.
pub fn change(context: &mut Context, ids: &[String], mut apply: impl FnMut(&mut Session) -> Result<()>) -> Outcome<()> {
    each(context, ids, |context, id| {
        let changed = context.store.extend(id, context.now, &mut apply)?;
        print_changed(context, id, &changed)
    })
}
