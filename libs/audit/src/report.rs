//! Owns what a report on calls says: their sums, those that a person should know of, the slowest, files outside of the work
//! tree, large changes, and edits in sensitive projects, each with the prompt that led to it.
//! Must stay true: what is counted comes from the log; prompts and changed lines come from transcripts, so that without one
//! they are missing, not zero; memory grows with files, prompts and transcripts, not with calls.

use crate::call::{Call, Outcome, Sums};
use crate::filter::Filter;
use crate::read::{Step, each_step};
use crate::transcript::Transcripts;
use cs_core::clock::Instant;
use cs_core::error::Result;
use cs_core::git;
use cs_core::store::Store;
use cs_core::validate;
use rules::Kind as Verdict;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Maximum number of calls that are named in a section; all are counted.
const MOST: usize = 200;
/// The verdicts that have sections, in their order.
const VERDICTS: [Verdict; 5] =
    [Verdict::Destructive, Verdict::Sensitive, Verdict::Install, Verdict::Privilege, Verdict::Opaque];
/// Number of the slowest calls.
const SLOWEST: usize = 5;
/// A prompt's changes are large if they are in this many files or more, or remove this many lines or more.
pub const LARGE: (usize, u64) = (10, 100);
/// Maximum number of outside files and of prompts that are kept.
const KEPT: usize = 10_000;

/// A call with the prompt that led to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// The prompt, masked and cut; absent if no transcript tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// Calls that are named, the newest first, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Section {
    /// How many there are.
    pub count: u64,
    /// At most [`MOST`] of them.
    pub calls: Vec<Named>,
}

/// A file outside of the work tree that calls changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outside {
    /// The file.
    pub path: String,
    /// How many calls changed it.
    pub calls: u64,
    /// How many of them have no known end, so that they may not have changed it.
    pub unknown: u64,
    /// When it was changed last; RFC 3339, UTC.
    pub at: String,
    /// The work tree, or the folder in which the conversation worked.
    pub root: String,
    /// The prompt that led to the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// What one prompt changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Large {
    /// When the last change was made; RFC 3339, UTC.
    pub at: String,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<String>,
    /// Number of files.
    pub files: usize,
    /// Number of lines that were removed.
    pub removed: u64,
    /// Number of lines that were added.
    pub added: u64,
    /// The prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// A report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CallReport {
    /// What the calls come to.
    pub sums: Sums,
    /// Calls of which nothing tells how they ended.
    pub unknown: u64,
    /// Calls of subagents.
    pub by_subagents: u64,
    /// Conversations with subagents that made them.
    #[serde(skip)]
    pub with_subagents: BTreeSet<String>,
    /// Destructive calls.
    pub destructive: Section,
    /// Calls that touch secrets.
    pub sensitive: Section,
    /// Calls that install software.
    pub install: Section,
    /// Calls with another user's rights.
    pub privilege: Section,
    /// Calls that do not show what they run.
    pub opaque: Section,
    /// Calls that failed.
    pub failed: Section,
    /// Calls that were not run.
    pub denied: Section,
    /// The slowest calls, the slowest first.
    pub slowest: Vec<Named>,
    /// Files outside of the work tree that were changed.
    pub outside: Vec<Outside>,
    /// Prompts whose changes are large.
    pub large: Vec<Large>,
    /// Edits in sensitive projects.
    pub edits: Section,
}

/// The report on the calls that fit. `sensitive` are the projects in which every edit is named; `indexing` is told each
/// day's log of which an index is made.
pub fn report(
    store: &Store,
    filter: &Filter,
    sensitive: &BTreeSet<String>,
    now: Instant,
    indexing: &mut dyn FnMut(&Path),
) -> Result<CallReport> {
    let transcripts = Transcripts::of(store);
    let mut making = Making {
        transcripts: &transcripts,
        sensitive,
        roots: HashMap::new(),
        real: HashMap::new(),
        report: CallReport::default(),
        outside: BTreeMap::new(),
        prompts: HashMap::new(),
    };
    each_step(store, filter, now, &mut |step| {
        match step {
            Step::Found(call) => making.add(*call),
            Step::Indexing(day) => indexing(day),
        }
        ControlFlow::Continue(())
    })?;
    Ok(making.end())
}

struct Making<'m> {
    transcripts: &'m Transcripts<'m>,
    sensitive: &'m BTreeSet<String>,
    /// The work tree of each folder, and the real path of each file.
    roots: HashMap<String, PathBuf>,
    real: HashMap<PathBuf, PathBuf>,
    report: CallReport,
    outside: BTreeMap<String, Outside>,
    /// What each prompt of a conversation changed, and in which files.
    prompts: HashMap<(String, Option<usize>), (Large, BTreeSet<String>)>,
}

impl Making<'_> {
    fn add(&mut self, call: Call) {
        let is_edit = call.is_edit() && !matches!(call.outcome, Outcome::Denied | Outcome::Failed);
        let is_sensitive = is_edit && call.project.as_ref().is_some_and(|slug| self.sensitive.contains(slug));
        self.report.sums.add(&call);
        self.report.unknown += u64::from(call.outcome == Outcome::Unknown);
        self.note_subagent(&call);
        let verdicts = VERDICTS.map(|verdict| call.has(verdict));
        let ends = [Outcome::Failed, Outcome::Denied].map(|outcome| call.outcome == outcome);
        let is_slow = self.is_slow(&call);
        if !is_edit && !is_slow && !verdicts.contains(&true) && !ends.contains(&true) {
            return;
        }
        let told = self.transcripts.about(&call);
        let known = told.as_ref().zip(call.tool_use_id.as_deref()).and_then(|(told, id)| told.call(id));
        let prompt = told.as_ref().zip(known).and_then(|(told, known)| told.prompt(known)).map(str::to_string);
        if is_edit {
            let files = known.map(|known| known.files.clone()).filter(|files| !files.is_empty());
            let logged = call.input.path.iter().chain(&call.input.paths);
            let files = files.unwrap_or_else(|| logged.cloned().collect());
            self.note_outside(&call, &files, prompt.as_deref());
            if let Some(known) = known {
                self.note_change(&call, known.prompt, known.change, files, prompt.as_deref());
            }
        }
        let named = Named { call, prompt };
        let report = &mut self.report;
        let sections = [
            &mut report.destructive,
            &mut report.sensitive,
            &mut report.install,
            &mut report.privilege,
            &mut report.opaque,
            &mut report.failed,
            &mut report.denied,
            &mut report.edits,
        ];
        let wanted = verdicts.into_iter().chain(ends).chain([is_sensitive]);
        for (section, is_wanted) in sections.into_iter().zip(wanted) {
            if is_wanted {
                section.count += 1;
                if section.calls.len() < MOST {
                    section.calls.push(named.clone());
                }
            }
        }
        if is_slow {
            report.slowest.push(named);
            report.slowest.sort_by_key(|named| std::cmp::Reverse(named.call.ms));
            report.slowest.truncate(SLOWEST);
        }
    }

    fn note_subagent(&mut self, call: &Call) {
        self.report.by_subagents += u64::from(call.agent_id.is_some());
        let known = &mut self.report.with_subagents;
        if let Some(uuid) = call.claude_session_id.as_ref().filter(|_| call.agent_id.is_some() && known.len() < MOST) {
            known.insert(uuid.clone());
        }
    }

    fn is_slow(&self, call: &Call) -> bool {
        let slowest = &self.report.slowest;
        call.ms.is_some()
            && call.outcome != Outcome::Denied
            && (slowest.len() < SLOWEST || slowest.last().is_some_and(|last| call.ms > last.call.ms))
    }

    fn note_outside(&mut self, call: &Call, files: &[String], prompt: Option<&str>) {
        let Some(cwd) = call.cwd.clone() else { return };
        let root = self.roots.entry(cwd.clone()).or_insert_with_key(|cwd| root(cwd)).clone();
        for file in files {
            let path = Path::new(&cwd).join(file);
            let path = self.real.entry(path).or_insert_with_key(|path| git::real(path).unwrap_or_else(|| path.clone()));
            if path.starts_with(&root) || self.outside.len() >= KEPT {
                continue;
            }
            // It may come from a transcript.
            let path = validate::cut(&path.display().to_string(), validate::PATH);
            let known = self.outside.entry(path.clone()).or_insert_with(|| Outside {
                path,
                at: call.at.clone(),
                root: root.display().to_string(),
                prompt: prompt.map(str::to_string),
                calls: 0,
                unknown: 0,
            });
            known.calls += 1;
            known.unknown += u64::from(call.outcome != Outcome::Done);
        }
    }

    fn note_change(
        &mut self,
        call: &Call,
        place: Option<usize>,
        change: Option<agents::entry::Change>,
        files: Vec<String>,
        prompt: Option<&str>,
    ) {
        let key = (call.claude_session_id.clone().unwrap_or_default(), place);
        if self.prompts.len() >= KEPT && !self.prompts.contains_key(&key) {
            return;
        }
        let (large, all) = self.prompts.entry(key).or_insert_with(|| {
            let large = Large {
                at: call.at.clone(),
                claude_session_id: call.claude_session_id.clone(),
                prompt: prompt.map(str::to_string),
                ..Large::default()
            };
            (large, BTreeSet::new())
        });
        let change = change.unwrap_or_default();
        large.removed += change.removed;
        large.added += change.added;
        all.extend(files);
        large.files = all.len();
    }

    fn end(self) -> CallReport {
        let Making { mut report, outside, prompts, .. } = self;
        let (files, lines) = LARGE;
        let is_large = |large: &Large| large.files >= files || large.removed >= lines;
        report.large = prompts.into_values().map(|(large, _)| large).filter(is_large).collect();
        report.large.sort_by(|a, b| (b.removed, b.files, &b.at).cmp(&(a.removed, a.files, &a.at)));
        report.large.truncate(MOST);
        report.outside = outside.into_values().collect();
        report.outside.sort_by(|a, b| (&b.at, &a.path).cmp(&(&a.at, &b.path)));
        report
    }
}

/// The work tree that holds a folder; outside of repositories the folder itself.
fn root(cwd: &str) -> PathBuf {
    let folder = Path::new(cwd);
    let found = git::find(folder).map(|found| found.worktree_root);
    found.or_else(|| git::real(folder)).unwrap_or_else(|| folder.to_path_buf())
}
