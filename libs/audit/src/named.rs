//! Owns which lines of the log something else names: the records of sessions.

use crate::head::Head;
use cs_core::error::Result;
use cs_core::file;
use cs_core::record::AuditHead;
use cs_core::store::Store;
use serde::Deserialize;

/// What of a record is needed.
#[derive(Deserialize)]
struct Record {
    audit_head: Option<AuditHead>,
}

/// The lines that records of sessions name, each with the session's id, and how many records cannot be read: they vouch
/// for nothing.
pub fn named_by_records(store: &Store) -> Result<(Vec<(String, Head)>, usize)> {
    let (mut named, mut unreadable) = (Vec::new(), 0);
    for dir in [store.home.sessions(), store.home.archive()] {
        for id in store.ids(&dir)? {
            let path = dir.join(format!("{id}.json"));
            let record = match file::read(&path) {
                Ok(Some(bytes)) => serde_json::from_slice::<Record>(&bytes).ok(),
                Ok(None) => continue,
                Err(_) => None,
            };
            match record {
                Some(record) => named.extend(record.audit_head.map(|head| (id.to_string(), Head::from(head)))),
                None => unreadable += 1,
            }
        }
    }
    Ok((named, unreadable))
}
