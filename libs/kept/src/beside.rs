//! Owns which other files belong to a conversation: everything in the folder beside its main log that is no log. Links are
//! never followed: a result of a tool may name anything.

use crate::manifest::{NAME, is_inside};
use agents::logs::Identity;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

/// How many folders deep files are looked for.
const DEPTH: usize = 6;

/// A file of the client.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its path in the folder.
    pub path: String,
    /// Where it is.
    pub origin: PathBuf,
    /// As it is now.
    pub identity: Identity,
}

/// The files, by their paths, and those that are not kept: links, and what has no plain name.
pub fn files(folder: &Path) -> (Vec<Found>, Vec<PathBuf>) {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    walk(folder, "", DEPTH, &mut found, &mut left_out);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    (found, left_out)
}

fn walk(dir: &Path, above: &str, depth: usize, found: &mut Vec<Found>, left_out: &mut Vec<PathBuf>) {
    if dir.is_symlink() {
        return left_out.push(dir.to_path_buf());
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let origin = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_inside(name)) else {
            left_out.push(origin);
            continue;
        };
        let path = if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
        match kind(&entry) {
            Kind::Dir if depth > 0 => walk(&origin, &path, depth - 1, found, left_out),
            // What is a log in this folder is found as one.
            Kind::File(_) if name.ends_with(".jsonl") => {}
            Kind::File(identity) if path != NAME => {
                found.push(Found { path, origin, identity });
            }
            Kind::Gone => {}
            _ => left_out.push(origin),
        }
    }
}

enum Kind {
    Dir,
    File(Identity),
    Gone,
    Other,
}

fn kind(entry: &DirEntry) -> Kind {
    match entry.metadata() {
        Ok(meta) if meta.is_dir() => Kind::Dir,
        Ok(meta) if meta.is_file() => Kind::File(Identity::of(&meta)),
        Ok(_) => Kind::Other,
        Err(_) => Kind::Gone,
    }
}
