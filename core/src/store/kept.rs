//! Owns which folders of copies of conversations there are in `kept/`, for checking and sweeping them. Must stay true: no
//! copy is touched, or moved away; what is in one is checked by `cs-keep verify`.

use super::Store;
use super::file_kind::FileKind;
use super::sweep::{LEFT_OVER, entries, is_dir};
use crate::error::Result;
use crate::id::Uuid;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files of ours at the top.
const OURS: [&str; 3] = ["ledger.jsonl", "index.jsonl", ".lock"];
/// What every folder has as soon as it is whole.
const MANIFEST: &str = "manifest.json";

impl Store {
    /// `kept/` and the folders in it: those of agents, and in them those of conversations.
    pub(super) fn kept_folders(&self) -> Result<Vec<PathBuf>> {
        let mut all = vec![self.home.kept_dir()];
        all.retain(|dir| is_dir(dir));
        for depth in [0, 1] {
            let above = all.iter().filter(|dir| self.depth_in_kept(dir) == Some(depth)).cloned().collect::<Vec<_>>();
            for dir in above {
                all.extend(entries(&dir)?.into_iter().map(|entry| entry.path()).filter(|path| is_dir(path)));
            }
        }
        Ok(all)
    }

    /// How deep a path is in `kept/`, which itself is at 0.
    pub(super) fn depth_in_kept(&self, path: &Path) -> Option<usize> {
        Some(path.strip_prefix(self.home.kept_dir()).ok()?.components().count())
    }

    /// What a path in `kept/` is for, if it is there.
    pub(super) fn kind_in_kept(&self, path: &Path, is_dir: bool) -> Option<FileKind> {
        let name = path.file_name()?.to_str()?;
        let is_ours = match self.depth_in_kept(path)? {
            0 => is_dir,
            1 => is_dir || OURS.contains(&name),
            2 => is_dir && Uuid::parse(name).is_ok_and(|uuid| uuid.as_str() == name),
            _ => true,
        };
        Some(if is_ours { FileKind::Passed } else { FileKind::Foreign })
    }

    /// Why a folder of copies cannot be used: the run that made it was killed more than an hour ago.
    pub(super) fn lacks_manifest(&self, path: &Path, now: SystemTime) -> Option<String> {
        if self.depth_in_kept(path) != Some(2) || !is_dir(path) || path.join(MANIFEST).symlink_metadata().is_ok() {
            return None;
        }
        let modified = std::fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok()?;
        let age = now.duration_since(modified).unwrap_or_else(|ahead| ahead.duration());
        (age > LEFT_OVER).then(|| "it has no manifest: cs-keep run was killed; the next one goes on".to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::paths::Home;
    use crate::store::{Problem, Run, Store};
    use crate::witness::Witness;
    use std::fs;
    use std::time::{Duration, SystemTime};

    const UUID: &str = "ca5d0d10-1111-4222-8333-123456789abc";
    const OTHER: &str = "ca5d0d10-1111-4222-8333-123456789abd";

    #[test]
    fn what_a_killed_run_left_is_found_and_no_copy_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        let kept = dir.path().join("kept");
        let conversation = kept.join("claude-code").join(UUID);
        fs::create_dir_all(conversation.join("tool-results")).unwrap();
        fs::create_dir_all(kept.join("claude-code").join(OTHER)).unwrap();
        fs::create_dir_all(kept.join("claude-code/notes")).unwrap();
        let temps = [kept.join(".tmp-1"), conversation.join(".tmp-2")];
        let copies = [conversation.join("main.1.jsonl"), conversation.join("tool-results/.tmp-3")];
        for path in temps.iter().chain(&copies).chain(&[conversation.join("manifest.json"), kept.join("ledger.jsonl")])
        {
            fs::write(path, "").unwrap();
        }
        let soon = SystemTime::now() + Duration::from_secs(7200);
        assert_eq!(store.left_over(SystemTime::now()).unwrap(), Vec::<std::path::PathBuf>::new());
        let left = store.left_over(soon).unwrap();
        assert_eq!(left, temps);
        left.iter().for_each(|path| drop(store.remove_left_over(path, Run::Real, soon).unwrap()));
        assert!(copies.iter().all(|path| path.exists()) && temps.iter().all(|path| !path.exists()));
        assert!(store.lacks_manifest(&conversation, soon).is_none());
        assert!(store.lacks_manifest(&kept.join("claude-code").join(OTHER), SystemTime::now()).is_none());
        assert!(store.lacks_manifest(&kept.join("claude-code").join(OTHER), soon).is_some());
        let all = store.everything().unwrap();
        let found: Vec<_> = all.iter().flat_map(|path| store.check_file(path)).collect();
        let foreign = found.iter().filter(|finding| finding.found == Problem::Foreign).collect::<Vec<_>>();
        assert!(foreign.len() == 1 && foreign[0].path.ends_with("claude-code/notes"), "{found:?}");
        assert!(all.contains(&conversation) && !all.contains(&copies[0]));
    }
}
