//! Makes programs to run. A process that another test starts at that moment has copies of this one's open files until
//! it is a program of its own, and what is open for writing cannot be started (ETXTBSY): a process of its own writes.

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
