//! Owns the person's own status line command: it gets the same input, and its output is shown as it is.

use std::io::Write;
use std::process::{Command, Stdio};

/// What the command printed, without the line ends behind it; `None` if it failed or printed nothing.
/// Without words the command is for the shell, as in settings.json.
pub fn output_of(command: &str, words: &[String], input: &[u8]) -> Option<String> {
    let mut program = match words {
        [] => {
            let mut shell = Command::new("sh");
            shell.args(["-c", command]);
            shell
        }
        words => {
            let mut program = Command::new(command);
            program.args(words);
            program
        }
    };
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut pipe = child.stdin.take()?;
    let output = std::thread::scope(|scope| {
        // Beside the reading: a command may print before it has read everything, or read nothing at all.
        scope.spawn(move || pipe.write_all(input));
        child.wait_with_output()
    });
    let output = output.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.trim_end_matches(['\n', '\r']).to_string()).filter(|text| !text.is_empty())
}
