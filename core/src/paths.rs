//! Owns the layout of the data directory: the only module that joins names to it.
//! Deliberately absent: disk access, except to check whether the data directory is a link.

mod plain;

use crate::clock::Date;
use crate::error::{Error, Result};
use crate::id::{SeatId, SessionId, Slug, Uuid};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The data directory.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// A data directory at a given place.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Home(root.into())
    }

    /// The data directory that [`named_home`] returns. If that is a symbolic link, which is the user's choice, it is
    /// resolved here once, so that none of our directories is a link.
    pub fn from_env() -> Result<Self> {
        let named = named_home()?;
        Ok(Home(if named.is_symlink() { named.canonicalize().unwrap_or(named) } else { named }))
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.0
    }
    /// Registered projects and settings.
    pub fn config(&self) -> PathBuf {
        self.0.join("config.json")
    }
    /// The records.
    pub fn sessions(&self) -> PathBuf {
        self.0.join("sessions")
    }
    /// One record.
    pub fn session(&self, id: &SessionId) -> PathBuf {
        self.0.join(format!("sessions/{id}.json"))
    }
    /// The archived records.
    pub fn archive(&self) -> PathBuf {
        self.0.join("sessions/archive")
    }
    /// One archived record.
    pub fn archived(&self, id: &SessionId) -> PathBuf {
        self.0.join(format!("sessions/archive/{id}.json"))
    }
    /// Notes of hooks about sessions that are not in the records yet.
    pub fn spool_dir(&self) -> PathBuf {
        self.0.join("spool")
    }
    /// Notes of hooks about one session.
    pub fn spool(&self, id: &SessionId) -> PathBuf {
        self.0.join(format!("spool/{id}.jsonl"))
    }
    /// Notes of `cs-heartbeat` about a conversation whose session it does not know.
    pub fn unassigned(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("spool/{uuid}.jsonl"))
    }
    /// Notes that are being folded into the record.
    pub fn folding(&self, id: &SessionId) -> PathBuf {
        self.0.join(format!("spool/{id}.folding"))
    }
    /// The cache of all records.
    pub fn index(&self) -> PathBuf {
        self.0.join("sessions/_index.json")
    }
    /// Lists records that were changed since the index was stored.
    pub fn index_pending(&self) -> PathBuf {
        self.0.join("sessions/_index.pending")
    }
    /// The entries of [`Home::index_pending`] that are being stored.
    pub fn index_folding(&self) -> PathBuf {
        self.0.join("sessions/_index.folding")
    }
    /// Marks that the index missed a change and must be rebuilt.
    pub fn index_stale(&self) -> PathBuf {
        self.0.join("sessions/_index.stale")
    }
    /// The directories whose files are checked one by one.
    pub fn dirs(&self) -> [PathBuf; 21] {
        [
            self.sessions(),
            self.archive(),
            self.projects_dir(),
            self.context_dir(),
            self.live_dir(),
            self.ended_dir(),
            self.statusline_dir(),
            self.notify_dir(),
            self.next_dir(),
            self.chat_dir(),
            self.usage_dir(),
            self.spool_dir(),
            self.seats_dir(),
            self.inboxes_dir(),
            self.leases_dir(),
            self.audit_dir(),
            self.audit_pending(),
            self.marks_dir(),
            self.redactions_dir(),
            self.limits_dir(),
            self.sync_dir(),
        ]
    }
    /// The directories of a seat's messages: the inbox itself, those of [`INBOX_DIRS`].
    pub fn inbox_dirs(&self, id: &SeatId) -> impl Iterator<Item = PathBuf> {
        let inbox = self.inbox(id);
        let inside = INBOX_DIRS.map(|name| inbox.join(name));
        std::iter::once(inbox).chain(inside)
    }
    /// The state of one project.
    pub fn project(&self, slug: &Slug) -> PathBuf {
        self.0.join(format!("projects/{slug}.json"))
    }
    /// The context for a new conversation in the project.
    pub fn context(&self, slug: &Slug) -> PathBuf {
        self.0.join(format!("context/{slug}.json"))
    }
    /// The states of projects.
    pub fn projects_dir(&self) -> PathBuf {
        self.0.join("projects")
    }
    /// The contexts for new conversations.
    pub fn context_dir(&self) -> PathBuf {
        self.0.join("context")
    }
    /// Damaged files that were set aside, each with a note.
    pub fn quarantine(&self) -> PathBuf {
        self.0.join("quarantine")
    }
    /// The logs of hooks and jobs.
    pub fn logs_dir(&self) -> PathBuf {
        self.0.join("logs")
    }
    /// The key of placeholders.
    pub fn redact_key(&self) -> PathBuf {
        self.0.join("redact.key")
    }
    /// The user's own rules for what is redacted.
    pub fn redact_rules(&self) -> PathBuf {
        self.0.join("redact.toml")
    }
    /// Running conversations.
    pub fn live_dir(&self) -> PathBuf {
        self.0.join("live")
    }
    /// One running conversation.
    pub fn live(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("live/{uuid}.json"))
    }
    /// Marks that the file of a running conversation may have missed an event.
    pub fn live_missed(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("live/{uuid}.missed"))
    }
    /// Held by a client that was started to continue the conversation.
    pub fn open_lock(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("live/{uuid}.open.lock"))
    }
    /// Conversations that ended.
    pub fn ended_dir(&self) -> PathBuf {
        self.0.join("ended")
    }
    /// One conversation that ended.
    pub fn ended(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("ended/{uuid}.json"))
    }
    /// The last figures of status lines.
    pub fn statusline_dir(&self) -> PathBuf {
        self.0.join("statusline")
    }
    /// The last figures that the status line of a conversation received.
    pub fn reading(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("statusline/{uuid}.json"))
    }
    /// The cost of each conversation on one local day, `YYYY-MM-DD`.
    pub fn spent_on(&self, day: &Date) -> PathBuf {
        self.0.join(format!("statusline/{day}.json"))
    }
    /// The notifications that were sent, with their times.
    pub fn notify_state(&self) -> PathBuf {
        self.0.join("notify_state.json")
    }
    /// The locks of the processes that wait until a notice is due.
    pub fn notify_dir(&self) -> PathBuf {
        self.0.join("notify")
    }
    /// Locked as long as such a process watches the conversation.
    pub fn watch_lock(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("notify/{uuid}.lock"))
    }
    /// The usage of conversations, and the cache for reading it.
    pub fn usage_dir(&self) -> PathBuf {
        self.0.join("usage")
    }
    /// The usage of one conversation.
    pub fn usage(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("usage/{uuid}.json"))
    }
    /// The cache of the agents' logs, in parts.
    pub fn usage_cache(&self, part: u8) -> PathBuf {
        self.0.join(format!("usage/cache/{part:02x}.calls"))
    }
    /// The cache of the count over all logs of some folders.
    pub fn usage_answer(&self, folders: u8) -> PathBuf {
        self.0.join(format!("usage/cache/answer-{folders}"))
    }
    /// The cache of the usage of all conversations.
    pub fn usage_summaries(&self) -> PathBuf {
        self.0.join("usage/cache/summaries")
    }
    /// The directory of that cache.
    pub fn usage_cache_dir(&self) -> PathBuf {
        self.0.join("usage/cache")
    }
    /// The usage of each day.
    pub fn usage_days(&self) -> PathBuf {
        self.0.join("usage/days.json")
    }
    /// When the summaries were last written.
    pub fn usage_keep(&self) -> PathBuf {
        self.0.join("usage/keep.json")
    }
    /// The log of the hooks' failures.
    pub fn hook_log(&self) -> PathBuf {
        self.0.join("logs/hook.log")
    }
    /// The changes that a dashboard refused.
    pub fn serve_log(&self) -> PathBuf {
        self.0.join("logs/serve.log")
    }
    /// The output of a scheduled job, if the scheduler does not keep it.
    pub fn job_log(&self, job: &str) -> PathBuf {
        self.0.join(format!("logs/{job}.log"))
    }
    /// The files of running dashboards that have a key.
    pub fn serve_dir(&self) -> PathBuf {
        self.0.join("serve")
    }
    /// The key of the dashboard on a port.
    pub fn serve_key(&self, port: u16) -> PathBuf {
        self.0.join(format!("serve/{port}.key"))
    }
    /// Locked as long as that dashboard runs.
    pub fn serve_lock(&self, port: u16) -> PathBuf {
        self.0.join(format!("serve/{port}.lock"))
    }
    /// A code that lets one tab of a browser in, once.
    pub fn serve_code(&self, port: u16, name: &str) -> PathBuf {
        self.0.join(format!("serve/{port}-{name}.code"))
    }
    /// A page that opens the dashboard in a browser with such a code.
    pub fn serve_page(&self, port: u16) -> PathBuf {
        self.0.join(format!("serve/{port}.html"))
    }
    /// The seats of agents.
    pub fn seats_dir(&self) -> PathBuf {
        self.0.join("agents")
    }
    /// One seat.
    pub fn seat(&self, id: &SeatId) -> PathBuf {
        self.0.join(format!("agents/{id}.json"))
    }
    /// How the client of a seat is started, until it is.
    pub fn seat_launch(&self, id: &SeatId) -> PathBuf {
        self.0.join(format!("agents/{id}.launch"))
    }
    /// Held while the client of a seat is replaced by another one.
    pub fn launch_lock(&self, id: &SeatId) -> PathBuf {
        self.0.join(format!("agents/{id}.launch.lock"))
    }
    /// Held while the limits for a new seat are checked and the seat is made.
    pub fn spawn_lock(&self) -> PathBuf {
        self.0.join("agents/spawn.lock")
    }
    /// The hooks that the conversations of seats get, for Claude Code's `--settings`.
    pub fn seat_settings(&self) -> PathBuf {
        self.0.join("agents/claude-settings.json")
    }
    /// The messages of all seats.
    pub fn inboxes_dir(&self) -> PathBuf {
        self.0.join(INBOX)
    }
    /// The messages of a seat, in subdirectories, and the files of their queue.
    pub fn inbox(&self, id: &SeatId) -> PathBuf {
        self.0.join(format!("{INBOX}/{id}"))
    }
    /// The leases of all projects.
    pub fn leases_dir(&self) -> PathBuf {
        self.0.join("leases")
    }
    /// The leases of a project.
    pub fn leases(&self, slug: &Slug) -> PathBuf {
        self.0.join(format!("leases/{slug}.json"))
    }
    /// `audit`: the log of what tools did.
    pub fn audit_dir(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// `audit/head.json`: its last line.
    pub fn audit_head(&self) -> PathBuf {
        self.audit_dir().join("head.json")
    }

    /// `audit/pending`: lines that could not be appended in time.
    pub fn audit_pending(&self) -> PathBuf {
        self.audit_dir().join("pending")
    }

    /// `audit/.lock`: held by whoever appends.
    pub fn audit_lock(&self) -> PathBuf {
        self.audit_dir().join(".lock")
    }

    /// `marks`: what people say about conversations.
    pub fn marks_dir(&self) -> PathBuf {
        self.0.join("marks")
    }

    /// What people say about one conversation.
    pub fn marks(&self, uuid: &Uuid) -> PathBuf {
        self.marks_dir().join(format!("{uuid}.jsonl"))
    }

    /// `kept`: copies of conversations.
    pub fn kept_dir(&self) -> PathBuf {
        self.0.join("kept")
    }

    /// `kept/.lock`: held by whoever changes the copies.
    pub fn kept_lock(&self) -> PathBuf {
        self.kept_dir().join(".lock")
    }

    /// `kept/index.jsonl`: what the manifests say, as long as nothing is being changed.
    pub fn kept_index(&self) -> PathBuf {
        self.kept_dir().join("index.jsonl")
    }

    /// `kept/ledger.jsonl`: what happened to the copies.
    pub fn kept_ledger(&self) -> PathBuf {
        self.kept_dir().join("ledger.jsonl")
    }

    /// The copies of an agent's conversations.
    pub fn kept_of(&self, agent: &str) -> PathBuf {
        self.kept_dir().join(agent)
    }

    /// The copies of one conversation.
    pub fn kept(&self, agent: &str, uuid: &Uuid) -> PathBuf {
        self.kept_dir().join(format!("{agent}/{uuid}"))
    }

    /// What is known of them.
    pub fn kept_manifest(&self, agent: &str, uuid: &Uuid) -> PathBuf {
        self.kept(agent, uuid).join("manifest.json")
    }

    /// `redactions`: what was replaced in what was given out.
    pub fn redactions_dir(&self) -> PathBuf {
        self.0.join("redactions")
    }

    /// What was replaced in a month, `YYYY-MM`.
    pub fn redactions(&self, month: &str) -> PathBuf {
        self.redactions_dir().join(format!("{month}.jsonl"))
    }

    /// `limits`: what clients say about the limits of their accounts.
    pub fn limits_dir(&self) -> PathBuf {
        self.0.join("limits")
    }

    /// The readings of a limit, by its name.
    pub fn limit(&self, name: &str) -> PathBuf {
        self.limits_dir().join(Home::limit_name(name))
    }

    /// The name of this file in its directory.
    pub fn limit_name(name: &str) -> String {
        format!("{name}.jsonl")
    }

    /// Held by whoever appends to it.
    pub fn redactions_lock(&self) -> PathBuf {
        self.redactions_dir().join(".lock")
    }

    /// The id and the label of this machine.
    pub fn machine(&self) -> PathBuf {
        self.0.join("machine.json")
    }

    /// `sync`: what was sent to other places.
    pub fn sync_dir(&self) -> PathBuf {
        self.0.join("sync")
    }

    /// What must not be sent.
    pub fn sync_forgotten(&self) -> PathBuf {
        self.sync_dir().join("forgotten.jsonl")
    }

    /// Which files of rules were in force at the last run.
    pub fn sync_rules(&self) -> PathBuf {
        self.sync_dir().join("rules.json")
    }

    /// How many marks each conversation had at the last run.
    pub fn sync_marked(&self) -> PathBuf {
        self.sync_dir().join("marked.json")
    }

    /// How the last run ended.
    pub fn sync_last(&self) -> PathBuf {
        self.sync_dir().join("last.json")
    }

    /// `next`: what conversations without a seat are told at their next prompts.
    pub fn next_dir(&self) -> PathBuf {
        self.0.join("next")
    }

    /// What a conversation is told at its next prompt.
    pub fn next(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("next/{uuid}.txt"))
    }

    /// The sign that a conversation ended before it was told that.
    pub fn untold(&self, uuid: &Uuid) -> PathBuf {
        self.0.join(format!("next/{uuid}.untold"))
    }

    /// `chat`: what is remembered of chats.
    pub fn chat_dir(&self) -> PathBuf {
        self.0.join("chat")
    }

    /// The lock that belongs to a file: the same name with `.lock` for `.json`.
    pub fn lock_of(file: &Path) -> PathBuf {
        file.with_extension("lock")
    }
}

/// The path of the data directory: `CS_HOME`, else `$CLAUDE_CONFIG_DIR/dashboard`, else `~/.claude/dashboard`.
pub fn named_home() -> Result<PathBuf> {
    let named = set("CS_HOME").map_or_else(|| Ok(claude_dir()?.join("dashboard")), |home| Ok(PathBuf::from(home)))?;
    // Without a trailing slash, after which a link would not count as one.
    Ok(named.components().collect())
}

/// The directories of ours that contain a file of the data directory, the outer one first; for a file at its top, the
/// data directory itself.
pub fn dirs_of(file: &Path) -> impl Iterator<Item = &Path> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    let above = |n| dir.and_then(|dir| dir.ancestors().nth(n));
    let depth = dir.map_or(0, depth);
    let outer = [above(2).filter(|_| depth > 2), above(1).filter(|_| depth > 1)];
    outer.into_iter().flatten().chain(dir)
}

/// How many directories inside each other lead from the data directory to this one of ours.
fn depth(dir: &Path) -> usize {
    // Every access to a file asks this, so the path is taken apart only once.
    let mut names = dir.iter().rev().map(|name| name.to_str().unwrap_or_default());
    let mut next = || names.next().unwrap_or_default();
    let (own, outer, above) = (next(), next(), next());
    let is_inbox = |name: &str, outer: &str| outer == INBOX && SeatId::parse(name).is_ok();
    if above == KEPT || is_inbox(outer, above) {
        return 3;
    }
    let is_nested = outer == KEPT || is_inbox(own, outer) || NESTED.contains(&(outer, own));
    if is_nested { 2 } else { 1 }
}

/// Directories inside another one of ours.
const NESTED: [(&str, &str); 3] = [("sessions", "archive"), ("usage", "cache"), ("audit", "pending")];
/// The files of `chat/`, which `libs/chat` owns.
pub const CHAT_FILES: [&str; 5] = ["offset.json", "state.json", "threads.json", "notices.json", "mirrored.json"];
/// The directories of an inbox: messages that wait, were delivered, were read, failed, how far each has come, and files
/// that they name.
pub const INBOX_DIRS: [&str; 6] = ["new", "cur", "read", "failed", "way", "files"];
/// The directory that has one of its own for each agent, with one for each conversation.
const KEPT: &str = "kept";
/// The directory that has one of its own for each seat.
const INBOX: &str = "inbox";

/// A path in a variable: a `~` at the beginning is `HOME`, even if no shell has expanded it.
pub fn expand(path: &str) -> PathBuf {
    match (path.strip_prefix('~'), set("HOME")) {
        (Some(""), Some(home)) => PathBuf::from(home),
        (Some(rest), Some(home)) if rest.starts_with('/') => PathBuf::from(home).join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

/// Claude Code's own directory: the first of `$CLAUDE_CONFIG_DIR`, else `~/.claude`.
pub fn claude_dir() -> Result<PathBuf> {
    if let Some(dir) = set("CLAUDE_CONFIG_DIR") {
        let text = dir.to_string_lossy();
        let first = text.split(',').map(str::trim).find(|part| !part.is_empty());
        if let Some(first) = first {
            return Ok(expand(first));
        }
    }
    match set("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".claude")),
        None => Err(Error::Invalid("neither CS_HOME nor HOME is set; set CS_HOME to the data directory".into())),
    }
}

fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_of_ours_above_a_file_is_known() {
        fn dirs(file: &str) -> Vec<String> {
            dirs_of(Path::new(file)).map(|dir| dir.to_string_lossy().into_owned()).collect()
        }
        let inbox = "/d/inbox/agent_20261129T1134_1f0c";
        assert_eq!(dirs("/d/config.json"), ["/d"]);
        assert_eq!(dirs("/d/agents/x.json"), ["/d/agents"]);
        assert_eq!(dirs("/d/sessions/archive/x.json"), ["/d/sessions", "/d/sessions/archive"]);
        assert_eq!(dirs(&format!("{inbox}/seq")), ["/d/inbox", inbox]);
        let new = format!("{inbox}/new");
        assert_eq!(dirs(&format!("{new}/m000001.json")), ["/d/inbox", inbox, &new]);
        let kept = ["/d/kept", "/d/kept/codex", "/d/kept/codex/x"];
        assert_eq!(dirs("/d/kept/codex/x/manifest.json"), kept);
        assert_eq!(dirs("/d/inbox/elsewhere/x.json"), ["/d/inbox/elsewhere"]);
    }
}
