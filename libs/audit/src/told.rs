//! Owns what transcripts say about calls: how each ended, the prompt that led to it, which lines it changed, and which
//! subagent it started. Must stay true: texts are masked and cut before anyone sees them; contents of files and answers
//! are not kept.

use crate::call::{Call, Outcome};
use crate::entry::{Entry, Input, Kind as Line};
use crate::fold;
use crate::judged::judge;
use agents::Agent;
use agents::entry::{CallEnd, Change, Context, Entry as Said, Kind, Stop, Thread, Tool, Wanted};
use agents::lines::{self, Piece};
use agents::reader::{Reader, State};
use cs_core::clock;
use cs_core::{open, validate};
use rules::Rules;
use std::collections::{HashMap, HashSet};
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Maximum number of characters of a prompt, and of a purpose.
const TEXT: usize = 200;
/// Maximum number of characters of a prompt that are masked.
const LONG: usize = 4_000;

/// What the transcripts of a conversation say.
#[derive(Clone, Debug, Default)]
pub struct Told {
    calls: HashMap<String, ToldCall>,
    /// In the order in which they were told.
    order: Vec<String>,
    /// When each came, and its text.
    prompts: Vec<(Option<i64>, String)>,
    /// The transcript of the conversation itself.
    pub(crate) path: Option<PathBuf>,
    /// The subagents whose transcripts were looked for.
    pub(crate) agents_read: HashSet<String>,
    /// Whether the conversation's texts may be shown.
    pub(crate) may_show_prompts: bool,
    /// Calls without an end in the running turn of each thread.
    open: HashMap<Option<String>, Vec<String>>,
    cwd: Option<String>,
    conversation: String,
}

/// A call, as transcripts tell it.
#[derive(Clone, Debug, Default)]
pub struct ToldCall {
    /// When it was made, in milliseconds since the epoch.
    pub at: Option<i64>,
    /// The tool.
    pub tool: String,
    /// The files that it names.
    pub files: Vec<String>,
    /// What the agent says that it is for, masked.
    pub purpose: Option<String>,
    /// The type of the subagent that it starts.
    pub agent_type: Option<String>,
    /// The subagent that it started.
    pub started: Option<String>,
    /// What it changed in files.
    pub change: Option<Change>,
    /// How it ended.
    pub end: Option<CallEnd>,
    /// The prompt that led to it: its place among the prompts.
    pub prompt: Option<usize>,
    ended_at: Option<i64>,
    command: Option<String>,
    agent_id: Option<String>,
    conversation: String,
    cwd: Option<String>,
    /// Whether the turn ended after it: with a new prompt, or because a person stopped it.
    is_past: bool,
    is_stopped: bool,
}

impl Told {
    /// What is said about the call with this id.
    pub fn call(&self, id: &str) -> Option<&ToldCall> {
        self.calls.get(id)
    }

    /// The prompt that led to a call, masked and cut; `None` if it may not be shown.
    pub fn prompt(&self, call: &ToldCall) -> Option<&str> {
        let (_, prompt) = self.prompts.get(call.prompt?)?;
        Some(prompt.as_str()).filter(|text| self.may_show_prompts && !text.is_empty())
    }

    /// How a call ended; `None` if the transcript does not have it. Without a result it is `Running` if its turn goes on
    /// for all that the transcript says.
    pub fn outcome(&self, id: &str) -> Option<Outcome> {
        let call = self.calls.get(id)?;
        Some(match call.end {
            Some(end) => outcome_of(end),
            None if call.is_stopped => Outcome::Interrupted,
            None if call.is_past => Outcome::Unknown,
            None => Outcome::Running,
        })
    }

    /// Whether the transcript of a subagent was looked for.
    pub(crate) fn has_agent(&self, id: &str) -> bool {
        self.agents_read.contains(id)
    }

    /// The subagents that calls started.
    pub(crate) fn started(&self) -> impl Iterator<Item = &str> {
        self.order.iter().filter_map(|id| self.calls.get(id)?.started.as_deref())
    }

    /// The calls of each subagent.
    pub(crate) fn calls_by_agent(&self) -> HashMap<&str, Vec<&ToldCall>> {
        let mut found: HashMap<&str, Vec<&ToldCall>> = HashMap::new();
        for call in self.calls.values() {
            call.agent_id().into_iter().for_each(|id| found.entry(id).or_default().push(call));
        }
        found
    }

    /// The call that started each subagent.
    pub(crate) fn starts(&self) -> HashMap<&str, &ToldCall> {
        self.calls.values().filter_map(|call| Some((call.started.as_deref()?, call))).collect()
    }

    /// All calls, as the log would have them.
    pub fn calls(&self, agent: Agent, rules: &Rules) -> impl Iterator<Item = Call> {
        self.order.iter().filter_map(move |id| Some(self.calls.get(id)?.logged(id, agent, rules)))
    }

    /// Reads a transcript, as far as it can be read; `of` is the subagent whose it is.
    pub(crate) fn read(&mut self, path: &Path, agent: Agent, of: Option<&str>) {
        self.read_from(path, 0, agent, of);
    }

    /// The same without its first bytes; what is left of the line that they end in is no line.
    pub(crate) fn read_from(&mut self, path: &Path, skipped: u64, agent: Agent, of: Option<&str>) {
        let Ok(mut file) = open::foreign(path) else { return };
        if file.seek(SeekFrom::Start(skipped)).is_err() {
            return;
        }
        let mut reader = Reader::new(State::new(agent), Wanted::All);
        let mut number = 0;
        let _ = lines::read(file, |piece| {
            number += 1;
            if let Piece::Line(line) | Piece::Rest(line) = piece {
                reader.line(line, number, &mut |said| self.add(said, of));
            }
        });
    }

    fn add(&mut self, said: Said, of: Option<&str>) {
        let agent_id = of.map(str::to_string).or_else(|| said.agent_id.as_deref().map(str::to_string));
        let is_main = said.thread == Thread::Main && agent_id.is_none();
        match said.kind {
            Kind::Context(Context { cwd, .. }) => {
                self.cwd = cwd.map(Into::into).or(self.cwd.take());
                if !said.conversation.is_empty() {
                    self.conversation = said.conversation.into_owned();
                }
            }
            Kind::Prompt(text, _) if is_main => {
                self.end_turn(None, false);
                let text: String = text.chars().take(LONG).collect();
                self.prompts.push((said.at, validate::cut(&text, TEXT)));
            }
            Kind::Stop(Stop::Interrupted, _) => self.end_turn(agent_id, true),
            Kind::Call { id, tool, asked } => {
                if id.is_empty() || self.calls.contains_key(id.as_ref()) {
                    return;
                }
                let command = if let Tool::Run(line) = tool { Some(line.into_owned()) } else { None };
                let call = ToldCall {
                    at: said.at,
                    tool: asked.name.into_owned(),
                    files: asked.files.into_iter().map(Into::into).collect(),
                    purpose: asked.purpose.map(|text| validate::cut(&text, TEXT)),
                    agent_type: asked.agent_type.map(Into::into),
                    change: asked.change,
                    prompt: self.prompt_at(said.at, is_main),
                    command,
                    agent_id: agent_id.clone(),
                    conversation: self.conversation.clone(),
                    cwd: self.cwd.clone(),
                    ..ToldCall::default()
                };
                self.open.entry(agent_id).or_default().push(id.to_string());
                self.order.push(id.to_string());
                self.calls.insert(id.into_owned(), call);
            }
            Kind::Result { call, end, change, agent_id: started, .. } => {
                let Some(known) = self.calls.get_mut(call.as_ref()) else { return };
                known.started = started.map(Into::into).or(known.started.take());
                known.change = change.or(known.change.take());
                known.ended_at = known.ended_at.or(said.at);
                known.end = known.end.or(Some(end));
            }
            _ => {}
        }
    }

    /// The place of the last prompt. A subagent's transcript is read after the conversation's, so there the time decides.
    fn prompt_at(&self, at: Option<i64>, is_main: bool) -> Option<usize> {
        let before = self.prompts.iter().rposition(|(came, _)| is_main || (came.is_some() && *came <= at));
        before.or(self.prompts.len().checked_sub(1).filter(|_| is_main))
    }

    /// The calls of a thread that have no end will get none.
    fn end_turn(&mut self, thread: Option<String>, is_stopped: bool) {
        for id in self.open.remove(&thread).unwrap_or_default() {
            if let Some(call) = self.calls.get_mut(&id) {
                call.is_past = true;
                call.is_stopped = is_stopped;
            }
        }
    }
}

impl ToldCall {
    /// The subagent that made it.
    pub fn agent_id(&self) -> Option<&str> {
        self.agent_id.as_deref()
    }

    /// When it ended, in milliseconds since the epoch.
    pub fn ended_at(&self) -> Option<i64> {
        self.ended_at
    }

    fn logged(&self, id: &str, agent: Agent, rules: &Rules) -> Call {
        let paths: Vec<&str> = self.files.iter().map(String::as_str).collect();
        let verdicts = judge(&rules::Call { command: self.command.as_deref(), paths, ..Default::default() }, rules);
        let input = Input { command: self.command.clone(), ..Input::of_files(self.files.clone()) };
        let entry = Entry {
            kind: Line::Attempt,
            at: self.at.and_then(clock::from_millis).map(clock::stamp).unwrap_or_default(),
            claude_session_id: Some(self.conversation.clone()).filter(|uuid| !uuid.is_empty()),
            agent: Some(agent.word().to_string()),
            agent_id: self.agent_id.clone(),
            tool_use_id: Some(id.to_string()),
            tool: Some(self.tool.clone()),
            target: self.files.first().cloned(),
            input: Some(input),
            cwd: self.cwd.clone(),
            // An item of the client tells a call and its end at once.
            ms: self
                .ended_at
                .zip(self.at)
                .and_then(|(end, begin)| u64::try_from(end - begin).ok())
                .filter(|ms| *ms > 0 && self.end != Some(CallEnd::Denied)),
            ..Entry::default()
        };
        let outcome = match self.end {
            Some(end) => outcome_of(end),
            None if self.is_stopped => Outcome::Interrupted,
            None => Outcome::Unknown,
        };
        Call { outcome, ..fold::begin(entry.with_verdicts(&verdicts).storable()) }
    }
}

fn outcome_of(end: CallEnd) -> Outcome {
    match end {
        CallEnd::Done => Outcome::Done,
        CallEnd::Failed => Outcome::Failed,
        CallEnd::Denied => Outcome::Denied,
        CallEnd::Interrupted => Outcome::Interrupted,
    }
}
