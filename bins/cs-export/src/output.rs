//! Owns `-o FILE`, and which files `cs-export` wrote: they are recognized by the mark in one of the first two lines, or by
//! the header of its CSV. An empty file counts as its own. Where may be written is in `cli::output`.

use crate::PROGRAM;
use crate::args::Plan;
use cli::output::Output;
use cli::{Context, Form, Outcome};
use cs_core::file::{self, Durability};
use render::{Document, MARK};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Written<'a> {
    file: String,
    format: &'a str,
    sessions: usize,
    bytes: usize,
}

/// Writes the file and reports it.
pub fn write(context: &mut Context, path: &Path, text: &str, plan: &Plan, documents: &[Document]) -> Outcome<()> {
    let output = Output { home: &context.store.home, program: PROGRAM, is_own: &is_own, force: plan.force };
    let is_there = output.check(path)?;
    output.put(path, file::stage_elsewhere(path, text.as_bytes(), Durability::Synced)?, is_there)?;
    let format = if plan.template.is_some() { "template" } else { plan.format.name() };
    let written = Written { file: path.display().to_string(), format, sessions: documents.len(), bytes: text.len() };
    if context.out.quiet {
        return documents.iter().try_for_each(|document| context.out.line(&document.session.session_id));
    }
    match context.out.form {
        Form::Json => context.out.json(&written),
        Form::Table => {
            let rows = [vec![written.sessions.to_string(), format.into(), written.file]];
            context.out.table(&["sessions", "format", "file"], &rows)
        }
    }
}

/// Whether a file that begins with `head` was written by `cs-export`.
pub fn is_own(head: &str) -> bool {
    head.is_empty() || head.lines().take(2).any(|line| line.contains(MARK)) || render::is_own_csv(head)
}
