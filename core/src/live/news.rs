//! Owns how each event changes what is known of a running conversation. Pure: instants and texts are parameters. Must
//! stay true: every transition may be applied twice, and a late event never undoes a newer one.

use super::{Activity, Continued, Live, Prompt, Question};
use crate::clock::{self, Instant};
use crate::id::fnv1a;

/// Maximum number of subagents of one conversation whose questions are stored.
pub(super) const HELPERS: usize = 16;

impl Live {
    /// Whether a prompt may have been sent. If no hook saw the beginning, this is true.
    pub fn was_asked(&self) -> bool {
        let is_from_its_start = matches!(self.source.as_deref(), Some("startup" | "clear"));
        let is_untouched = self.state == Activity::Idle && self.since == self.started_at;
        !is_from_its_start || !is_untouched || self.prompt_id.is_some() || self.last_message.is_some()
    }

    /// Whether a turn is running, according to the hooks.
    pub fn is_in_turn(&self) -> bool {
        matches!(self.state, Activity::Working | Activity::Waiting)
    }

    /// Whether an end of the conversation would now interrupt a turn or a subagent's question.
    pub fn is_midway(&self) -> bool {
        self.is_in_turn() || !self.questions.is_empty()
    }

    /// Whether the context is being compacted between turns, according to the hooks. Claude Code sends SessionStart
    /// afterwards, Codex sends nothing.
    pub fn compacts(&self) -> bool {
        !self.is_in_turn() && self.last_event == "PreCompact"
    }

    /// Stores the name and the instant of an event.
    pub fn note_event(&mut self, event: &str, at: Instant) {
        self.last_event = event.to_string();
        self.last_event_at = clock::stamp(at);
    }

    pub(super) fn enter(&mut self, state: Activity, at: Instant) {
        if self.state != state {
            self.state = state;
            self.since = clock::stamp(at);
        }
        if state != Activity::Waiting {
            self.waiting_for = None;
            self.waiting_key = None;
        }
    }

    /// The question that the user must answer: the agent's own, otherwise the oldest of its subagents.
    pub fn open_question(&self) -> Option<&str> {
        self.waiting_for.as_deref().or(self.questions.first().map(|question| question.what.as_str()))
    }

    /// A prompt was sent, so a turn runs. A prompt that a person typed clears `requested`.
    pub fn prompted(&mut self, prompt: &Prompt, at: Instant) {
        let prompt_id = prompt.id.map(str::to_string);
        self.queued = prompt.may_queue && self.is_in_turn() && prompt_id.is_some() && prompt_id == self.prompt_id;
        self.since = clock::stamp(at);
        self.enter(Activity::Working, at);
        self.prompt_id = prompt_id;
        let text = prompt.text;
        if !self.fires(text) && prompt.is_typed {
            self.requested = None;
            // The last message answered the previous prompt.
            self.last_message = None;
        }
        self.prompt_mark = Some(fingerprint(text));
        (self.error, self.request_failed) = (None, false);
        self.background_tasks = None;
        self.continued_by = None;
    }

    /// Whether this prompt was reported before: hooks may be registered in two places.
    pub fn was_prompted(&self, prompt_id: &str, text: &str) -> bool {
        let is_same = |mark: &String| *mark == fingerprint(text);
        self.prompt_id.as_deref() == Some(prompt_id) && self.prompt_mark.as_ref().is_none_or(is_same)
    }

    /// Whether the client sends this prompt by itself.
    pub fn fires(&self, text: &str) -> bool {
        !self.own_prompts.is_empty() && self.own_prompts.contains(&fingerprint(text))
    }

    /// The agent asks the user something. `key` names the tool call, if there is one.
    pub fn asked(&mut self, what: &str, key: Option<String>, at: Instant) {
        // Outside a turn, the queued prompt has begun this one.
        self.queued &= self.is_in_turn();
        self.enter(Activity::Waiting, at);
        if self.waiting_for.as_deref() != Some(what) {
            self.since = clock::stamp(at);
        }
        self.waiting_for = Some(what.to_string());
        self.waiting_key = key;
    }

    /// A subagent asks the user something. The main turn continues.
    pub fn helper_asked(&mut self, agent: &str, what: &str, key: Option<String>, at: Instant) {
        self.questions.retain(|question| question.agent != agent);
        let question = Question { agent: agent.into(), what: what.into(), key, at: clock::stamp(at) };
        self.questions.push(question);
        let surplus = self.questions.len().saturating_sub(HELPERS);
        self.questions.drain(..surplus);
    }

    /// A subagent's tool call ended: a question about that call is answered.
    pub fn helper_tool_ended(&mut self, agent: &str, key: &str) {
        self.questions.retain(|question| question.agent != agent || question.key.as_deref() != Some(key));
    }

    /// A tool call ended. It clears the question only if the question was about this call: calls run in parallel, and
    /// their ends may be reported late.
    pub fn tool_ended(&mut self, key: &str, at: Instant) {
        self.went_on(at);
        // No hook reported the prompt of this turn.
        if self.state == Activity::Idle
            && self.prompt_id.is_none()
            && self.last_message.is_none()
            && self.error.is_none()
        {
            self.enter(Activity::Working, at);
        }
        if self.state == Activity::Waiting && self.waiting_key.as_deref() == Some(key) {
            self.enter(Activity::Working, at);
        }
    }

    /// A question without a tool call was answered.
    pub fn answered(&mut self, at: Instant) {
        if self.state == Activity::Waiting {
            self.enter(Activity::Working, at);
        }
    }

    /// A request to the model failed; the turn is over unless the agent tries again.
    pub fn request_failed(&mut self, error: &str, at: Instant) {
        if self.is_in_turn() || self.error.is_some() {
            self.turn_ended(0, Some(error), at);
            self.request_failed = true;
        }
    }

    /// The agent continued after a failed request.
    pub fn went_on(&mut self, at: Instant) {
        if self.request_failed {
            self.enter(Activity::Working, at);
            self.error = None;
            self.request_failed = false;
        }
    }

    /// The turn ended normally. A prompt that was typed during it begins the next turn now, unless the ended turn
    /// handled it. No hook says which; only a client that reports `idle` does.
    pub fn stopped(&mut self, background: usize, at: Instant) {
        let is_next = self.queued && self.is_in_turn();
        self.turn_ended(background, None, at);
        self.queued = is_next;
    }

    /// A message continues the turn at its end, which `stop` identifies. The hook that reports the end runs at the same
    /// time; whichever of both is first, the state is the same.
    pub fn continued(&mut self, message: &str, stop: &str, at: Instant) {
        self.since = clock::stamp(at);
        self.enter(Activity::Working, at);
        let times = self.continued_by.as_ref().map_or(0, |before| before.times).saturating_add(1);
        self.continued_by = Some(Continued { message: message.into(), stop: stop.into(), times });
        (self.error, self.request_failed, self.queued) = (None, false, false);
        self.background_tasks = None;
    }

    /// Whether a message continued the turn at this Stop, so that the turn has not ended.
    pub fn is_continued_at(&self, stop: &str) -> bool {
        self.continued_by.as_ref().is_some_and(|by| by.stop == stop) && self.state == Activity::Working
    }

    /// No message continues the turn at its end.
    pub fn not_continued(&mut self, background: usize, at: Instant) {
        if self.continued_by.take().is_some() {
            self.stopped(background, at);
        }
    }

    /// A new process continues the conversation, so the old process's turn, tasks and questions are over.
    pub fn began_again(&mut self, at: Instant) {
        self.goes_on = None;
        self.own_prompts.clear();
        self.questions.clear();
        self.continued_by = None;
        self.turn_ended(0, None, at);
    }

    /// The turn ended. `background` tasks still run; `error` says why the turn failed.
    pub fn turn_ended(&mut self, background: usize, error: Option<&str>, at: Instant) {
        let goes_on = background > 0 || self.goes_on.is_some();
        self.enter(if goes_on { Activity::Background } else { Activity::Idle }, at);
        self.background_tasks = (background > 0).then_some(background);
        self.error = error.map(str::to_string);
        (self.queued, self.request_failed) = (false, false);
    }
}

/// A hash by which a prompt is recognised without being stored. White space does not count.
pub fn fingerprint(text: &str) -> String {
    let words = text.split_whitespace().flat_map(|word| word.as_bytes().iter().chain(b" "));
    format!("{:016x}", fnv1a(words))
}
