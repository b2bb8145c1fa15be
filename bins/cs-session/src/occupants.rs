//! `occupants`: which conversations work in a checkout now.

use argh::FromArgs;
use cs_cli::{Context, Failure, Form, Outcome};
use cs_core::live::Live;
use cs_core::record::Status;
use cs_core::{git, process};
use serde::Serialize;
use std::path::Path;

/// who works in this checkout now
#[derive(FromArgs)]
#[argh(subcommand, name = "occupants", example = "{command_name}", example = "{command_name} --path ~/src/api -q")]
pub struct Occupants {
    /// a directory in the checkout (default: the current one)
    #[argh(option, default = "String::from(\".\")")]
    path: String,
}

#[derive(Serialize)]
struct Occupant {
    session_id: Option<String>,
    claude_session_id: String,
    agent: String,
    state: &'static str,
    state_reason: String,
    pid: Option<u32>,
    cwd: String,
    worktree_root: Option<String>,
}

impl Occupants {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let dir = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone().into());
        let dir = dir.canonicalize().unwrap_or(dir);
        let root = git::find(&dir).map_or(dir, |found| found.worktree_root);
        let lives = context.store.all_live()?;
        let here: Vec<&Live> = lives.iter().filter(|live| works_in(live, &root)).collect();
        if here.is_empty() {
            return Err(Failure::Nothing(format!("no conversation works in {}", root.display())));
        }
        let found: Vec<Occupant> = here.into_iter().map(|live| occupant(context, live, &lives)).collect();
        print(context, &found)
    }
}

fn works_in(live: &Live, root: &Path) -> bool {
    let inside = match &live.worktree_root {
        Some(tree) => Path::new(tree) == root,
        None => Path::new(&live.cwd).starts_with(root),
    };
    inside && live.process().and_then(|process| process::is_alive(&process)) != Some(false)
}

fn occupant(context: &Context, live: &Live, lives: &[Live]) -> Occupant {
    let stale_after = context.config().stale_after();
    let id = live.session_id.as_deref().unwrap_or_default();
    let verdict = context.store.verdict(id, Status::Active, "", lives, stale_after, context.now);
    Occupant {
        session_id: live.session_id.clone(),
        claude_session_id: live.claude_session_id.clone(),
        agent: live.agent.clone().unwrap_or_else(|| "claude-code".into()),
        state: verdict.state.as_str(),
        state_reason: verdict.reason,
        pid: live.pid,
        cwd: live.cwd.clone(),
        worktree_root: live.worktree_root.clone(),
    }
}

fn print(context: &mut Context, found: &[Occupant]) -> Outcome<()> {
    let name = |who: &Occupant| who.session_id.clone().unwrap_or_else(|| format!("claude:{}", who.claude_session_id));
    match context.out.form {
        _ if context.out.quiet => found.iter().try_for_each(|who| context.out.line(&name(who)))?,
        Form::Json => found.iter().try_for_each(|who| context.out.json(who))?,
        Form::Table => {
            let rows: Vec<Vec<String>> = found
                .iter()
                .map(|who| vec![name(who), who.state.into(), who.cwd.clone(), who.state_reason.clone()])
                .collect();
            context.out.table(&["id", "state", "directory", "why"], &rows)?;
        }
    }
    context.out.flush()
}
