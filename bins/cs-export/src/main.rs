//! Exports sessions and projects as JSON, Markdown, CSV or HTML, to files or standard output.
//!
//! Reads: `sessions/`, `sessions/archive/`, `live/`, `ended/`, `projects/`, `usage/`, `audit/`, `config.json`,
//! transcripts, `marks/`, rules, `redact.key`.
//! Writes: only the named file or folder; in the data directory `redactions/`, what was replaced, `redact.key` if there is
//! none, and `audit/<day>.index`, a cache.
//! Exits: 0 done, 1 not found, nothing matched or refused, 64 usage, 65 invalid, 74 disk.

mod args;
mod chosen;
mod excerpt;
mod folder;
mod front;
mod highlights;
mod masking;
mod output;
mod progress;
mod sandbox;
mod template;
mod transcript;

use args::{Args, Target, Which};
use chosen::Chosen;
use cli::{Context, Out, Outcome, found, rawness};
use masking::Masking;
use render::{Document, Project};
use std::process::ExitCode;

const PROGRAM: &str = "cs-export";

fn main() -> ExitCode {
    cli::run(PROGRAM, work)
}

fn work(args: Args, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    let plan = args.plan(context)?;
    check_target(context, &plan)?;
    if let Target::Folder { folder, highlight_words } = &plan.target {
        return folder::write(context, &plan, folder, *highlight_words);
    }
    let mut chosen = Chosen::of(context, &plan)?;
    let mut masking = Masking::new(context, plan.is_raw || chosen.ids.is_empty())?;
    let mut records = masking.records();
    let loaded = chosen.load(context, &plan, &mut records)?;
    let documents: Vec<Document> = loaded.iter().map(chosen::Loaded::document).collect();
    if documents.is_empty() {
        let project = if let Which::Project(slug) = &plan.which { Some(slug.as_str()) } else { None };
        return chosen.failures.end().and_then(|()| Err(found::no_session(&context.store, project)));
    }
    let head = chosen.head(context, &mut records)?;
    let replaced = records.ledger();
    masking.note(&context.store.home, context.now, &replaced);
    let project = head.as_ref().map(chosen::Head::project);
    let text = text(context, &plan, project.as_ref(), &documents, chosen.single)?;
    match &plan.target {
        Target::File(path) => output::write(context, path, &text, &plan, &documents)?,
        _ => context.out.text(&text)?,
    }
    context.out.flush()?;
    chosen.failures.end()
}

/// Refuses a place where nothing may be written, before anything is read.
fn check_target(context: &Context, plan: &args::Plan) -> Outcome<()> {
    match &plan.target {
        Target::File(path) => {
            cli::output::check_outside(&context.store.home, path)?;
            if plan.is_raw {
                rawness::check(path)?;
            }
        }
        _ if plan.is_raw => rawness::check_stdout()?,
        _ => {}
    }
    Ok(())
}

fn text(
    context: &Context,
    plan: &args::Plan,
    project: Option<&Project>,
    documents: &[Document],
    single: bool,
) -> Outcome<String> {
    match (&plan.template, documents) {
        (Some(file), _) => Ok(template::render(file, project, documents, context.now)?),
        (None, [one]) if single => Ok(render::render_session(plan.format, one)),
        (None, all) => Ok(render::render_sessions(plan.format, project, all)),
    }
}
