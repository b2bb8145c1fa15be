//! Owns whether a file may decide something dangerous: which programs are started, who is heard, where a secret goes. Only
//! if nobody but this user, and root, may write the file and its folder. A program may also be in a folder of a group, as
//! those of Homebrew are.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Why others could have written this file, with what to do; `None` if they could not.
pub fn reason_against(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    // The folder may be a link, the file may not.
    reason(path, fs::symlink_metadata(path), false).or_else(|| reason(folder, fs::metadata(folder), false))
}

/// Why any account of this machine could have put this program there, with what to do; `None` if none could. The launcher
/// (`hooks/search`) has the same rule.
pub fn reason_against_program(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    reason(path, fs::metadata(path), true).or_else(|| reason(folder, fs::metadata(folder), true))
}

fn reason(place: &Path, meta: std::io::Result<Metadata>, may_be_of_group: bool) -> Option<String> {
    // What is not there decides nothing.
    let meta = meta.ok()?;
    let (place, me) = (place.display(), me());
    match (meta.uid(), meta.mode()) {
        (owner, _) if owner != me && owner != 0 => Some(format!("{place} belongs to another user")),
        (_, mode) if mode & 0o002 != 0 => Some(format!("everybody may write {place}; chmod go-w {place}")),
        // A group with the number of its user is that user's own.
        (_, mode) if mode & 0o020 != 0 && meta.gid() != me && !may_be_of_group => {
            Some(format!("a group may write {place}; chmod go-w {place}"))
        }
        _ => None,
    }
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
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        assert!(reason_against_program(&file).unwrap().contains(&format!("chmod go-w {}", folder.display())));
        fs::set_permissions(&folder, Permissions::from_mode(0o775)).unwrap();
        assert_eq!(reason_against_program(&file), None, "it may be of a group");
        // Only root can give a file away.
        if me() == 0 {
            for path in [&file, &folder] {
                chown(path, Some(65534), None).unwrap();
                assert!(reason_against(&file).unwrap().contains("belongs to another user"));
                assert!(reason_against_program(&file).unwrap().contains("belongs to another user"));
                chown(path, Some(0), None).unwrap();
            }
        }
    }
}
