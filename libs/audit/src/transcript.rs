//! Owns finding the transcripts of a conversation: those that its hooks named, else those in the clients' folders. Must stay
//! true: the folders are searched once, at most [`MOST`] bytes are read to explain calls of the log, and nothing is written.
//! Only [`from_transcripts`] reads all that may have an answer.

use crate::call::Call;
use crate::filter::Filter;
use crate::meta;
use crate::told::Told;
use agents::Agent;
use agents::logs::{Log, Roots};
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::store::Store;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Maximum number of bytes of transcripts that are read to find out how calls ended.
const MOST: u64 = 256 * 1024 * 1024;

/// A call that has just been made is looked for in so many bytes at the end of a transcript before all of it is read.
const TAIL: u64 = 4 * 1024 * 1024;

/// What the transcripts of conversations say, each read at most once.
pub struct Transcripts<'s> {
    store: &'s Store,
    found: OnceCell<Vec<Log>>,
    told: RefCell<HashMap<String, Rc<Told>>>,
    /// What the ends of long transcripts say.
    ends: RefCell<HashMap<PathBuf, Rc<Told>>>,
    left: Cell<u64>,
}

impl<'s> Transcripts<'s> {
    /// Nothing is read yet.
    pub fn of(store: &'s Store) -> Self {
        Transcripts {
            store,
            found: OnceCell::new(),
            told: RefCell::default(),
            ends: RefCell::default(),
            left: Cell::new(MOST),
        }
    }

    /// What the transcripts of a call's conversation say, and those of the call's subagent.
    pub fn about(&self, call: &Call) -> Option<Rc<Told>> {
        let uuid = call.claude_session_id.as_deref()?;
        let agent = agent_of(call);
        let told = self.conversation(uuid, agent)?;
        let subagent = call.agent_id.iter().filter(|id| !told.has_agent(id)).cloned().collect::<Vec<_>>();
        Some(if subagent.is_empty() { told } else { self.with_subagents(uuid, told, agent, &subagent) })
    }

    /// What is said about how a call ended: by the end of a long transcript if it has the call, else by all of it.
    pub(crate) fn about_end(&self, call: &Call) -> Option<Rc<Told>> {
        let (uuid, id) = (call.claude_session_id.as_deref()?, call.tool_use_id.as_deref()?);
        let is_read = self.told.borrow().contains_key(uuid);
        let is_main = call.agent_id.is_none() && !is_read;
        let end = is_main.then(|| self.end(&Uuid::parse(uuid).ok()?, agent_of(call))).flatten();
        end.filter(|told| told.call(id).is_some()).or_else(|| self.about(call))
    }

    /// What a call that began a subagent is for, which the log does not say.
    pub fn purpose(&self, call: &Call) -> Option<String> {
        let is_start = call.subject().is_empty() && matches!(call.tool.as_str(), "Agent" | "Task");
        let told = is_start.then(|| self.about_end(call)).flatten()?;
        told.call(call.tool_use_id.as_deref()?)?.purpose.clone()
    }

    fn end(&self, uuid: &Uuid, agent: Agent) -> Option<Rc<Told>> {
        let path = self.main(uuid, agent, self.live(uuid).as_ref())?;
        if let Some(told) = self.ends.borrow().get(&path) {
            return Some(Rc::clone(told));
        }
        let skipped = std::fs::metadata(&path).ok()?.len().checked_sub(TAIL).filter(|skipped| *skipped > 0)?;
        let mut told = Told::default();
        told.read_from(&path, skipped, agent, None);
        let told = Rc::new(told);
        self.ends.borrow_mut().insert(path, Rc::clone(&told));
        Some(told)
    }

    /// What the transcript of a conversation says; `None` if it is no conversation's id. If there is no transcript, nothing
    /// is said.
    pub fn conversation(&self, uuid: &str, agent: Agent) -> Option<Rc<Told>> {
        if let Some(told) = self.told.borrow().get(uuid) {
            return Some(Rc::clone(told));
        }
        let id = Uuid::parse(uuid).ok()?;
        let live = self.live(&id);
        let mut told = Told::default();
        // The conversation's file may be gone; what is configured is true of all others.
        let may_show = self.store.config().hooks.capture_prompts;
        told.may_show_prompts = may_show && live.as_ref().is_none_or(|live| live.capture);
        if let Some(path) = self.main(&id, agent, live.as_ref()).filter(|path| self.may_read(path)) {
            told.read(&path, agent, None);
            told.path = Some(path);
        }
        let told = Rc::new(told);
        self.told.borrow_mut().insert(uuid.to_string(), Rc::clone(&told));
        Some(told)
    }

    /// The same with everything that its subagents' transcripts say.
    pub fn whole(&self, uuid: &str, agent: Agent) -> Option<Rc<Told>> {
        let told = self.conversation(uuid, agent)?;
        let folder = told.path.as_deref().map(subagents).unwrap_or_default();
        let ids: HashSet<String> =
            folder.into_iter().map(|(id, _)| id).chain(told.started().map(str::to_string)).collect();
        let ids: Vec<String> = ids.into_iter().filter(|id| !told.has_agent(id)).collect();
        Some(self.with_subagents(uuid, told, agent, &ids))
    }

    /// The same with what the transcripts of these subagents say.
    fn with_subagents(&self, uuid: &str, told: Rc<Told>, agent: Agent, ids: &[String]) -> Rc<Told> {
        // It is copied only if somebody else holds it.
        self.told.borrow_mut().remove(uuid);
        let mut told = Rc::unwrap_or_clone(told);
        let beside: HashMap<String, PathBuf> =
            told.path.as_deref().map(subagents).unwrap_or_default().into_iter().collect();
        for id in ids {
            let known = beside.get(id).cloned();
            let path = known.or_else(|| Uuid::parse(id).ok().and_then(|uuid| self.search(&uuid, agent)));
            if let Some(path) = path.filter(|path| self.may_read(path)) {
                told.read(&path, agent, Some(id));
            }
            told.agents_read.insert(id.clone());
        }
        let told = Rc::new(told);
        self.told.borrow_mut().insert(uuid.to_string(), Rc::clone(&told));
        told
    }

    fn live(&self, uuid: &Uuid) -> Option<Live> {
        let known = self.store.live(uuid).ok().flatten();
        known.or_else(|| self.store.ended(uuid).ok().flatten())
    }

    fn main(&self, uuid: &Uuid, agent: Agent, live: Option<&Live>) -> Option<PathBuf> {
        let named = live.and_then(|live| live.transcript_path.as_deref()).map(PathBuf::from);
        let fits = |path: &PathBuf| stem(path).ends_with(uuid.as_str()) && path.is_file();
        named.filter(fits).or_else(|| self.search(uuid, agent))
    }

    fn search(&self, uuid: &Uuid, agent: Agent) -> Option<PathBuf> {
        let logs = self.found.get_or_init(|| Roots::from_env().logs().logs);
        let is_its = |log: &&Log| log.agent == agent && stem(&log.path).ends_with(uuid.as_str());
        logs.iter().find(is_its).map(|log| log.path.clone())
    }

    fn may_read(&self, path: &Path) -> bool {
        let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
        let left = self.left.get().checked_sub(size);
        self.left.set(left.unwrap_or(self.left.get()));
        left.is_some()
    }
}

fn agent_of(call: &Call) -> Agent {
    call.agent.as_deref().and_then(Agent::of_word).unwrap_or(Agent::Claude)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

/// The transcripts of Claude Code's subagents beside that of their conversation: `<uuid>/subagents/agent-<id>.jsonl`.
pub fn subagents(main: &Path) -> Vec<(String, PathBuf)> {
    let folder = main.with_extension("").join("subagents");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let named = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.strip_prefix("agent-")?.strip_suffix(".jsonl")?.to_string();
        Some((name, path))
    };
    let mut found: Vec<(String, PathBuf)> = entries.filter_map(named).collect();
    found.sort_unstable();
    found
}

/// The calls in all transcripts that fit, newest first: what happened where there was no log. Calls that the log has, by
/// `is_logged`, are left out. Their verdicts are those of the rules as they are now.
pub fn from_transcripts(
    store: &Store,
    filter: &Filter,
    rules: &rules::Rules,
    is_logged: &dyn Fn(&Call) -> bool,
) -> Vec<Call> {
    let config = store.config();
    let mut projects: HashMap<String, Option<String>> = HashMap::new();
    let mut found: Vec<Call> = Vec::new();
    let since = filter.range.since.and_then(|at| at.timestamp_nanos_opt()).unwrap_or(i64::MIN);
    for log in Roots::from_env().logs().logs.into_iter().filter(|log| log.identity.modified >= since) {
        let mut told = Told::default();
        told.read(&log.path, log.agent, None);
        let kind = meta::described(&log.path).and_then(|(_, kind)| kind);
        for mut call in told.calls(log.agent, rules) {
            call.agent_type = call.agent_type.take().or_else(|| kind.clone().filter(|_| call.agent_id.is_some()));
            let cwd = call.cwd.clone().unwrap_or_default();
            let slug = projects.entry(cwd).or_insert_with_key(|cwd| {
                let root = cs_core::git::find(Path::new(cwd)).map(|found| found.main_root.display().to_string());
                config.slug_of(root.as_deref().unwrap_or(cwd)).map(str::to_string)
            });
            call.project.clone_from(slug);
            if filter.fits(&call) && filter.fits_outcome(&call) && !is_logged(&call) {
                found.push(call);
            }
        }
        if let Some(limit) = filter.limit.filter(|limit| found.len() > limit.saturating_mul(2).saturating_add(1000)) {
            keep_newest(&mut found, limit);
        }
    }
    keep_newest(&mut found, filter.limit.unwrap_or(usize::MAX));
    found
}

/// Keeps so many calls, the newest first, each once: a transcript that continues another one begins with its lines.
fn keep_newest(calls: &mut Vec<Call>, most: usize) {
    calls.sort_by(|a, b| b.at.cmp(&a.at));
    let mut seen = HashSet::new();
    calls.retain(|call| call.tool_use_id.clone().is_none_or(|id| seen.insert(id)));
    calls.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_copied_transcripts_take_no_room() {
        let call = |n: u32| Call { at: format!("{n}"), tool_use_id: Some(format!("toolu_{n}")), ..Call::default() };
        let mut calls: Vec<Call> = [1, 3, 2, 3, 2, 1].map(call).into();
        keep_newest(&mut calls, 2);
        assert_eq!(calls, [call(3), call(2)]);
    }
}
