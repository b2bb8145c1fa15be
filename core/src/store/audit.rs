//! Owns the look of a session's end at the log of tools. The log itself belongs to `libs/audit`, which hooks that a client
//! waits for do not link.

use super::Store;
use crate::file;
use crate::record::AuditHead;

impl Store {
    /// The last line of the log of tools; `None` without one, or if nothing tells.
    pub fn audit_head(&self) -> Option<AuditHead> {
        let bytes = file::read(&self.home.audit_head()).ok().flatten()?;
        let head: AuditHead = serde_json::from_slice(&bytes).ok()?;
        let is_ours = AuditHead::is_possible(&head.file, head.seq, &head.hash);
        is_ours.then(|| AuditHead { unknown: Default::default(), ..head })
    }
}
