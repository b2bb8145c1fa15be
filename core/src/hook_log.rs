//! Owns `logs/hook.log`, the errors of hooks and timers, and `logs/serve.log`, the changes that a dashboard refused. Must
//! stay true: the size of each file is limited, and a failure of the log itself is ignored.

use crate::clock;
use crate::file;
use crate::paths::Home;
use crate::validate;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Size at which a new log is started; one old log is kept.
const LOG_BYTES: u64 = 256 * 1024;

/// Appends one line: the time, the program, the error. A line that cannot be written is lost, because a hook
/// cannot report it.
pub fn log(home: &Home, program: &str, trouble: &str) {
    log_in(&home.hook_log(), program, trouble);
}

/// The same in another log.
pub fn log_in(path: &Path, program: &str, trouble: &str) {
    if file::own_dir(path).is_err() {
        return;
    }
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() > LOG_BYTES) {
        let _ = std::fs::rename(path, path.with_extension("log.1"));
    }
    let line = format!("{} {program}: {}\n", clock::stamp(clock::now()), validate::cut(trouble, 500));
    if let Ok(mut file) = file::open_own(path, OpenOptions::new().append(true)) {
        let _ = file.write_all(line.as_bytes());
    }
}
