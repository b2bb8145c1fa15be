//! Owns checking everything in the data directory: which files are damaged, too large, written by a newer program, not
//! ours, accessible to others, or contradict each other. Must stay true: it writes nothing; a file that is being
//! written at this moment is not reported.

use super::Store;
use super::context::Context;
use super::file_kind::FileKind;
use super::seats::{SEAT_VERSION, SeatHead};
use super::sweep::{LEFT_OVER, entries, is_dir, is_older};
use crate::clock::{self, Date};
use crate::config::{self, Config};
use crate::days::Days;
use crate::error::{Error, Result};
use crate::file::{self, TEMP_PREFIX};
use crate::id::{SessionId, Slug, Uuid};
use crate::index;
use crate::live::Live;
use crate::open;
use crate::patch::Patch;
use crate::paths::CHAT_FILES;
use crate::project::ProjectState;
use crate::record::SCHEMA_VERSION;
use crate::record::Session;
use crate::statusline::{Day, Reading};
use crate::usage::Usage;
use crate::validate::{self, FILE_BYTES, INDEX_BYTES};
use serde::{Deserialize, Serialize};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// It cannot be parsed.
    Damaged,
    /// It is larger than readers accept.
    Oversized,
    /// A newer program wrote it, so it is only read.
    Newer,
    /// None of our programs created it.
    Foreign,
    /// A symbolic link, which is never followed.
    Link,
    /// Others may read or change it.
    Open,
    /// A session is both in the archive and outside.
    Twice,
    /// The index contradicts the records.
    Index,
    /// The counts of a project contradict the index.
    Counts,
}

impl Problem {
    /// The word for it in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Problem::Damaged => "damaged",
            Problem::Oversized => "oversized",
            Problem::Newer => "newer",
            Problem::Foreign => "foreign",
            Problem::Link => "link",
            Problem::Open => "open",
            Problem::Twice => "twice",
            Problem::Index => "index",
            Problem::Counts => "counts",
        }
    }
}

/// A problem that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The kind of problem.
    pub found: Problem,
    /// Absolute path of the file.
    pub path: PathBuf,
    /// The fault, in words for people.
    pub reason: String,
}

impl Store {
    /// Everything that is checked: files, directories, links.
    pub fn everything(&self) -> Result<Vec<PathBuf>> {
        let mut all = Vec::new();
        for dir in self.folders()? {
            all.extend(entries(&dir)?.into_iter().map(|entry| entry.path()));
        }
        all.extend(is_dir(self.home.root()).then(|| self.home.root().to_path_buf()));
        all.sort();
        Ok(all)
    }

    /// The folders whose content is checked; some may be missing.
    fn folders(&self) -> Result<Vec<PathBuf>> {
        // What is in the folder of a conversation is for `cs-keep verify`.
        let kept = self.kept_folders()?.into_iter().filter(|dir| self.depth_in_kept(dir) != Some(2));
        let root = self.home.root().to_path_buf();
        Ok(std::iter::once(root).chain(self.home.dirs()).chain(self.inbox_dirs()?).chain(kept).collect())
    }

    /// The problems of one file, directory or link; none if it is gone.
    pub fn check_file(&self, path: &Path) -> Vec<Finding> {
        let Ok(meta) = std::fs::symlink_metadata(path) else { return Vec::new() };
        let found = |problem, reason: String| Finding { found: problem, path: path.to_path_buf(), reason };
        if path != self.home.root() && meta.is_symlink() {
            let to = std::fs::read_link(path).unwrap_or_default();
            let what = if path.is_dir() { "no file is moved through it" } else { "which is never followed here" };
            let reason = format!("it is a symbolic link to {}, {what}", to.display());
            return vec![found(Problem::Link, reason)];
        }
        let kind = self.kind_of(path, meta.is_dir());
        let mut all = match kind {
            FileKind::Foreign => vec![found(Problem::Foreign, "not created by these programs".into())],
            kind => self.judge(path, &kind).into_iter().map(|(problem, reason)| found(problem, reason)).collect(),
        };
        if let Some(reason) = self.lacks_manifest(path, SystemTime::now()) {
            all.push(found(Problem::Damaged, reason));
        }
        let mode = meta.permissions().mode() & 0o777;
        let is_lock = path.extension().is_some_and(|extension| extension == "lock");
        if mode & 0o077 != 0 && !is_lock && !meta.is_symlink() {
            let wanted = if meta.is_dir() { "700" } else { "600" };
            all.push(found(
                Problem::Open,
                format!("its mode is {mode:03o}, not {wanted}: other accounts may access it"),
            ));
        }
        all
    }

    /// Folders, links and pipes under the names of the index, of locks and of notes, where our programs need a file. Another
    /// program may be using what is younger than an hour.
    pub fn irregular(&self, now: SystemTime) -> Result<Vec<Finding>> {
        let mut all = Vec::new();
        for dir in self.folders()? {
            for entry in entries(&dir)? {
                let is_old = || entry.metadata().is_ok_and(|meta| is_older(&meta, LEFT_OVER, now));
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                if !is_file
                    && matches!(self.kind_of(&entry.path(), false), FileKind::Plain | FileKind::Index)
                    && is_old()
                {
                    all.extend(self.check_file(&entry.path()).into_iter().filter(|found| found.found != Problem::Open));
                }
            }
        }
        Ok(all)
    }

    /// The problem with the content of a file, if any.
    pub(super) fn judge(&self, path: &Path, kind: &FileKind) -> Option<(Problem, String)> {
        if matches!(kind, FileKind::Passed | FileKind::Foreign) {
            return None;
        }
        if matches!(kind, FileKind::Plain) {
            let meta = std::fs::symlink_metadata(path).ok()?;
            return (!meta.is_file()).then(|| (Problem::Damaged, open::IRREGULAR.into()));
        }
        let (read, limit) = match kind {
            FileKind::Index => (file::read_at_most(path, INDEX_BYTES), INDEX_BYTES),
            _ => (file::read(path), FILE_BYTES),
        };
        let bytes = match read {
            Ok(bytes) => bytes?,
            Err(error) => {
                let size = std::fs::symlink_metadata(path).map_or(0, |meta| meta.len());
                let large = size > limit as u64;
                return Some((if large { Problem::Oversized } else { Problem::Damaged }, reason_of(error)));
            }
        };
        if let Some(reason) = newer(&bytes, kind) {
            return Some((Problem::Newer, reason));
        }
        check_content(path, kind, &bytes).err().map(|reason| (Problem::Damaged, reason))
    }

    /// The purpose of a path in the data directory.
    pub(super) fn kind_of(&self, path: &Path, is_dir: bool) -> FileKind {
        let (Some(dir), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            return FileKind::Foreign;
        };
        if !name.ends_with(".json") && self.home.is_plain(path) {
            return FileKind::Plain;
        }
        let passed = name.starts_with(TEMP_PREFIX) || name == ".DS_Store";
        let home = &self.home;
        if passed || [home.root(), &home.archive(), &home.usage_cache_dir()].contains(&path) {
            return FileKind::Passed;
        }
        if dir == self.home.root() {
            // Other programs may have directories of their own here.
            return match name {
                "config.json" => FileKind::Config,
                "notify_state.json" => FileKind::Notified,
                "machine.json" => FileKind::Machine,
                "redact.key" | "redact.toml" => FileKind::Passed,
                _ if is_dir || name.starts_with('.') => FileKind::Passed,
                _ => FileKind::Foreign,
            };
        }
        if dir == home.audit_dir() || dir == home.audit_pending() {
            return of_audit(name, dir == home.audit_pending(), is_dir);
        }
        if dir == home.marks_dir() {
            return of_marks(name, is_dir);
        }
        if dir == home.redactions_dir() {
            return of_redactions(name, is_dir);
        }
        if dir == home.limits_dir() {
            return of_limits(name, is_dir);
        }
        if [home.sync_forgotten(), home.sync_last(), home.sync_marked(), home.sync_rules()]
            .iter()
            .any(|known| known == path)
        {
            return if is_dir { FileKind::Foreign } else { FileKind::Passed };
        }
        if dir == home.next_dir() {
            let stem = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".untold"));
            let is_told = stem.is_some_and(|stem| Uuid::parse(stem).is_ok());
            return if is_told && !is_dir { FileKind::Plain } else { FileKind::Foreign };
        }
        if dir == home.chat_dir() {
            return if CHAT_FILES.contains(&name) && !is_dir { FileKind::Passed } else { FileKind::Foreign };
        }
        if let Some(kind) = self.kind_in_kept(path, is_dir) {
            return kind;
        }
        if let Some(kind) = self.kind_of_seats(path, is_dir) {
            return kind;
        }
        name.strip_suffix(".json").map_or(FileKind::Foreign, |stem| self.of_stem(path, dir, stem))
    }

    fn of_stem(&self, path: &Path, dir: &Path, stem: &str) -> FileKind {
        let home = &self.home;
        match path {
            _ if path == home.index() => return FileKind::Index,
            _ if path == home.usage_days() => return FileKind::UsedOn,
            _ if path == home.usage_keep() => return FileKind::Kept,
            _ => {}
        }
        let (id, slug, uuid) = (SessionId::parse(stem).ok(), Slug::parse(stem).ok(), Uuid::parse(stem).ok());
        let uuid = uuid.filter(|uuid| uuid.as_str() == stem);
        let day = stem.parse::<Date>().ok().filter(|day| day.to_string() == stem);
        let kind = match dir {
            _ if dir == home.sessions() => id.map(FileKind::Record),
            _ if dir == home.archive() => id.map(|_| FileKind::Archived),
            _ if dir == home.projects_dir() => slug.map(FileKind::Project),
            _ if dir == home.context_dir() => slug.map(FileKind::Context),
            _ if dir == home.live_dir() => uuid.map(FileKind::Live),
            _ if dir == home.ended_dir() => uuid.map(FileKind::Ended),
            _ if dir == home.usage_dir() => uuid.map(|_| FileKind::Usage),
            _ if dir == home.statusline_dir() => uuid.map(FileKind::Reading).or(day.map(|_| FileKind::Spent)),
            _ => None,
        };
        kind.unwrap_or(FileKind::Foreign)
    }
}

/// The log of tools; `cs-audit verify` reads what is in it.
fn of_audit(name: &str, is_waiting: bool, is_dir: bool) -> FileKind {
    let is_day = |stem: &str| stem.parse::<Date>().is_ok_and(|day| day.to_string() == stem);
    let is_ours = match is_waiting {
        _ if is_dir => !is_waiting && name == "pending",
        true => name.ends_with(".json") || name.ends_with(".damaged"),
        false => {
            let day = name.strip_suffix(".jsonl").or_else(|| name.strip_suffix(".index"));
            name == "head.json" || day.is_some_and(is_day)
        }
    };
    if is_ours { FileKind::Passed } else { FileKind::Foreign }
}

/// Marks of conversations. `cs-mark verify` reads what is in them: a damaged line still hides what it was about, so the
/// file must never be moved away.
fn of_marks(name: &str, is_dir: bool) -> FileKind {
    let is_uuid = |stem: &str| Uuid::parse(stem).is_ok_and(|uuid| uuid.as_str() == stem);
    let is_ours = !is_dir && name.strip_suffix(".jsonl").is_some_and(is_uuid);
    if is_ours { FileKind::Passed } else { FileKind::Foreign }
}

/// What was replaced in what was given out, by the month.
fn of_redactions(name: &str, is_dir: bool) -> FileKind {
    let is_month = |stem: &str| format!("{stem}-01").parse::<Date>().is_ok_and(|day| day.to_string().starts_with(stem));
    let is_ours = !is_dir && name.strip_suffix(".jsonl").is_some_and(is_month);
    if is_ours { FileKind::Passed } else { FileKind::Foreign }
}

/// Readings of limits: `<agent>[@account]-<window>.jsonl`. A line that cannot be understood is skipped by readers.
fn of_limits(name: &str, is_dir: bool) -> FileKind {
    let is_word = |word: &str| {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !word.is_empty() && word.chars().all(is_plain)
    };
    let parts = name.strip_suffix(".jsonl").and_then(|stem| stem.split_once('-'));
    let is_ours = parts.is_some_and(|(whose, window)| {
        let (agent, account) = whose.split_once('@').map_or((whose, None), |(agent, account)| (agent, Some(account)));
        is_word(agent) && account.is_none_or(is_word) && is_word(window)
    });
    if is_ours && !is_dir { FileKind::Passed } else { FileKind::Foreign }
}

/// The version of a file that a newer program wrote.
fn newer(bytes: &[u8], kind: &FileKind) -> Option<String> {
    let patch = Patch::of(bytes).ok()?;
    match kind {
        FileKind::Record(_) | FileKind::Archived => {
            let version = patch.newer_version(SCHEMA_VERSION).ok()??;
            Some(format!("its schema_version is {version}; update claude-sessions"))
        }
        FileKind::Seat(_) => {
            let version = patch.newer_version(SEAT_VERSION).ok()??;
            Some(format!("its schema_version is {version}; update claude-sessions"))
        }
        FileKind::Config => {
            let version = config::newer_version(&patch)?;
            Some(format!("its version is {version}; update claude-sessions"))
        }
        _ => None,
    }
}

/// Checks that the bytes are valid content for this path; the error says why not.
fn check_content(path: &Path, kind: &FileKind, bytes: &[u8]) -> std::result::Result<(), String> {
    match kind {
        FileKind::Record(_) | FileKind::Archived => check_times(&super::parse(path, bytes).map_err(reason_of)?),
        FileKind::Config => config(path, bytes),
        FileKind::Notified | FileKind::Machine | FileKind::Kept | FileKind::Message | FileKind::Leases => {
            as_json::<serde_json::Map<String, serde_json::Value>>(bytes).map(drop)
        }
        FileKind::Project(slug) => {
            let state: ProjectState = as_json(bytes)?;
            check_name("project", &state.project_slug, slug.as_str())
        }
        FileKind::Context(_) => as_json::<Context>(bytes).map(drop),
        FileKind::Live(uuid) | FileKind::Ended(uuid) => {
            let live = Live::read(bytes).ok_or("it is not the file of a conversation")?;
            check_name("conversation", &live.claude_session_id, uuid.as_str())
        }
        FileKind::Seat(id) => check_name("agent", &as_json::<SeatHead>(bytes)?.agent_id, id.as_str()),
        FileKind::Reading(uuid) => {
            let reading: Reading = as_json(bytes)?;
            check_name("conversation", &reading.claude_session_id, uuid.as_str())
        }
        FileKind::Spent => as_json::<Day>(bytes).map(drop),
        FileKind::Usage => as_json::<Usage>(bytes).map(drop),
        FileKind::UsedOn => as_json::<Days>(bytes).map(drop),
        FileKind::Index => {
            let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
            index::parse(text).map(drop).ok_or_else(|| "it is incomplete; it will be rebuilt".into())
        }
        FileKind::Plain | FileKind::Passed | FileKind::Foreign => Ok(()),
    }
}

/// Checks the times: a session without a valid start or end matches no time range, and is never closed or archived.
fn check_times(record: &Session) -> std::result::Result<(), String> {
    let always = [("started_at", &record.started_at), ("last_heartbeat", &record.last_heartbeat)];
    let ended = record.ended_at.iter().map(|at| ("ended_at", at));
    match always.into_iter().chain(ended).find(|(_, at)| clock::parse(at).is_none()) {
        Some((name, at)) => Err(format!("its {name} is not a time: {:?}", validate::cut(at, 40))),
        None => Ok(()),
    }
}

/// Reports the first setting that cannot be parsed.
fn config(path: &Path, bytes: &[u8]) -> std::result::Result<(), String> {
    Config::read(path, bytes).troubles.into_iter().next().map_or(Ok(()), |trouble| Err(reason_of(trouble.error)))
}

fn as_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> std::result::Result<T, String> {
    if bytes.is_empty() {
        return Err("it is empty".into());
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Checks that two names agree; an empty one always does.
fn check_name(what: &str, inside: &str, outside: &str) -> std::result::Result<(), String> {
    if inside.is_empty() || inside == outside { Ok(()) } else { Err(format!("it contains the {what} {inside:?}")) }
}

/// The reason alone: the path is shown beside it.
fn reason_of(error: Error) -> String {
    match error {
        Error::Corrupt { reason, .. } => reason,
        other => other.to_string(),
    }
}
