//! Owns starting other programs for a person: one that answers, and one that takes the place of this one; and the pipes
//! of a program that is started, also for callers that wait in another way. Must stay true:
//! a command is a list of words, no shell is started; a program is found in the folders of PATH that are absolute; one
//! that answers is killed at a deadline.

use crate::failure::{Failure, Outcome};
use crate::programs::{is_program, on_path};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Maximum number of bytes of an answer, and of a complaint.
const OUTPUT: u64 = 1024 * 1024;
/// How often the end of a program is looked for, at first and later.
const STEP: Duration = Duration::from_millis(2);
const LONGEST_STEP: Duration = Duration::from_millis(100);
/// How long to wait for the end of its output after its end: a child of it may keep the pipe open.
pub const GRACE: Duration = Duration::from_millis(200);

/// The file of the program that a command names, by its path or by its name on PATH.
pub fn program(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_absolute() && is_program(path));
    }
    on_path(name)
}

/// How a program ended, and what it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Its output.
    pub output: String,
    /// The first line of its complaint; empty if there is none.
    pub complaint: String,
}

/// Runs a command until it ends; returns its output, or how it failed.
pub fn answer(words: &[String], input: &[u8], limit: Duration) -> Result<String, String> {
    said(words, run(words, input, limit, |_| {})?)
}

/// The same for a program that waits long for something that only this one wants: on Linux, it ends when this one does,
/// however that happens.
pub fn answer_to_us(words: &[String], input: &[u8], limit: Duration) -> Result<String, String> {
    said(words, run(words, input, limit, end_with_us)?)
}

fn said(words: &[String], ended: Ended) -> Result<String, String> {
    let name = words.first().map(String::as_str).unwrap_or_default();
    let Ended { code, output, complaint } = ended;
    match (code, complaint.is_empty()) {
        (Some(0), _) => Ok(output),
        (_, false) => Err(format!("{name} failed: {complaint}")),
        (Some(code), true) => Err(format!("{name} failed (exit status: {code})")),
        (None, true) => Err(format!("{name} was ended by a signal")),
    }
}

/// Runs a command until it ends, and says how; the error says why it could not be run, or that it was killed.
pub fn ended(words: &[String], input: &[u8], limit: Duration) -> Result<Ended, String> {
    run(words, input, limit, |_| {})
}

/// Has a program get SIGTERM when the thread that starts it ends, such as with this process.
#[cfg_attr(target_os = "linux", allow(unsafe_code, reason = "prctl(2) between fork and exec"))]
fn end_with_us(command: &mut Command) {
    #[cfg(target_os = "linux")]
    // SAFETY: the closure makes one system call, with numbers only, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

fn run(words: &[String], input: &[u8], limit: Duration, prepare: fn(&mut Command)) -> Result<Ended, String> {
    let (name, mut command) = prepared(words)?;
    prepare(&mut command);
    let piped = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    command.stdin(piped).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cannot run {name}: {error}"))?;
    feed(&mut child, input.to_vec());
    let output = listen(child.stdout.take(), OUTPUT);
    let complaint = listen(child.stderr.take(), OUTPUT);
    let status = wait(&mut child, limit).ok_or_else(|| {
        let _ = child.kill();
        let _ = child.wait();
        format!("{name} did not end within {} s and was killed", limit.as_secs())
    })?;
    let complaint = first_line(&complaint).unwrap_or_default();
    let complaint = complaint.strip_prefix(": ").unwrap_or(&complaint).to_string();
    Ok(Ended { code: status.code(), output: heard(&output), complaint })
}

/// Lets a command take the place of this program, in a directory. Returns only if that fails.
pub fn replace(words: &[String], dir: Option<&Path>) -> Outcome<()> {
    let (name, mut command) = prepared(words).map_err(Failure::Nothing)?;
    if let Some(dir) = dir {
        command.current_dir(dir).env("PWD", dir);
    }
    Err(Failure::Nothing(format!("cannot run {name}: {}", command.exec())))
}

fn prepared(words: &[String]) -> Result<(&str, Command), String> {
    let (name, args) = words.split_first().ok_or("the command is empty")?;
    let found = program(name).ok_or_else(|| format!("{name} is not on PATH"))?;
    let mut command = Command::new(&found);
    command.args(args.iter().map(OsStr::new));
    Ok((name, command))
}

/// Writes the input in a thread, so that a program that does not read it cannot block us. A pipe that is closed early
/// only makes the write fail, because Rust programs ignore SIGPIPE.
pub fn feed(child: &mut Child, input: Vec<u8>) {
    if let Some(mut pipe) = child.stdin.take() {
        thread::spawn(move || pipe.write_all(&input));
    }
}

/// Receives the first `most` bytes of what a program prints, at its end; the rest is read and discarded, so that the
/// program never blocks.
pub fn listen(pipe: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    if let Some(mut pipe) = pipe {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.by_ref().take(most).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
            std::io::copy(&mut pipe, &mut std::io::sink())
        });
    }
    receiver
}

/// The first line of a complaint after a colon; `None` if there is none.
pub fn first_line(complaint: &Receiver<Vec<u8>>) -> Option<String> {
    let text = heard(complaint);
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(|line| format!(": {line}"))
}

/// What a program that has ended printed.
fn heard(pipe: &Receiver<Vec<u8>>) -> String {
    String::from_utf8_lossy(&pipe.recv_timeout(GRACE).unwrap_or_default()).into_owned()
}

/// How long to sleep before looking again at a program that runs so long already: a program that waits for a server, as
/// those of jobs do all day, is looked at rarely.
fn step(ran: Duration) -> Duration {
    (ran / 20).clamp(STEP, LONGEST_STEP)
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let began = Instant::now();
    let end = began + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => thread::sleep(step(began.elapsed())),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, input: &str) -> Result<String, String> {
        let words = ["sh", "-c", script].map(str::to_string);
        answer(&words, input.as_bytes(), Duration::from_millis(500))
    }

    #[test]
    fn a_program_answers_complains_or_is_killed() {
        assert_eq!(sh("cat; echo more", "text "), Ok("text more\n".into()));
        assert_eq!(sh("echo; echo why >&2; exit 3", ""), Err("sh failed: why".into()));
        assert_eq!(sh("exit 3", ""), Err("sh failed (exit status: 3)".into()));
        assert_eq!(sh("exec sleep 60", ""), Err("sh did not end within 0 s and was killed".into()));
        assert_eq!(sh("exit 0", &"x".repeat(1 << 20)), Ok(String::new()));
        let none = answer(&["no-such-program".to_string()], b"", GRACE);
        assert_eq!(none, Err("no-such-program is not on PATH".into()));
    }

    #[test]
    fn a_program_that_runs_long_is_looked_at_rarely() {
        let steps = [0, 1000, 50_000].map(|ran| step(Duration::from_millis(ran)).as_millis());
        assert_eq!(steps, [2, 50, 100]);
    }

    #[test]
    fn a_relative_path_is_not_run() {
        assert_eq!((program("./sh"), program("../bin/sh")), (None, None));
        assert_eq!(program("/bin/sh"), Some(PathBuf::from("/bin/sh")));
    }
}
