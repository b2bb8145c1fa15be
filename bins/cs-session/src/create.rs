//! `create`: creates a session, for work that no hook records.

use crate::PROGRAM;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome, note, print_session};
use cs_core::id::{Slug, Uuid};
use cs_core::namer::Namer;
use cs_core::record::Status;
use cs_core::session::Start;
use cs_core::{Error, git, index, validate};
use std::path::PathBuf;

/// create a session (for a conversation, the hooks do this)
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "create",
    example = "{command_name} --intent \"fix the login page\"",
    example = "{command_name} --project api --intent \"review\" --roadmap-ref v2 -q"
)]
pub struct Create {
    /// the project, by its short name (default: the one of the current directory)
    #[argh(option)]
    project: Option<String>,
    /// what the session is for
    #[argh(option)]
    intent: String,
    /// an entry of the project's roadmap
    #[argh(option)]
    roadmap_ref: Option<String>,
    /// the git branch (default: the current one)
    #[argh(option)]
    branch: Option<String>,
    /// the root of the git work tree (default: the current one)
    #[argh(option)]
    worktree: Option<String>,
    /// the agent's conversation, a UUID
    #[argh(option)]
    claude_session: Option<String>,
}

impl Create {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let uuid = self.claude_session.as_deref().map(Uuid::parse).transpose()?;
        self.check()?;
        if let Some(uuid) = &uuid {
            check_is_free(context, uuid)?;
        }
        let here = Here::find()?;
        let slug = match &self.project {
            Some(slug) => resolve_project(context, slug)?,
            None => context.store.register(&here.project, None, context.now)?,
        };
        // The current checkout is the session's only if it is the project's.
        let of_here = self.project.is_none() || context.store.config().project_of(&here.project) == Some(slug.as_str());
        let start = Start {
            intent: self.intent,
            named_by: Namer::Person,
            roadmap_ref: self.roadmap_ref,
            git_branch: self.branch.or(here.branch.filter(|_| of_here)),
            worktree_root: self.worktree.or(here.worktree.filter(|_| of_here)),
            claude_session_id: uuid.as_ref().map(Uuid::to_string),
            agent: None,
            ..Start::default()
        };
        let session = context.store.create(&slug, start, |_| Ok(()), context.now)?;
        if let Some(uuid) = &uuid {
            adopt(context, uuid, &session.session_id)?;
        }
        print_session(context, &session)
    }

    /// Checks the arguments before the project is registered, so that a refused session leaves nothing behind.
    fn check(&self) -> Result<(), Error> {
        validate::text("intent", &self.intent, validate::INTENT)?;
        validate::optional("roadmap ref", self.roadmap_ref.as_deref(), validate::ROADMAP_REF)?;
        validate::optional("branch", self.branch.as_deref(), validate::BRANCH)?;
        self.worktree.as_deref().map(|root| validate::path("work tree", root)).transpose()?;
        Ok(())
    }
}

/// Returns the named project, with a note if it is new, because it may be mistyped. Without any registered project there
/// is no note.
fn resolve_project(context: &Context, slug: &str) -> Outcome<Slug> {
    let slug = Slug::parse(slug)?;
    let projects = context.store.config().projects;
    if !projects.is_empty() && !projects.contains_key(slug.as_str()) {
        let has_state = context.store.home.project(&slug).exists();
        let fits = index::of_project(slug.as_str());
        let known = has_state
            || context.store.index()?.entries(fits).iter().any(|(_, entry)| entry.project_slug == slug.as_str());
        if !known {
            note(PROGRAM, &format!("{:?} is a new project; cs-project list shows all projects", slug.as_str()));
        }
    }
    Ok(slug)
}

/// The current directory and its repository.
pub struct Here {
    /// Root of the main work tree, or the current directory outside a repository.
    pub project: String,
    pub worktree: Option<String>,
    pub branch: Option<String>,
}

impl Here {
    /// Looks at the current directory.
    pub fn find() -> Outcome<Self> {
        let dir = std::env::current_dir().map_err(|error| Error::io(&PathBuf::from("."), "find", error))?;
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        Ok(match git::find(&dir) {
            Some(found) => {
                Here { project: text(found.main_root), worktree: Some(text(found.worktree_root)), branch: found.branch }
            }
            None => Here { project: text(dir), worktree: None, branch: None },
        })
    }
}

/// Refuses a conversation that has an active session: it has only one at a time.
fn check_is_free(context: &Context, uuid: &Uuid) -> Outcome<()> {
    let Some(id) = context.store.conversation(uuid)? else { return Ok(()) };
    match context.store.session(&id) {
        Ok(known) if known.status == Status::Active => {
            Err(Error::Refused(format!("the conversation {uuid} has the active session {id} already")).into())
        }
        _ => Ok(()),
    }
}

/// Sets the session in the file of a running conversation.
pub fn adopt(context: &Context, uuid: &Uuid, id: &str) -> Outcome<()> {
    if !context.store.home.live(uuid).exists() {
        return Ok(());
    }
    let _lock = context.store.lock_live(uuid)?;
    if let Some(mut live) = context.store.live(uuid)? {
        live.session_id = Some(id.to_string());
        context.store.write_live(uuid, &live)?;
    }
    Ok(())
}
