//! Owns which of a log's names counts, if it has several, and which links lead to a log: some people keep transcripts
//! elsewhere, but a link may lead to anything. The only part of the search that opens logs: those with links and several
//! names.

use cs_core::open;
use serde_json::Value;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Maximum number of bytes of the lines that are looked at.
const MOST: u64 = 8 * 1024 * 1024;
/// How many lines are looked at for the id of the conversation.
const LINES: usize = 50;
/// A field of which each line of a log has one, beside its type.
const FIELDS: [&str; 7] = ["sessionId", "session_id", "uuid", "leafUuid", "messageId", "timestamp", "payload"];

/// Whether the first line of a file is that of a log.
pub fn is_log(path: &Path) -> std::io::Result<bool> {
    let mut first = Vec::new();
    BufReader::new(open::foreign(path)?).take(MOST).read_until(b'\n', &mut first)?;
    let line: Value = serde_json::from_slice(&first).unwrap_or_default();
    Ok(line.get("type").is_some_and(Value::is_string) && FIELDS.iter().any(|field| line.get(field).is_some()))
}

/// Of names of the same file, the place of the one that counts: no link, and of those the one with the id that its lines
/// name.
pub fn best(names: &[&Path], links: &HashSet<PathBuf>) -> usize {
    let all = || names.iter().enumerate();
    let mut real: Vec<(usize, &&Path)> = all().filter(|(_, path)| !links.contains(**path)).collect();
    if real.is_empty() {
        real = all().collect();
    }
    let ids = if real.len() > 1 { real.first().map(|(_, path)| ids(path)).unwrap_or_default() } else { Vec::new() };
    let is_named = |path: &Path| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        ids.iter().any(|id| stem.ends_with(id))
    };
    real.iter().find(|(_, path)| is_named(path)).or(real.first()).map_or(0, |(at, _)| *at)
}

/// The ids of the conversation that the first lines name.
fn ids(path: &Path) -> Vec<String> {
    let Ok(file) = open::foreign(path) else { return Vec::new() };
    let lines = BufReader::new(file).take(MOST).split(b'\n').map_while(Result::ok).take(LINES);
    let id = |line: Vec<u8>| {
        let line: Value = serde_json::from_slice(&line).ok()?;
        let id = line.get("sessionId").or_else(|| line.pointer("/payload/id")).and_then(Value::as_str)?;
        (!id.is_empty()).then(|| id.to_string())
    };
    let mut ids: Vec<String> = lines.filter_map(id).collect();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use crate::agent::Agent;
    use crate::logs::Roots;
    use std::fs;
    use std::os::unix::fs::symlink;

    const ONE: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8.jsonl";
    const FOUR: &str = "4efc27bb-f68f-47d0-bb52-fc872cee82d8.jsonl";

    #[test]
    fn a_second_name_never_hides_the_real_one() {
        let line = "{\"type\":\"user\",\"sessionId\":\"4efc27bb-f68f-47d0-bb52-fc872cee82d8\"}\n";
        for is_link in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let project = dir.path().join("projects/-p");
            fs::create_dir_all(&project).unwrap();
            fs::write(project.join(FOUR), line).unwrap();
            match is_link {
                true => symlink(project.join(FOUR), project.join(ONE)).unwrap(),
                false => fs::hard_link(project.join(FOUR), project.join(ONE)).unwrap(),
            }
            let mut roots = Roots::default();
            roots.folders.push((Agent::Claude, dir.path().to_path_buf()));
            let found = roots.logs();
            let names: Vec<_> = found.logs.iter().map(|log| log.path.clone()).collect();
            assert_eq!(names, [project.join(FOUR)], "link: {is_link}");
            assert!(found.unseen.is_empty());
        }
    }

    #[test]
    fn a_link_is_followed_only_to_a_log() {
        let dir = tempfile::tempdir().unwrap();
        let (project, other) = (dir.path().join("projects/-p"), dir.path().join("other"));
        fs::create_dir_all(&project).unwrap();
        symlink(&other, project.join(ONE)).unwrap();
        let mut roots = Roots::default();
        roots.folders.push((Agent::Claude, dir.path().to_path_buf()));
        let counts = || (roots.logs().logs.len(), roots.logs().unseen.len());
        for (text, expected) in [
            ("{\"type\":\"user\",\"uuid\":\"x\"}\nnot JSON\n", (1, 0)),
            ("{\"timestamp\":\"x\",\"type\":\"session_meta\",\"payload\":{}}", (1, 0)),
            ("root:x:0:0:root:/root:/bin/bash\n", (0, 1)),
            ("{\"claudeAiOauth\":{}}\n", (0, 1)),
            ("{\"type\":\"module\"}\n", (0, 1)),
            ("", (0, 1)),
        ] {
            fs::write(&other, text).unwrap();
            assert_eq!(counts(), expected, "{text}");
        }
    }
}
