//! Owns which files of the data directory are only locked or appended to, so that nothing but a regular file may stand under
//! their names. Deliberately absent: the locks of inboxes (`store/seats`), and `serve/`, which is not checked.

use super::{CHAT_FILES, Home};
use crate::clock::Date;
use crate::id::{SeatId, SessionId, Slug, Uuid};
use std::path::Path;

impl Home {
    /// Whether it is the path of a file of ours that is only locked or appended to, outside of inboxes.
    pub fn is_plain(&self, path: &Path) -> bool {
        // No id has a dot in it.
        let stem = path.file_name().and_then(|name| name.to_str()?.split('.').next()).unwrap_or_default();
        let mut plain = vec![self.index_pending(), self.index_folding(), self.index_stale(), self.spawn_lock()];
        plain.extend([self.audit_lock(), self.kept_lock(), self.redactions_lock()]);
        let mut locked = vec![self.config(), self.index(), self.notify_state(), self.usage_keep()];
        locked.extend([self.sync_forgotten(), self.sync_rules()]);
        plain.extend(["poll.lock", "settle.lock"].map(|name| self.chat_dir().join(name)));
        locked.extend(CHAT_FILES.map(|name| self.chat_dir().join(name)));
        if let Ok(id) = SessionId::parse(stem) {
            plain.extend([self.spool(&id), self.folding(&id)]);
            locked.push(self.session(&id));
        }
        if let Ok(uuid) = Uuid::parse(stem) {
            plain.extend([self.unassigned(&uuid), self.live_missed(&uuid)]);
            plain.extend([self.open_lock(&uuid), self.watch_lock(&uuid)]);
            locked.extend([self.live(&uuid), self.marks(&uuid), self.next(&uuid)]);
        }
        if let Ok(id) = SeatId::parse(stem) {
            plain.push(self.launch_lock(&id));
            locked.push(self.seat(&id));
        }
        if let Ok(slug) = Slug::parse(stem) {
            locked.extend([self.project(&slug), self.leases(&slug)]);
        }
        if let Ok(day) = stem.parse::<Date>() {
            locked.push(self.spent_on(&day));
        }
        plain.extend(locked.iter().map(|file| Home::lock_of(file)));
        plain.iter().any(|known| known == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lock_in_the_table_of_files_is_known_and_no_other() {
        let (home, page) = (Home::at("/d"), include_str!("../../FORMAT.md"));
        let (uuid, seat) = ("ca5d0d10-1111-4222-8333-123456789abc", "agent_20261129T1134_1f0c");
        let rows = page.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
        let named = rows.flat_map(|cell| cell.split('`')).filter(|name| name.ends_with(".lock") && !name.contains('*'));
        let mut known = 0;
        for name in named.filter(|name| !name.starts_with("inbox/") && !name.starts_with("serve/")) {
            let id = if name.starts_with("agents/") { seat } else { "sess_20261121T0337_ca5d" };
            let filled = name.replace("<uuid>", uuid).replace("<slug>", "api").replace("<day>", "2026-11-21");
            let path = home.root().join(filled.replace("<id>", id));
            assert!(home.is_plain(&path), "{}", path.display());
            assert!(!home.is_plain(&path.with_file_name("Their.lock")) && !home.is_plain(&path.with_extension("old")));
            known += 1;
        }
        assert!(known >= 15, "{known}");
    }
}
