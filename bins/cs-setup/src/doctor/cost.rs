//! Measures what hooks cost, ours and others'. Claude Code writes into its transcripts how long each hook at the end of a
//! turn took, and only that. A limited part of each transcript is read. Secrets in commands are masked.

use super::Check;
use crate::places::Places;
use agents::event::CALLED;
use agents::hook_runs;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Older transcripts are not read.
const RECENT: Duration = Duration::from_secs(7 * 24 * 3600);
/// Maximum number of transcripts that are read, the newest first.
const FILES: usize = 60;
/// Maximum number of bytes that are read of each, from its end.
pub const FILE_BYTES: u64 = 8 * 1024 * 1024;
/// Maximum number of hooks that are listed.
const HOOKS: usize = 12;
/// Milliseconds that one of our hooks may take (median).
const OURS: u64 = 50;
/// Fewer runs are not enough to judge a hook.
const RUNS: usize = 5;

pub fn check(places: &Places) -> Vec<Check> {
    let mut taken: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let files = recent(&places.claude.join("projects"));
    for file in &files {
        // A transcript that cannot be read is skipped.
        let _ = read(file, &mut taken);
    }
    if taken.is_empty() {
        return vec![Check::good("cost", "no recent transcript contains hook durations")];
    }
    let mut hooks: Vec<(String, Vec<u64>)> = taken.into_iter().collect();
    hooks.sort_by_key(|(_, times)| std::cmp::Reverse(times.iter().sum::<u64>()));
    hooks.into_iter().take(HOOKS).map(|(command, times)| judge(&command, times)).collect()
}

fn judge(command: &str, mut times: Vec<u64>) -> Check {
    times.sort_unstable();
    let (median, most) = (times.get(times.len() / 2).copied().unwrap_or(0), times.last().copied().unwrap_or(0));
    let runs = render::format_quantity(times.len() as u64, "run");
    let detail = format!("end of a turn: {median} ms (median), {most} ms at most, in {runs}: {command}");
    let is_ours = CALLED.iter().any(|name| command.contains(&format!("/{name}")));
    if is_ours && median > OURS && times.len() >= RUNS {
        return Check::bad("cost", detail, "find out what slows this machine down; make bench measures more");
    }
    Check::good("cost", detail)
}

/// The transcripts of conversations, the newest first.
pub fn recent(projects: &Path) -> Vec<PathBuf> {
    let list = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in list(projects).flat_map(|project| list(&project.path())) {
        let changed = entry.metadata().ok().filter(std::fs::Metadata::is_file).and_then(|meta| meta.modified().ok());
        let is_transcript = entry.path().extension().is_some_and(|extension| extension == "jsonl");
        if let Some(at) = changed.filter(|at| is_transcript && at.elapsed().is_ok_and(|age| age < RECENT)) {
            found.push((at, entry.path()));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().take(FILES).map(|(_, path)| path).collect()
}

fn read(path: &Path, taken: &mut BTreeMap<String, Vec<u64>>) -> std::io::Result<()> {
    hook_runs::read(path, FILE_BYTES, &mut |run| {
        // Masked before it is cut, because half a secret would not be recognized.
        let command: String = redact::mask(&run.command).chars().take(200).collect();
        taken.entry(command).or_default().push(run.milliseconds);
    })
}
