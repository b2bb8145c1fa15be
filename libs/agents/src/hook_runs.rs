//! Owns what Claude Code's transcripts say about runs of hooks: how long each one at the end of a turn took, and which
//! failed. Must stay true: a log is read as a stream, and only its last bytes.
//! Facts: `system` lines `stop_hook_summary` with `hookInfos` (2.1.329; 2.1.197 and older have none). A hook that fails, is
//! killed or cannot be started leaves an attachment `hook_non_blocking_error`, one that takes too long `hook_cancelled` with
//! `timedOut`; the call goes on (2.1.332).

use cs_core::{open, repair};
use memchr::memmem;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Result, Seek, SeekFrom};
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
    lines(path, bytes, &["\"hookInfos\""], &mut |line| runs(line).into_iter().for_each(&mut *each))
}

/// Passes the hook runs that failed, in the last `bytes` of a log, to `each`.
pub fn faults(path: &Path, bytes: u64, each: &mut dyn FnMut(HookFault)) -> Result<()> {
    lines(path, bytes, &["\"hook_non_blocking_error\"", "\"hook_cancelled\""], &mut |line| {
        fault(line).into_iter().for_each(&mut *each);
    })
}

/// Passes the lines that contain one of the marks to `each`.
fn lines(path: &Path, bytes: u64, marks: &[&str], each: &mut dyn FnMut(&[u8])) -> Result<()> {
    let mut file = open::foreign(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(bytes)))?;
    let mut lines = BufReader::new(file.take(bytes));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if marks.iter().any(|mark| memmem::find(&line, mark.as_bytes()).is_some()) {
            each(&line);
        }
        line.clear();
    }
    Ok(())
}

fn runs(line: &[u8]) -> Vec<HookRun> {
    let Ok(record) = repair::decode::<Value>(line, &mut Vec::new()) else { return Vec::new() };
    let run = |hook: &Value| {
        let milliseconds = hook.get("durationMs")?.as_f64()?.max(0.0).round() as u64;
        Some(HookRun { command: hook.get("command")?.as_str()?.to_string(), milliseconds })
    };
    record.get("hookInfos").and_then(Value::as_array).into_iter().flatten().filter_map(run).collect()
}

fn fault(line: &[u8]) -> Option<HookFault> {
    let record = repair::decode::<Value>(line, &mut Vec::new()).ok()?;
    let attachment = record.get("attachment")?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_string);
    let what = match attachment.get("type")?.as_str()? {
        "hook_non_blocking_error" => text(attachment, "stderr").unwrap_or_default(),
        "hook_cancelled" if attachment.get("timedOut") == Some(&Value::Bool(true)) => "it took too long".to_string(),
        _ => return None,
    };
    Some(HookFault { command: text(attachment, "command")?, at: text(&record, "timestamp").unwrap_or_default(), what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_failed_or_took_too_long_is_a_fault() {
        let of = |attachment: &str| fault(format!(r#"{{"attachment":{attachment},"timestamp":"t"}}"#).as_bytes());
        let made = |what: &str| Some(HookFault { command: "/x/g".into(), at: "t".into(), what: what.into() });
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
        let line = br#"{"hookInfos":[{"command":"a","durationMs":2.6},{"command":"b"},7,{"durationMs":1}]}"#;
        assert_eq!(runs(line), [HookRun { command: "a".into(), milliseconds: 3 }]);
        assert_eq!(runs(b"{\"hookInfos\":7}"), []);
        assert_eq!(runs(b"{\"hookInfos\":["), []);
    }
}
