//! Owns the person's own status line command: it gets the same input, and its output is shown unchanged.
//! Must stay true: whatever the command does, this program ends in time.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the command may take before it is killed.
const WAIT: Duration = Duration::from_secs(5);
/// How often to check whether it has ended while another process keeps its output open.
const STEP: Duration = Duration::from_millis(20);
/// Maximum number of bytes of output that are shown.
const BYTES: usize = 64 * 1024;

/// Returns the command's output without trailing line ends; `None` if it failed, printed nothing or took too long.
/// Without words, a shell runs the command, as in settings.json.
pub fn output_of(command: &str, words: &[String], input: &[u8]) -> Option<String> {
    let mut program = match words {
        [] => {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", command]);
            shell
        }
        words => {
            let mut program = Command::new(command);
            program.args(words);
            program
        }
    };
    // Processes that it leaves running must not keep our descriptors open.
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let (mut to, mut from) = (child.stdin.take()?, child.stdout.take()?);
    let mut input = input.to_vec();
    // The figures are one line; anything after them was dropped.
    input.push(b'\n');
    // Both run in threads: a command may print before it has read everything, read nothing at all, or never end.
    thread::spawn(move || to.write_all(&input));
    let (sender, chunks) = sync_channel(4);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if sender.send(buffer.get(..count).unwrap_or_default().to_vec()).is_err() {
                return;
            }
        }
    });
    let deadline = Instant::now() + WAIT;
    let output = read(&mut child, &chunks, deadline);
    // Do not wait for a program that printed too much.
    if output.len() < BYTES && !has_succeeded(&mut child, deadline) {
        return None;
    }
    // This fails if it has ended already.
    let _ = child.kill();
    let text = String::from_utf8_lossy(&output);
    Some(text.trim_end_matches(['\n', '\r']).to_string()).filter(|text| !text.is_empty())
}

/// Reads the output until the command has ended; processes that it leaves running may keep the pipe open for ever.
fn read(child: &mut Child, chunks: &Receiver<Vec<u8>>, deadline: Instant) -> Vec<u8> {
    let mut output = Vec::new();
    let mut has_ended = false;
    while output.len() < BYTES && Instant::now() < deadline {
        match chunks.recv_timeout(STEP) {
            Ok(chunk) => output.extend(chunk),
            // Read once more after its end: its last output may still arrive.
            Err(RecvTimeoutError::Timeout) if !has_ended => has_ended = !matches!(child.try_wait(), Ok(None)),
            Err(_) => break,
        }
    }
    output.truncate(BYTES);
    output
}

/// Whether it ended successfully and in time.
fn has_succeeded(child: &mut Child, deadline: Instant) -> bool {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
            _ => {
                let _ = child.kill();
                return false;
            }
        }
    }
}
