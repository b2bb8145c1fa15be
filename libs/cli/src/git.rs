//! Owns starting git: no other file does. It is for commands of a person, never for a hook.
//!
//! Must stay true: a repository cannot choose a program that runs, and cannot block us. The environment and the
//! configuration are neutral (see [`ENVIRONMENT`], [`SETTINGS`]), git's whole process group is killed at a deadline,
//! and its output is limited. The settings are those of git-config(1), gitattributes(5) and git(1) that name a program
//! that `git log` without a diff could run.

mod committed;
mod staged;

pub use committed::Committed;
pub use staged::{Staged, StagedFile};

use crate::programs;
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::git::logged::{self, FORMAT, LoggedCommit};
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
const OUTPUT: u64 = 32 * 1024 * 1024;
const ERRORS: u64 = 64 * 1024;
/// Maximum number of commits of a range.
const RANGE: usize = 10_000;

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

/// The options that keep `git log` from printing diffs, signatures, notes and colours.
const PLAIN: [&str; 7] =
    ["--no-patch", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-mailmap", "--no-notes", "--no-color"];

/// Returns the commits of HEAD since a time, oldest first; at most the newest `most`.
pub fn log(repo: &str, since: &str, most: usize) -> Result<Vec<LoggedCommit>> {
    let words = [format!("--max-count={most}"), format!("--since={since}")];
    let mut command = neutral_git(repo)?;
    command.args(["log", "--reverse"]).args(PLAIN).args(FORMAT).args(words).args(["HEAD", "--"]);
    let done = run(command)?;
    if !done.is_success {
        let trouble = done.first_error();
        return Err(Error::Invalid(format!("no commits from {repo:?}: {trouble}; name a repository with --repo")));
    }
    Ok(logged::commits(&done.stdout))
}

/// Commits that a person named, and the repository that they are in.
#[derive(Debug)]
pub struct CommitRange {
    repo: String,
    /// The commits, oldest first.
    pub commits: Vec<LoggedCommit>,
    /// The newest ends of the range, as full names.
    tips: Vec<String>,
}

impl CommitRange {
    /// The commits that `range` means in the repository: words as for `git log`, such as `main..HEAD` or `v1.0..v1.1`,
    /// without options. A single name means the commit and all before it.
    pub fn read(repo: &str, range: &str) -> Result<CommitRange> {
        let words: Vec<&str> = range.split_whitespace().collect();
        let wrong = |why: &str| {
            let example = "name commits as for git log, such as main..HEAD";
            Error::Invalid(format!("no commits {range:?} in {repo:?}: {why}; {example}"))
        };
        if words.is_empty() || words.iter().any(|word| word.starts_with('-')) {
            return Err(wrong("these are not names of commits"));
        }
        let mut command = neutral_git(repo)?;
        command.arg("rev-parse").args(&words).arg("--");
        let done = run(command)?;
        let ends: Vec<&str> = done.stdout.lines().filter(|line| is_hex(line.trim_start_matches('^'))).collect();
        if !done.is_success || ends.is_empty() {
            return Err(wrong(&done.first_error()));
        }
        let tips = ends.iter().filter(|end| is_hex(end)).map(|end| end.to_string()).collect();
        let mut command = neutral_git(repo)?;
        command.args(["log", "--reverse", "--topo-order"]).args(PLAIN).args(FORMAT);
        command.arg(format!("--max-count={}", RANGE + 1)).args(&ends).arg("--");
        let done = run(command)?;
        if !done.is_success {
            return Err(wrong(&done.first_error()));
        }
        let commits = logged::commits(&done.stdout);
        if commits.len() > RANGE {
            return Err(wrong(&format!("it has more than {RANGE} commits")));
        }
        Ok(CommitRange { repo: repo.to_string(), commits, tips })
    }

    /// When the commit with this name was authored; `None` if the repository does not have it any more.
    pub fn authored_at(&self, sha: &str) -> Option<Instant> {
        let sha = Some(sha).filter(|sha| is_hex(sha))?;
        let mut command = neutral_git(&self.repo).ok()?;
        command.args(["log", "--no-walk"]).args(PLAIN).args(FORMAT).args([sha, "--"]);
        let done = run(command).ok().filter(|done| done.is_success)?;
        logged::commits(&done.stdout).into_iter().find(|commit| commit.sha.starts_with(sha))?.authored_at
    }

    /// Whether the commit with this name is an end of the range, or before one.
    pub fn is_in_history(&self, sha: &str) -> bool {
        let Ok(mut command) = neutral_git(&self.repo) else { return false };
        command.args(["rev-list", "--max-count=1", sha, "--not"]).args(&self.tips).arg("--");
        is_hex(sha) && run(command).is_ok_and(|done| done.is_success && done.stdout.trim().is_empty())
    }
}

fn is_hex(name: &str) -> bool {
    (4..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
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

impl GitOutput {
    fn first_error(&self) -> String {
        let line = self.stderr.lines().next().unwrap_or("git failed");
        crate::sanitize(line)
    }
}

/// Runs a command without input until it ends. A command that takes too long or prints too much is killed, with all
/// processes that it started.
fn run(mut command: Command) -> Result<GitOutput> {
    let RawOutput { is_success, stdout, stderr } = run_raw(&mut command, OUTPUT)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(GitOutput { is_success, stdout: text(&stdout), stderr: text(&stderr) })
}

/// The output of git, as it is.
struct RawOutput {
    is_success: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// The same with less than `most` bytes of output.
fn run_raw(command: &mut Command, most: u64) -> Result<RawOutput> {
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
    let read = child.stdout.take().map_or(Ok(0), |pipe| pipe.take(most).read_to_end(&mut stdout));
    let is_too_much = stdout.len() as u64 == most;
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
    Ok(RawOutput { is_success: status.map_err(failed)?.success(), stdout, stderr })
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
