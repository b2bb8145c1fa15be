//! Owns the files `limits/*.jsonl`: a reading is appended, without a lock and without waiting for the disk; readings are
//! read from the end. Must stay true: what a status line does here does not depend on the length of the history; lines
//! of two programs at once are both there; after a line that was torn the next one begins a line of its own.

use crate::history::near;
use crate::key::Key;
use crate::reading::Reading;
use agents::Agent;
use agents::limit::Reported;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::file::{self, OwnDir};
use cs_core::paths::Home;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// For how many days readings are kept.
pub const KEPT_DAYS: i64 = 400;
/// The bytes at the end of a file that decide whether a reading is news: about nine lines.
const END: usize = 1024;
/// As many readings decide whether the next one of a log is news.
const LAST: usize = 9;
/// The bytes that are read first for the present window, and the most: a window has one line for each percent.
const LATEST: [u64; 3] = [32 * 1024, 256 * 1024, 2 * 1024 * 1024];
/// Windows of which all readings are among the latest.
const WINDOWS: usize = 2;
/// And at least as many readings, if there are so many: of more windows, if they are short.
const READINGS: usize = 128;
/// The most bytes that are read of a history: of 400 days at the highest rate 20 MiB are written.
const ALL: u64 = 64 * 1024 * 1024;

/// Appends a reading if it says more than the last lines. Whether it did.
pub fn record(home: &Home, key: &Key, reading: &Reading) -> Result<bool> {
    record_in(&OwnDir::checked(home.limits_dir())?, key, reading)
}

fn record_in(dir: &OwnDir, key: &Key, reading: &Reading) -> Result<bool> {
    if !reading.is_plausible(key.length()) {
        return Ok(false);
    }
    append(dir, key, |end| if reading.is_news(newest(end)) { vec![*reading] } else { Vec::new() })
        .map(|count| count > 0)
}

/// Appends readings that a log told, the oldest first, and returns how many. A log is read late: only what is newer than
/// the last line is taken in, as far as it was news then.
pub fn record_late(home: &Home, key: &Key, readings: &[Reading]) -> Result<usize> {
    let now = clock::now();
    let news = |end: &[u8]| {
        let mut known = parse(end);
        let before = known.len();
        // A line from when the clock was ahead is not newer than what is true.
        let newest = known.iter().map(|reading| reading.at).filter(|at| clock::is_credible(*at, now)).max();
        let is_fit = |reading: &&Reading| reading.is_plausible(key.length());
        for reading in readings.iter().filter(is_fit).filter(|reading| newest.is_none_or(|newest| reading.at > newest))
        {
            if reading.is_news(known.iter().rev().take(LAST).copied()) {
                known.push(*reading);
            }
        }
        known.split_off(before)
    };
    if news(&[]).is_empty() { Ok(0) } else { append(&OwnDir::checked(home.limits_dir())?, key, news) }
}

/// Appends what `news` makes of the last lines. Returns how many.
fn append(dir: &OwnDir, key: &Key, news: impl Fn(&[u8]) -> Vec<Reading>) -> Result<usize> {
    let name = Home::limit_name(&key.stem());
    let path = dir.path(&name);
    let mut file = dir.open(&name, OpenOptions::new().read(true).append(true))?;
    let end = end(&file).map_err(|error| Error::io(&path, "read", error))?;
    let news = news(&end);
    if news.is_empty() {
        return Ok(0);
    }
    let is_torn = end.last().is_some_and(|byte| *byte != b'\n');
    let mut lines = String::from(if is_torn { "\n" } else { "" });
    news.iter().for_each(|reading| lines.push_str(&reading.line()));
    // One call: lines of two programs do not mix. What does not fit on the disk is the next reading's to repair.
    match file.write(lines.as_bytes()) {
        Ok(count) if count == lines.len() => Ok(news.len()),
        Ok(_) => Err(Error::io(&path, "append to", io::Error::from(io::ErrorKind::StorageFull))),
        Err(error) => Err(Error::io(&path, "append to", error)),
    }
}

/// Appends what a client says about the limits of an account. What cannot be written now is said again when it
/// changes.
pub fn record_all(home: &Home, agent: Agent, account: Option<&str>, told: Vec<Reported>, at: Instant) {
    if told.is_empty() {
        return;
    }
    let Ok(dir) = OwnDir::checked(home.limits_dir()) else { return };
    for Reported { window, used, resets_at } in told {
        if let Some(key) = Key::new(agent, account, &window) {
            let _ = record_in(&dir, &key, &Reading { at, used, resets_at });
        }
    }
}

/// The last bytes of a file, with one call.
fn end(file: &File) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len();
    let mut bytes = vec![0; END.min(usize::try_from(size).unwrap_or(END))];
    let count = file.read_at(&mut bytes, size.saturating_sub(END as u64))?;
    bytes.truncate(count);
    Ok(bytes)
}

/// The readings in some lines, the newest first.
fn newest(lines: &[u8]) -> impl Iterator<Item = Reading> {
    lines.rsplit(|byte| *byte == b'\n').filter_map(Reading::parse)
}

/// The readings in some lines. The first line may be cut: then it is none.
fn parse(lines: &[u8]) -> Vec<Reading> {
    lines.split(|byte| *byte == b'\n').filter_map(Reading::parse).collect()
}

/// All limits that were ever reported, in order.
pub fn keys(home: &Home) -> Result<Vec<Key>> {
    let dir = home.limits_dir();
    let stems = file::stems(&dir, ".jsonl")?;
    // A file in its place is no folder without limits: nothing can be recorded there.
    if stems.is_empty() && dir.is_file() {
        return Err(Error::io(&dir, "list", io::Error::from(io::ErrorKind::NotADirectory)));
    }
    let mut keys: Vec<Key> = stems.iter().filter_map(|stem| Key::parse(stem)).collect();
    keys.sort();
    Ok(keys)
}

/// The last readings of a limit, the oldest first: all of the present window and of the one before it, whatever the
/// history.
pub fn latest(home: &Home, key: &Key) -> Result<Vec<Reading>> {
    let mut found = Vec::new();
    for most in LATEST {
        let bytes = tail(home, key, most)?;
        let is_enough = take_latest(&bytes, near(key.length()), &mut found);
        if is_enough || (bytes.len() as u64) < most {
            break;
        }
    }
    found.reverse();
    Ok(found)
}

/// Takes the latest readings from some lines, the newest first; no more are parsed. Whether there are older ones.
fn take_latest(lines: &[u8], near: TimeDelta, found: &mut Vec<Reading>) -> bool {
    let mut ends = Vec::new();
    found.clear();
    for reading in newest(lines) {
        let is_known = |end: &Instant| (*end - reading.resets_at).abs() <= near;
        if ends.len() <= WINDOWS && !ends.iter().any(is_known) {
            ends.push(reading.resets_at);
        }
        if ends.len() > WINDOWS && found.len() >= READINGS {
            return true;
        }
        found.push(reading);
    }
    ends.len() > WINDOWS
}

/// All readings of a limit, the oldest first. Lines that cannot be understood are left out.
pub fn all(home: &Home, key: &Key) -> Result<Vec<Reading>> {
    Ok(parse(&tail(home, key, ALL)?))
}

/// The last bytes of a limit's file; none without a file.
fn tail(home: &Home, key: &Key, most: u64) -> Result<Vec<u8>> {
    match file::tail(&home.limit(&key.stem()), most) {
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::clock;

    const END_AT: i64 = 1_795_273_200;

    fn at(seconds: i64) -> Instant {
        clock::from_millis((END_AT + seconds) * 1000).unwrap()
    }

    fn reading(second: i64, used: f64) -> Reading {
        Reading { at: at(second - 18_000), used, resets_at: at(0) }
    }

    struct Sandbox {
        home: Home,
        key: Key,
        _dir: tempfile::TempDir,
    }

    fn sandbox() -> Sandbox {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::new(Agent::Claude, None, "five_hour").unwrap();
        Sandbox { home: Home::at(dir.path().join("data")), key, _dir: dir }
    }

    impl Sandbox {
        fn record(&self, reading: Reading) -> bool {
            record(&self.home, &self.key, &reading).unwrap()
        }
        fn path(&self) -> std::path::PathBuf {
            self.home.limit(&self.key.stem())
        }
    }

    #[test]
    fn readings_are_appended_if_they_are_news() {
        let sandbox = sandbox();
        assert!(keys(&sandbox.home).unwrap().is_empty() && all(&sandbox.home, &sandbox.key).unwrap().is_empty());
        assert!(!sandbox.record(reading(18_000, 1.0)), "its window has ended");
        assert!(!sandbox.home.limits_dir().exists(), "nothing is created for nothing");
        assert!(sandbox.record(reading(0, 1.0)) && !sandbox.record(reading(1, 1.5)) && sandbox.record(reading(2, 3.0)));
        let told = vec![
            Reported { window: "seven_day".into(), used: 5.0, resets_at: at(0) },
            Reported { window: "../x".into(), used: 5.0, resets_at: at(0) },
        ];
        record_all(&sandbox.home, Agent::Claude, Some("0a0b0c0d"), told, at(-5));
        let stems: Vec<String> = keys(&sandbox.home).unwrap().iter().map(Key::stem).collect();
        assert_eq!(stems, ["claude-five_hour", "claude@0a0b0c0d-seven_day"]);
        assert_eq!(all(&sandbox.home, &sandbox.key).unwrap(), [reading(0, 1.0), reading(2, 3.0)]);
        let mode = std::os::unix::fs::PermissionsExt::mode(&sandbox.path().metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_a_log_tells_late_is_taken_in_once() {
        let sandbox = sandbox();
        let late = |readings: &[Reading]| record_late(&sandbox.home, &sandbox.key, readings).unwrap();
        assert_eq!(late(&[]), 0);
        let told: Vec<Reading> = (0..50).map(|n| reading(n * 60, (n / 2) as f64)).collect();
        assert_eq!((late(&told), late(&told)), (25, 0));
        assert_eq!(late(&[reading(30, 90.0), reading(4000, 24.5), reading(4001, 26.0)]), 1, "only what is newer");
        assert_eq!(all(&sandbox.home, &sandbox.key).unwrap().len(), 26);
    }

    #[test]
    fn after_a_torn_line_the_next_one_begins_a_line() {
        let line = reading(5, 9.0).line();
        for cut in 1..line.len() {
            let sandbox = sandbox();
            sandbox.record(reading(0, 1.0));
            let torn = format!("{}{}", std::fs::read_to_string(sandbox.path()).unwrap(), line.get(..cut).unwrap());
            std::fs::write(sandbox.path(), torn).unwrap();
            assert!(sandbox.record(reading(9, 30.0)), "{cut}");
            assert_eq!(std::fs::read_to_string(sandbox.path()).unwrap().lines().count(), 3, "{cut}");
            let known = all(&sandbox.home, &sandbox.key).unwrap();
            assert_eq!((known.first(), known.last()), (Some(&reading(0, 1.0)), Some(&reading(9, 30.0))), "{cut}");
        }
    }

    #[test]
    fn neither_a_link_nor_a_pipe_is_written_to() {
        let sandbox = sandbox();
        std::fs::create_dir_all(sandbox.home.limits_dir()).unwrap();
        let elsewhere = sandbox.home.root().join("elsewhere");
        std::fs::write(&elsewhere, "theirs").unwrap();
        std::os::unix::fs::symlink(&elsewhere, sandbox.path()).unwrap();
        assert!(record(&sandbox.home, &sandbox.key, &reading(0, 1.0)).is_err());
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "theirs");
        std::fs::remove_file(sandbox.path()).unwrap();
        std::fs::create_dir(sandbox.path()).unwrap();
        assert!(record(&sandbox.home, &sandbox.key, &reading(0, 1.0)).is_err());
    }

    #[test]
    fn the_latest_readings_are_two_windows_whatever_the_history() {
        let sandbox = sandbox();
        std::fs::create_dir_all(sandbox.home.limits_dir()).unwrap();
        let line = |window: i64, used: i64| {
            let shift = |second: i64| at(window * 18_000 + second);
            Reading { at: shift(used * 60 - 18_000), used: used as f64, resets_at: shift(0) }.line()
        };
        let lines: String = (0..1000).flat_map(|window| (0..100).map(move |used| line(window, used))).collect();
        std::fs::write(sandbox.path(), &lines).unwrap();
        let latest = latest(&sandbox.home, &sandbox.key).unwrap();
        assert_eq!(latest.len(), 200, "no more than needed");
        let every = all(&sandbox.home, &sandbox.key).unwrap();
        assert_eq!(every.len(), 100_000);
        assert!(every.ends_with(&latest));
        let short = |n: i64| Reading { at: at(n), used: 1.0, resets_at: at(n * 100) }.line();
        std::fs::write(sandbox.path(), (1..1000).map(short).collect::<String>()).unwrap();
        assert_eq!(super::latest(&sandbox.home, &sandbox.key).unwrap().len(), READINGS, "of windows with one reading");
    }
}
