//! Owns what a folder contains, in an order that is the same everywhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What an entry of a folder is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file with this content.
    File {
        /// What is in it.
        bytes: Vec<u8>,
        /// Whether it can be executed.
        is_program: bool,
    },
    /// A symbolic link to this text.
    Link(String),
}

/// An entry with its path below the folder.
#[derive(Debug)]
pub struct Entry {
    /// Its path, with `/` between the names.
    pub path: String,
    /// What it is.
    pub kind: Kind,
}

/// Everything below `folder`, sorted by path as bytes; a folder comes before what is in it.
pub fn entries(folder: &Path) -> Result<Vec<Entry>, String> {
    let mut all = Vec::new();
    collect(folder, "", &mut all)?;
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

fn collect(folder: &Path, above: &str, all: &mut Vec<Entry>) -> Result<(), String> {
    let said = |path: &Path| format!("{}: it cannot be read", path.display());
    for entry in fs::read_dir(folder).map_err(|_| said(folder))? {
        let path: PathBuf = entry.map_err(|_| said(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| said(&path))?;
        let inside = format!("{above}{name}");
        let about = fs::symlink_metadata(&path).map_err(|_| said(&path))?;
        let kind = if about.is_symlink() {
            Kind::Link(
                fs::read_link(&path).ok().and_then(|to| to.to_str().map(str::to_owned)).ok_or_else(|| said(&path))?,
            )
        } else if about.is_dir() {
            collect(&path, &format!("{inside}/"), all)?;
            Kind::Folder
        } else {
            let bytes = fs::read(&path).map_err(|_| said(&path))?;
            Kind::File { bytes, is_program: about.permissions().mode() & 0o111 != 0 }
        };
        all.push(Entry { path: inside, kind });
    }
    Ok(())
}
