//! Owns which conversations the client itself says are open, whether or not a hook has reported them.

use crate::evidence::Registry;
use cs_core::id::Uuid;
use cs_core::process::{self, Process};
use cs_core::validate::FILE_BYTES;
use cs_core::{open, repair};
use std::path::Path;

/// Maximum number of entries of the client's registry that are read.
const ENTRIES: usize = 1000;

/// A conversation that a running client has open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The conversation.
    pub uuid: Uuid,
    /// The client's process.
    pub process: Process,
    /// The directory in which the client was started; empty if unknown.
    pub cwd: String,
}

/// The open conversations in Claude Code's registry, which is in its own folder. An entry whose process is gone, or is
/// another one by now, is left out; so is one that cannot be parsed.
pub fn opened(home: &Path) -> Vec<Opened> {
    let entries = std::fs::read_dir(home.join("sessions")).into_iter().flatten().flatten();
    let mut found: Vec<Opened> = entries.take(ENTRIES).filter_map(|entry| read(&entry.path())).collect();
    found.sort_by(|a, b| (&a.cwd, a.process.pid).cmp(&(&b.cwd, b.process.pid)));
    found
}

fn read(path: &Path) -> Option<Opened> {
    let pid = path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()?;
    let registry = Registry(repair::decode(&open::foreign_bytes(path, FILE_BYTES).ok()?, &mut Vec::new()).ok()?);
    let process = process::find(pid).filter(|process| registry.is_of(process))?;
    let uuid = Uuid::parse(registry.text("sessionId")?).ok()?;
    Some(Opened { uuid, process, cwd: registry.text("cwd").unwrap_or_default().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_running_clients_have_conversations_open() {
        let home = tempfile::tempdir().unwrap();
        let sessions = home.path().join("sessions");
        std::fs::create_dir(&sessions).unwrap();
        let own = process::find(std::process::id()).unwrap();
        let put = |name: &str, text: String| std::fs::write(sessions.join(name), text).unwrap();
        let uuid = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
        let entry =
            |started: &str| format!(r#"{{"sessionId": "{uuid}", "procStart": "{started}", "cwd": "/src/api"}}"#);
        put(&format!("{}.json", own.pid), entry(&own.started));
        put("4000000000.json", entry(&own.started));
        put("x.json", entry(&own.started));
        put("1.json", "{".into());
        let found = opened(home.path());
        assert_eq!(found, [Opened { uuid: Uuid::parse(uuid).unwrap(), process: own.clone(), cwd: "/src/api".into() }]);
        if cfg!(target_os = "linux") {
            put(&format!("{}.json", own.pid), entry("1"));
            assert_eq!(opened(home.path()), [], "another process had this id");
        }
        assert_eq!(opened(&home.path().join("nowhere")), []);
    }
}
