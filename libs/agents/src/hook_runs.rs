//! Owns the run times of hooks in Claude Code's transcripts: how long each one at the end of a turn took.
//! Must stay true: a log is read as a stream, and only its last bytes.
//! Facts: `system` lines `stop_hook_summary` with `hookInfos` (2.1.329; 2.1.197 and older have none).

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

/// Passes the hook runs in the last `bytes` of a log to `each`.
pub fn read(path: &Path, bytes: u64, each: &mut dyn FnMut(HookRun)) -> Result<()> {
    let mut file = open::foreign(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(bytes)))?;
    let mut lines = BufReader::new(file.take(bytes));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if memmem::find(&line, b"\"hookInfos\"").is_some() {
            runs(&line).into_iter().for_each(&mut *each);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_with_a_command_and_a_time_counts() {
        let line = br#"{"hookInfos":[{"command":"a","durationMs":2.6},{"command":"b"},7,{"durationMs":1}]}"#;
        assert_eq!(runs(line), [HookRun { command: "a".into(), milliseconds: 3 }]);
        assert_eq!(runs(b"{\"hookInfos\":7}"), []);
        assert_eq!(runs(b"{\"hookInfos\":["), []);
    }
}
