//! Owns `-o FILE`: one atomic write. Must stay true: a file that `cs-export` did not write is replaced only with
//! `--force`; one that is not a regular file, or is in the data directory, is never replaced. Its own files are
//! recognized by the mark in one of the first two lines, or by the header of its CSV. An empty file counts as its own.

use crate::args::Plan;
use cli::{Context, Form, Outcome};
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use cs_core::{Error, Result};
use render::{Document, MARK};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The mark is within this many bytes.
const HEAD: u64 = 4096;

#[derive(Serialize)]
struct Written<'a> {
    file: String,
    format: &'a str,
    sessions: usize,
    bytes: usize,
}

/// Writes the file and reports it.
pub fn write(context: &mut Context, path: &Path, text: &str, plan: &Plan, documents: &[Document]) -> Outcome<()> {
    check_outside(&context.store.home, path)?;
    check_folder(path)?;
    put(path, text, plan.force)?;
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

fn put(path: &Path, text: &str, force: bool) -> Result<()> {
    let staged = |path: &Path| file::stage_elsewhere(path, text.as_bytes(), Durability::Synced);
    match head(path)? {
        None if staged(path)?.create()? => Ok(()),
        None => Err(foreign(path)),
        Some(head) if force || is_own(&head) => staged(path)?.replace(),
        Some(_) => Err(foreign(path)),
    }
}

fn foreign(path: &Path) -> Error {
    let text = format!("{} exists, and cs-export did not write it; --force replaces it", path.display());
    Error::Refused(text)
}

/// The first bytes of a regular file; `None` if there is no file.
pub fn head(path: &Path) -> Result<Option<String>> {
    let refused = |what: &str| Error::Refused(format!("{} is {what}; only files are written", path.display()));
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => return Err(refused("a symbolic link")),
        Ok(meta) if meta.is_dir() => return Err(refused("a folder")),
        Ok(meta) if !meta.is_file() => return Err(refused("not a regular file")),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, "inspect", error)),
    }
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path).map_err(|error| Error::io(path, "open", error))?;
    let mut bytes = Vec::new();
    file.take(HEAD).read_to_end(&mut bytes).map_err(|error| Error::io(path, "read", error))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether a file that begins with `head` was written by `cs-export`.
pub fn is_own(head: &str) -> bool {
    head.is_empty() || head.lines().take(2).any(|line| line.contains(MARK)) || render::is_own_csv(head)
}

/// Refuses a path in the data directory, where only the store writes. For a path that does not exist yet, its nearest
/// existing folder counts.
pub fn check_outside(home: &Home, path: &Path) -> Result<()> {
    let absolute = std::path::absolute(path).map_err(|error| Error::io(path, "find", error))?;
    let nearest = absolute.ancestors().find_map(|place| place.canonicalize().ok());
    match (home.root().canonicalize(), nearest) {
        (Ok(root), Some(place)) if place.starts_with(&root) => {
            Err(Error::Refused(format!("{} is in the data directory; write somewhere else", path.display())))
        }
        _ => Ok(()),
    }
}

/// Checks that the file's folder exists, so that a mistyped one is not created.
fn check_folder(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::metadata(parent).map(drop).map_err(|error| Error::io(parent, "write in", error))
}
