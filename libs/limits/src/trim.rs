//! Owns removing readings that are too old. Must stay true: a reading that a status line appends meanwhile, without a lock,
//! is not lost, unless it is stopped for more than 50 ms between opening the file and writing; a program that is killed
//! leaves the old file or the new one.

use crate::file::{self, KEPT_DAYS};
use crate::key::Key;
use crate::reading::Reading;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::file::{Durability, open_own, own_dir, remove, stage};
use cs_core::open;
use cs_core::paths::Home;
use cs_core::store::{Run, SweepAction};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

/// A file is written anew when its first reading is older than this beyond what is kept, so once a day at most.
const SLACK_DAYS: i64 = 1;
/// Where the first reading is looked for.
const BEGIN: usize = 1024;
/// A status line that has opened the file has written to it after this time, unless it was stopped.
const WRITTEN_WITHIN: Duration = Duration::from_millis(50);
/// The most bytes of a file that remain.
const MOST: u64 = 64 * 1024 * 1024;

/// The limits with readings that are too old.
pub fn overdue(home: &Home, now: Instant) -> Result<Vec<Key>> {
    let mut keys = file::keys(home)?;
    keys.retain(|key| is_overdue(&home.limit(&key.stem()), now));
    Ok(keys)
}

fn is_overdue(path: &Path, now: Instant) -> bool {
    let Ok(file) = opened(path) else { return false };
    let mut bytes = vec![0; BEGIN];
    let count = file.read_at(&mut bytes, 0).unwrap_or(0);
    bytes.truncate(count);
    let mut readings = bytes.split(|byte| *byte == b'\n').filter_map(Reading::parse);
    // What was written while the clock was wrong says nothing about what follows.
    let first = readings.find(|reading| clock::is_credible(reading.at, now));
    first.is_some_and(|first| now - first.at > TimeDelta::days(KEPT_DAYS + SLACK_DAYS))
}

/// Removes readings of a limit that are older than 400 days; all that follow one that is not stay.
pub fn trim(home: &Home, key: &Key, run: Run, now: Instant) -> Result<Option<SweepAction>> {
    let path = home.limit(&key.stem());
    if !is_overdue(&path, now) {
        return Ok(None);
    }
    let old = opened(&path)?;
    let (bytes, end) = read_from(&old, &path, None)?;
    let is_credible = |it: &Reading| clock::is_credible(it.at, now);
    let is_kept = |it: Reading| now - it.at <= TimeDelta::days(KEPT_DAYS);
    let is_recent = |line: &[u8]| Reading::parse(line).filter(is_credible).is_some_and(is_kept);
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let (mut dropped, mut count) = (0, 0);
    for line in lines.take_while(|line| !is_recent(line)) {
        dropped += line.len();
        count += 1;
    }
    let rest = bytes.get(dropped..).unwrap_or_default();
    if run == Run::Real {
        match rest.is_empty() {
            true => remove(&path)?,
            false => stage(&path, rest, Durability::Synced)?.replace()?,
        }
        let end = carry_over(&old, &path, end)?;
        std::thread::sleep(WRITTEN_WITHIN);
        carry_over(&old, &path, end)?;
    }
    let (readings, action) =
        (if count == 1 { "reading" } else { "readings" }, if rest.is_empty() { "removed" } else { "trimmed" });
    Ok(Some(SweepAction::at(action, &path, format!("{count} {readings} older than {KEPT_DAYS} days"), run)))
}

/// Appends to the new file what was appended to the old one since. Returns its end.
fn carry_over(old: &File, path: &Path, since: u64) -> Result<u64> {
    let (late, end) = read_from(old, path, Some(since))?;
    if !late.is_empty() {
        let mut file = open_own(path, OpenOptions::new().append(true))?;
        file.write_all(&late).map_err(|error| Error::io(path, "append to", error))?;
    }
    Ok(end)
}

/// The bytes from an offset on, or the last ones, and where they end.
fn read_from(file: &File, path: &Path, since: Option<u64>) -> Result<(Vec<u8>, u64)> {
    let failed = |error| Error::io(path, "read", error);
    let size = file.metadata().map_err(failed)?.len();
    let since = since.unwrap_or(size.saturating_sub(MOST));
    let mut bytes = vec![0; usize::try_from(size.saturating_sub(since)).unwrap_or_default()];
    file.read_exact_at(&mut bytes, since).map_err(failed)?;
    Ok((bytes, size))
}

fn opened(path: &Path) -> Result<File> {
    own_dir(path)?;
    open::unlinked(path, OpenOptions::new().read(true)).map_err(|error| Error::io(path, "open", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::Agent;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn now() -> Instant {
        clock::parse("2026-11-21T12:00:00Z").unwrap()
    }

    fn reading(days: i64, used: f64) -> Reading {
        let at = now() - TimeDelta::days(days);
        Reading { at, used, resets_at: at + TimeDelta::hours(5) }
    }

    fn sandbox(readings: &[Reading]) -> (tempfile::TempDir, Home, Key) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("data"));
        let key = Key::new(Agent::Claude, None, "monthly").unwrap();
        std::fs::create_dir_all(home.limits_dir()).unwrap();
        let lines: String = readings.iter().map(Reading::line).collect();
        std::fs::write(home.limit(&key.stem()), lines).unwrap();
        (dir, home, key)
    }

    #[test]
    fn readings_of_400_days_are_kept() {
        let all = [reading(500, 1.0), reading(402, 2.0), reading(400, 3.0), reading(450, 4.0), reading(0, 5.0)];
        let (_dir, home, key) = sandbox(&all);
        let reason = trim(&home, &key, Run::Dry, now()).unwrap().unwrap().reason;
        assert_eq!(reason, "2 readings older than 400 days");
        assert_eq!(file::all(&home, &key).unwrap(), all, "only shown");
        assert_eq!(overdue(&home, now()).unwrap(), std::slice::from_ref(&key));
        assert!(trim(&home, &key, Run::Real, now()).unwrap().is_some());
        assert_eq!(file::all(&home, &key).unwrap(), all[2..], "also an older one after a wrong clock");
        assert!(overdue(&home, now()).unwrap().is_empty() && trim(&home, &key, Run::Real, now()).unwrap().is_none());
    }

    #[test]
    fn a_first_line_from_a_wrong_clock_keeps_no_old_reading() {
        let all = [reading(-900, 1.0), reading(500, 2.0), reading(450, 3.0), reading(-900, 4.0), reading(399, 5.0)];
        let (_dir, home, key) = sandbox(&all);
        assert_eq!(overdue(&home, now()).unwrap(), std::slice::from_ref(&key));
        assert!(trim(&home, &key, Run::Real, now()).unwrap().is_some());
        assert_eq!(file::all(&home, &key).unwrap(), all[4..]);
        // Alone it says nothing about how old the file is.
        let (_dir, home, key) = sandbox(&[reading(-900, 1.0), reading(5, 2.0)]);
        assert!(overdue(&home, now()).unwrap().is_empty() && trim(&home, &key, Run::Real, now()).unwrap().is_none());
    }

    #[test]
    fn a_file_without_recent_readings_goes() {
        let (_dir, home, key) = sandbox(&[reading(500, 1.0), reading(410, 2.0)]);
        assert_eq!(trim(&home, &key, Run::Real, now()).unwrap().unwrap().action, "removed");
        assert!(file::keys(&home).unwrap().is_empty());
    }

    #[test]
    fn what_is_appended_meanwhile_is_not_lost() {
        for _ in 0..20 {
            let old: Vec<Reading> = (0..2000).map(|n| reading(900 - n / 4, 1.0)).collect();
            let (_dir, home, key) = sandbox(&old);
            let is_done = AtomicBool::new(false);
            let written = std::thread::scope(|scope| {
                let write = scope.spawn(|| {
                    let mut written = Vec::new();
                    for second in 0.. {
                        let at = now() + TimeDelta::seconds(second);
                        let it = Reading { at, used: 1.0, resets_at: at + TimeDelta::hours(second + 5) };
                        let began = std::time::Instant::now();
                        file::record(&home, &key, &it).unwrap();
                        // A writer that was stopped for longer may lose its line.
                        if began.elapsed() < WRITTEN_WITHIN {
                            written.push(it);
                        }
                        if is_done.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                    written
                });
                trim(&home, &key, Run::Real, now()).unwrap().unwrap();
                is_done.store(true, Ordering::Relaxed);
                write.join().unwrap()
            });
            let all = file::all(&home, &key).unwrap();
            assert!(written.iter().all(|it| all.contains(it)), "{} of {}", all.len(), written.len());
        }
    }
}
