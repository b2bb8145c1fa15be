//! Owns whether a file that a command names is in one of the folders of a project. Must stay true: in doubt it is not: if
//! the word can mean another file than it says, or a link leads out, or what does not exist yet may become a link.

use super::changed::Changed;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Where files may be changed.
pub struct Scope<'s> {
    /// The top of the project, with all links resolved.
    pub top: &'s Path,
    /// Names of folders, or paths from the top.
    pub folders: &'s [&'s str],
    /// Whether nothing in the command line makes links.
    pub is_still: bool,
}

/// Whether a shell may take the text for a pattern.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{', '^', '#'])
}

/// The path that a word names. Its last part may be a pattern, but not one that can match `..` or lead through links.
pub fn literal(text: &str) -> Option<&Path> {
    let (above, name) = text.trim_end_matches('/').rsplit_once('/').unwrap_or(("", text));
    let means_more = text.starts_with(['~', '=']) || text.contains(['{', '}', '$', '`', '(', ')', '|', '^', '\0']);
    let climbs = text.split('/').any(|part| part == "..") || is_pattern(name) && name.starts_with(['.', '?', '[']);
    let is_wide = name.contains("**") || is_pattern(above) || is_pattern(name) && text.ends_with('/');
    (!text.is_empty() && !means_more && !climbs && !is_wide).then(|| Path::new(text))
}

impl Scope<'_> {
    /// Whether a file is in one of the folders, or is one.
    pub fn contains(&self, dir: &Path, file: Changed) -> bool {
        self.place(dir, file).is_some_and(|path| self.is_in_folder(&path))
    }

    /// Where the file is that a program changes.
    fn place(&self, dir: &Path, file: Changed) -> Option<PathBuf> {
        match file {
            Changed::Target(text) if is_pattern(text) => None,
            Changed::Target(text) => self.real(&dir.join(literal(text)?)).filter(|path| !has_other_names(path)),
            Changed::Entry(text) => {
                let path = dir.join(literal(text)?);
                Some(self.real(path.parent()?)?.join(path.file_name()?))
            }
        }
    }

    fn is_in_folder(&self, path: &Path) -> bool {
        let Ok(inside) = path.strip_prefix(self.top) else { return false };
        let parts: Vec<Component> = inside.components().collect();
        let is_git = parts.iter().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"));
        !is_git && self.folders.iter().any(|folder| is_inside(&parts, folder))
    }

    /// The path with all links resolved. Of a path that does not exist this is known only if it cannot become a link.
    fn real(&self, path: &Path) -> Option<PathBuf> {
        if path.components().any(|part| part == Component::ParentDir) {
            return None;
        }
        if let Ok(real) = path.canonicalize() {
            return Some(real);
        }
        if !self.is_still {
            return None;
        }
        for above in path.ancestors() {
            let rest = path.strip_prefix(above).ok()?;
            if let Ok(real) = above.canonicalize() {
                let first = real.join(rest.components().next()?);
                // A link that leads nowhere is there, and so is what may not be read.
                let is_missing = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
                return first.symlink_metadata().is_err_and(is_missing).then(|| real.join(rest));
            }
        }
        None
    }
}

/// Whether a file may have a name elsewhere, a hard link.
fn has_other_names(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_dir() && found.nlink() > 1)
}

/// Whether a path is in a folder that is named by its name or by its path.
fn is_inside(parts: &[Component], folder: &str) -> bool {
    if folder.contains('/') {
        let folder: Vec<Component> = Path::new(folder).components().collect();
        return parts.starts_with(&folder);
    }
    parts.iter().any(|part| part.as_os_str() == folder)
}
