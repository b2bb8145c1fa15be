//! Owns whether a file may decide something dangerous: which programs are started, who is heard, where a secret goes. Only
//! if nobody but this user, and root, may write the file and its folder.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Why others could have written this file, with what to do; `None` if they could not.
pub fn reason_against(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let reason = |place: &Path, meta: std::io::Result<Metadata>| {
        // What is not there decides nothing.
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
    reason(path, fs::symlink_metadata(path)).or_else(|| reason(folder, fs::metadata(folder)))
}

#[allow(unsafe_code, reason = "geteuid(2)")]
fn me() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, chown};

    #[test]
    fn nobody_else_may_write_the_file_or_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path().join("folder"), dir.path().join("folder/file"));
        fs::create_dir(&folder).unwrap();
        fs::write(&file, "").unwrap();
        for (path, usual) in [(&file, 0o600), (&folder, 0o755)] {
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
            assert!(reason_against(&file).unwrap().contains(&format!("chmod go-w {}", path.display())));
            fs::set_permissions(path, Permissions::from_mode(usual)).unwrap();
            assert_eq!(reason_against(&file), None);
        }
        // Only root can give a file away.
        if me() == 0 {
            for path in [&file, &folder] {
                chown(path, Some(65534), None).unwrap();
                assert!(reason_against(&file).unwrap().contains("belongs to another user"));
                chown(path, Some(0), None).unwrap();
            }
        }
    }
}
