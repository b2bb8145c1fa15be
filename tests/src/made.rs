//! Creates programs for tests to run. A separate process writes them: a process that another test is starting briefly
//! holds copies of our open files, and a file that is open for writing cannot be run (ETXTBSY).

use std::path::Path;
use std::process::Command;

/// Writes a script.
pub fn script(path: &Path, text: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path);
    done(command, text);
}

/// Copies a program, or a script.
pub fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.arg(from).arg(to);
    done(command, "");
}

fn done(command: Command, input: &str) {
    let name = format!("{command:?}");
    let done = crate::run(command, input);
    assert!(done.status.success(), "{name}: {}", crate::stderr(&done));
}
