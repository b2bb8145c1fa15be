//! Owns whether programs that `config.json` names may be started: only if nobody but this user, and root, may write the
//! file and its folder. Otherwise anybody on the machine could have them started as this user.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Why programs of this file are not started, with what to do; `None` if they may be.
pub fn reason_against(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let reason = |place: &Path, meta: std::io::Result<Metadata>| {
        // What is not there names no program.
        let meta = meta.ok()?;
        let (place, me) = (place.display(), me());
        match (meta.uid(), meta.mode()) {
            (owner, _) if owner != me && owner != 0 => Some(format!("{place} belongs to another user")),
            (_, mode) if mode & 0o002 != 0 => Some(format!("everybody may write {place}; chmod go-w {place}")),
            // A group with the number of its user is that user's own.
            (_, mode) if mode & 0o020 != 0 && meta.gid() != me => {
                Some(format!("a group may write {place}; chmod go-w {place}"))
            }
            _ => None,
        }
    };
    // The folder may be a link, the file may not.
    let found = reason(path, fs::symlink_metadata(path)).or_else(|| reason(folder, fs::metadata(folder)));
    found.map(|reason| format!("no program that {} names is started: {reason}", path.display()))
}

#[allow(unsafe_code, reason = "geteuid(2)")]
fn me() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}
