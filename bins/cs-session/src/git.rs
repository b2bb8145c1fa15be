//! Owns starting git: no other file of any program does. It is for commands of a person, never for a hook.
//!
//! Must stay true: a repository cannot choose a program that runs, and cannot block us. The environment and the
//! configuration are neutral (see [`ENVIRONMENT`], [`SETTINGS`]), git's whole process group is killed at a deadline,
//! and its output is limited. The settings are those of git-config(1), gitattributes(5) and git(1) that name a program
//! that `git log` without a diff could run.

use cli::programs;
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long git may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Maximum number of bytes of its output, and of its errors.
const OUTPUT: u64 = 4 * 1024 * 1024;
const ERRORS: u64 = 64 * 1024;

/// The environment variables that replace all of `GIT_*`.
const ENVIRONMENT: [(&str, &str); 11] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", "/dev/null"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("LC_ALL", "C.UTF-8"),
];

/// The settings that override those of the repository.
const SETTINGS: [&str; 21] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.askPass=",
    "core.editor=false",
    "core.alternateRefsCommand=false",
    "core.attributesFile=/dev/null",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "gpg.openpgp.program=false",
    "gpg.x509.program=false",
    "gpg.ssh.program=false",
    "gpg.ssh.defaultKeyCommand=false",
    "log.showSignature=false",
    "log.mailmap=false",
    "i18n.logOutputEncoding=UTF-8",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
];

/// The options with which `git log` prints only hashes, times and subjects: no diff, signatures, notes or mail addresses.
const PLAIN: [&str; 8] = [
    "--format=%H%x09%cI%x09%s",
    "--no-patch",
    "--no-ext-diff",
    "--no-textconv",
    "--no-show-signature",
    "--no-mailmap",
    "--no-notes",
    "--no-color",
];

/// A commit as git logs it.
#[derive(Debug, PartialEq)]
pub struct LoggedCommit {
    pub sha: String,
    /// When it was committed.
    pub at: Option<Instant>,
    pub subject: String,
}

impl LoggedCommit {
    fn read(line: &str) -> Option<LoggedCommit> {
        let (sha, rest) = line.split_once('\t')?;
        let (at, subject) = rest.split_once('\t')?;
        Some(LoggedCommit { sha: sha.to_string(), at: clock::parse(at), subject: subject.to_string() })
    }
}

/// Returns the commits of HEAD since a time, oldest first; at most the newest `most`.
pub fn log(repo: &str, since: &str, most: usize) -> Result<Vec<LoggedCommit>> {
    let words = [format!("--max-count={most}"), format!("--since={since}")];
    let mut command = neutral_git(repo)?;
    command.args(["log", "--reverse"]).args(PLAIN).args(words).args(["HEAD", "--"]);
    let done = run(command)?;
    if !done.is_success {
        let trouble = cli::sanitize(done.stderr.lines().next().unwrap_or("git failed"));
        return Err(Error::Invalid(format!("no commits from {repo:?}: {trouble}; name a repository with --repo")));
    }
    Ok(done.stdout.lines().filter_map(LoggedCommit::read).collect())
}

/// Prepares git in a repository, with a neutral environment and configuration.
fn neutral_git(repo: &str) -> Result<Command> {
    let git = programs::on_path("git").ok_or_else(|| failed(ErrorKind::NotFound.into()))?;
    let mut command = Command::new(git);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.envs(ENVIRONMENT).args(["--no-pager", "-C", repo]);
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
    Ok(command)
}

/// The output of git.
struct GitOutput {
    is_success: bool,
    stdout: String,
    stderr: String,
}

/// Runs a command without input until it ends. A command that takes too long or prints too much is killed, with all
/// processes that it started.
fn run(mut command: Command) -> Result<GitOutput> {
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let group = child.id();
    let complaint = child.stderr.take().map(|pipe| thread::spawn(move || read_all(pipe)));
    let (end, waiting) = channel::<()>();
    let watch = thread::spawn(move || {
        let is_late = waiting.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout);
        if is_late {
            kill(group);
        }
        is_late
    });
    let mut stdout = Vec::new();
    let read = child.stdout.take().map_or(Ok(0), |pipe| pipe.take(OUTPUT).read_to_end(&mut stdout));
    let is_too_much = stdout.len() as u64 == OUTPUT;
    if is_too_much || read.is_err() {
        kill(group);
    }
    let status = child.wait();
    drop(end);
    let is_late = watch.join().unwrap_or(true);
    let stderr = complaint.and_then(|thread| thread.join().ok()).unwrap_or_default();
    if is_late {
        let why = format!("it was not finished after {} s and was killed", LIMIT.as_secs());
        return Err(failed(std::io::Error::new(ErrorKind::TimedOut, why)));
    }
    if is_too_much {
        return Err(failed(std::io::Error::other("its output is too long")));
    }
    read.map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(GitOutput { is_success: status.map_err(failed)?.success(), stdout: text(&stdout), stderr: text(&stderr) })
}

/// Returns the beginning of the errors; the rest is read and discarded, so that nothing blocks.
fn read_all(mut pipe: ChildStderr) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pipe.by_ref().take(ERRORS).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    bytes
}

#[allow(unsafe_code, reason = "killpg(3)")]
fn kill(group: u32) {
    let Ok(group) = libc::pid_t::try_from(group) else { return };
    // SAFETY: killpg only takes numbers; a group that has ended is not an error for us.
    unsafe { libc::killpg(group, libc::SIGKILL) };
}

fn failed(source: std::io::Error) -> Error {
    Error::io(Path::new("git"), "run", source)
}
