//! Owns what a client itself deletes, and when. Claude Code: within minutes of a start, by its setting
//! `cleanupPeriodDays` (30), each `projects/*/UUID.jsonl` by the time of its last change, and with it the folder `UUID/`;
//! in that of a conversation that stays, results of tools by their own time (seen with 2.1.332). Codex deletes nothing.

use crate::agent::Agent;
use crate::logs::conversation_of;
use cs_core::validate::FILE_BYTES;
use cs_core::{open, repair};
use std::path::{Path, PathBuf};

/// The setting, if a person has not chosen another; some clients ignore larger ones.
pub const DAYS: i64 = 30;

/// The days after which Claude Code deletes transcripts in its folder `root`: the smallest of all settings, those of the
/// organization and of these projects among them, since a client that starts in any project sweeps all.
pub fn days(root: &Path, projects: impl IntoIterator<Item = PathBuf>) -> i64 {
    let of_user = [root.join("settings.json"), root.join("settings.local.json")];
    let managed = ["/etc/claude-code", "/Library/Application Support/ClaudeCode"].map(PathBuf::from);
    let of_projects = projects.into_iter().map(|folder| folder.join(".claude"));
    let of_projects = of_projects.flat_map(|folder| [folder.join("settings.json"), folder.join("settings.local.json")]);
    let parts = managed.iter().flat_map(|folder| json_files(&folder.join("managed-settings.d")));
    let managed = managed.iter().map(|folder| folder.join("managed-settings.json"));
    let all = of_user.into_iter().chain(managed).chain(parts).chain(of_projects);
    all.filter_map(|path| chosen(&path)).fold(DAYS, i64::min)
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

/// The days that a file of settings names.
fn chosen(path: &Path) -> Option<i64> {
    let bytes = open::foreign_bytes(path, FILE_BYTES).ok()?;
    let settings: serde_json::Value = repair::decode(&bytes, &mut Vec::new()).ok()?;
    let days = settings.get("cleanupPeriodDays")?.as_f64().filter(|days| *days >= 0.0)?;
    Some(days.floor().min(DAYS as f64) as i64)
}

/// Whether the client that wrote a log deletes it some time.
pub fn deletes(agent: Agent) -> bool {
    agent == Agent::Claude
}

/// The folder beside a conversation's main log in which its client stores long results of tools, and whatever else belongs
/// to it.
pub fn folder_of(agent: Agent, main: &Path) -> Option<PathBuf> {
    let has_one = agent == Agent::Claude && conversation_of(agent, main).is_some_and(|(_, thread)| thread == "main");
    has_one.then(|| main.with_extension(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_smallest_period_of_all_settings_counts() {
        let dir = tempfile::tempdir().unwrap();
        let (root, project) = (dir.path().join("claude"), dir.path().join("project"));
        fs::create_dir_all(project.join(".claude")).unwrap();
        fs::create_dir(&root).unwrap();
        let days = || super::days(&root, [project.clone()]);
        assert_eq!(days(), 30);
        fs::write(root.join("settings.json"), "{\"cleanupPeriodDays\": 365}").unwrap();
        assert_eq!(days(), 30, "clients are known that ignore it");
        fs::write(root.join("settings.json"), "{\"cleanupPeriodDays\": 7}").unwrap();
        fs::write(project.join(".claude/settings.local.json"), "{\"cleanupPeriodDays\": 3}").unwrap();
        assert_eq!(days(), 3);
        fs::write(project.join(".claude/settings.local.json"), "{\"cleanupPeriodDays\": \"x\"}").unwrap();
        assert_eq!(days(), 7);
    }

    #[test]
    fn only_a_main_transcript_has_a_folder() {
        let uuid = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
        let main = PathBuf::from(format!("/p/{uuid}.jsonl"));
        assert_eq!(folder_of(Agent::Claude, &main), Some(format!("/p/{uuid}").into()));
        assert_eq!(folder_of(Agent::Claude, Path::new(&format!("/p/{uuid}/subagents/agent-1.jsonl"))), None::<PathBuf>);
        assert_eq!(folder_of(Agent::Codex, Path::new(&format!("/p/rollout-1-{uuid}.jsonl"))), None);
    }
}
