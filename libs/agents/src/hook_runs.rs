//! Owns what Claude Code's transcripts say about runs of hooks: how long each one at the end of a turn took, and which
//! failed. Must stay true: a log is read as a stream, and only its last bytes.
//! Facts: `system` lines `stop_hook_summary` with `hookInfos` (2.1.329; 2.1.197 and older have none). A hook that fails, is
//! killed or cannot be started leaves an attachment `hook_non_blocking_error`, one that takes too long `hook_cancelled` with
//! `timedOut`; the call goes on (2.1.332).

use crate::entry::{Entry, Kind, Wanted};
use crate::lines::{self, Piece};
use crate::reader::{Reader, State};
use cs_core::{clock, open};
use memchr::memmem;
use std::io::{Read, Result, Seek, SeekFrom};
use std::path::Path;

/// One run of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRun {
    /// Its command, as registered.
    pub command: String,
    /// How long it took.
    pub milliseconds: u64,
}

/// A run of a hook that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookFault {
    /// Its command, as registered.
    pub command: String,
    /// When the client noted it, RFC 3339.
    pub at: String,
    /// What happened, in the client's words.
    pub what: String,
}

/// Passes the hook runs in the last `bytes` of a log to `each`.
pub fn read(path: &Path, bytes: u64, each: &mut dyn FnMut(HookRun)) -> Result<()> {
    entries(path, bytes, &["\"hookInfos\""], &mut |entry| {
        if let Kind::HookRun { command, milliseconds } = entry.kind {
            each(HookRun { command: command.into_owned(), milliseconds });
        }
    })
}

/// Passes the hook runs that failed, in the last `bytes` of a log, to `each`.
pub fn faults(path: &Path, bytes: u64, each: &mut dyn FnMut(HookFault)) -> Result<()> {
    entries(path, bytes, &["\"hook_non_blocking_error\"", "\"hook_cancelled\""], &mut |entry| {
        let at = entry.at.and_then(clock::from_millis).map(clock::stamp).unwrap_or_default();
        if let Kind::HookFault { command, what } = entry.kind {
            each(HookFault { command: command.into_owned(), at, what: what.into_owned() });
        }
    })
}

/// Passes the entries of the lines that contain one of the marks to `each`.
fn entries(path: &Path, bytes: u64, marks: &[&str], each: &mut dyn FnMut(Entry)) -> Result<()> {
    let mut file = open::foreign(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(bytes)))?;
    let mut reader = Reader::new(State::Claude, Wanted::Full);
    lines::read(file.take(bytes), |piece| {
        let (Piece::Line(line) | Piece::Rest(line)) = piece else { return };
        if marks.iter().any(|mark| memmem::find(line, mark.as_bytes()).is_some()) {
            reader.line(line, 1, each);
        }
    })
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(line: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        std::fs::write(&path, format!("{line}\n")).unwrap();
        (dir, path)
    }

    #[test]
    fn a_hook_that_failed_or_took_too_long_is_a_fault() {
        let of = |attachment: &str| {
            let line =
                format!(r#"{{"type":"attachment","attachment":{attachment},"timestamp":"2026-11-29T11:00:00Z"}}"#);
            let (_dir, path) = log(&line);
            let mut found = Vec::new();
            faults(&path, 1 << 20, &mut |fault| found.push(fault)).unwrap();
            assert!(found.len() < 2);
            found.pop()
        };
        let at = "2026-11-29T11:00:00.000000+00:00";
        let made = |what: &str| Some(HookFault { command: "/x/g".into(), at: at.into(), what: what.into() });
        let failed = r#"{"type":"hook_non_blocking_error","command":"/x/g","stderr":"oops","exitCode":1}"#;
        assert_eq!(of(failed), made("oops"));
        let slow = r#"{"type":"hook_cancelled","command":"/x/g","durationMs":5015,"timedOut":true}"#;
        assert_eq!(of(slow), made("it took too long"));
        for other in [
            r#"{"type":"hook_cancelled","command":"/x/g"}"#,
            r#"{"type":"hook_success","command":"/x/g"}"#,
            r#"{"type":"file","content":"hook_cancelled"}"#,
            "7",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn each_run_with_a_command_and_a_time_counts() {
        let of = |line: &str| {
            let (_dir, path) = log(line);
            let mut found = Vec::new();
            read(&path, 1 << 20, &mut |run| found.push(run)).unwrap();
            found
        };
        let line =
            r#"{"type":"system","hookInfos":[{"command":"a","durationMs":2.6},{"command":"b"},7,{"durationMs":1}]}"#;
        assert_eq!(of(line), [HookRun { command: "a".into(), milliseconds: 3 }]);
        assert_eq!(of("{\"type\":\"system\",\"hookInfos\":7}"), []);
        assert_eq!(of("{\"hookInfos\":["), []);
    }
}
