//! Owns how each kind of news changes what is known of a running conversation. Pure; instants and texts come in as
//! values. Must stay true: every transition may be applied twice, and late news never undoes newer news.

use super::{Activity, Live, Prompt, Question};
use crate::clock::{self, Instant};
use crate::id::fnv1a;

/// Most helpers of one conversation whose questions are kept.
pub(super) const HELPERS: usize = 16;

impl Live {
    /// Whether a prompt was sent. Where the beginning was not seen, one may have been.
    pub fn was_asked(&self) -> bool {
        let is_from_its_start = matches!(self.source.as_deref(), Some("startup" | "clear"));
        let is_untouched = self.state == Activity::Idle && self.since == self.started_at;
        !is_from_its_start || !is_untouched || self.prompt_id.is_some() || self.last_message.is_some()
    }

    /// Whether a turn is going on, as far as it was heard.
    pub fn is_in_turn(&self) -> bool {
        matches!(self.state, Activity::Working | Activity::Waiting)
    }

    /// Whether an end now is one in the middle: of a turn, or of what a helper asks.
    pub fn is_midway(&self) -> bool {
        self.is_in_turn() || !self.questions.is_empty()
    }

    /// Whether the conversation is being summed up between turns, as far as it was heard: a start follows when Claude Code
    /// has done it, nothing with Codex.
    pub fn compacts(&self) -> bool {
        !self.is_in_turn() && self.last_event == "PreCompact"
    }

    /// Notes that news of this kind came.
    pub fn heard(&mut self, event: &str, at: Instant) {
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

    /// What the user is waited for: the agent's own question, else the oldest of its helpers'.
    pub fn wanted(&self) -> Option<&str> {
        self.waiting_for.as_deref().or(self.questions.first().map(|question| question.what.as_str()))
    }

    /// A prompt was sent: a turn runs. One that a person typed ends what was requested.
    pub fn prompted(&mut self, prompt: &Prompt, at: Instant) {
        let prompt_id = prompt.id.map(str::to_string);
        self.queued = prompt.may_queue && self.is_in_turn() && prompt_id.is_some() && prompt_id == self.prompt_id;
        self.since = clock::stamp(at);
        self.enter(Activity::Working, at);
        self.prompt_id = prompt_id;
        let text = prompt.text;
        if !self.fires(text) && prompt.is_typed {
            self.requested = None;
            // It answered the prompt before.
            self.last_message = None;
        }
        self.prompt_mark = Some(fingerprint(text));
        (self.error, self.request_failed) = (None, false);
        self.background_tasks = None;
    }

    /// Whether this prompt was told before: hooks may be registered in two places.
    pub fn was_prompted(&self, prompt_id: &str, text: &str) -> bool {
        let is_same = |mark: &String| *mark == fingerprint(text);
        self.prompt_id.as_deref() == Some(prompt_id) && self.prompt_mark.as_ref().is_none_or(is_same)
    }

    /// Whether the client fires this prompt by itself.
    pub fn fires(&self, text: &str) -> bool {
        !self.own_prompts.is_empty() && self.own_prompts.contains(&fingerprint(text))
    }

    /// The agent asks something. `key` names the tool call, if there is one.
    pub fn asked(&mut self, what: &str, key: Option<String>, at: Instant) {
        // The turn of the prompt that was typed meanwhile is this one.
        self.queued &= self.is_in_turn();
        self.enter(Activity::Waiting, at);
        if self.waiting_for.as_deref() != Some(what) {
            self.since = clock::stamp(at);
        }
        self.waiting_for = Some(what.to_string());
        self.waiting_key = key;
    }

    /// A helper of the agent asks something. The turn goes on as it did.
    pub fn helper_asked(&mut self, agent: &str, what: &str, key: Option<String>, at: Instant) {
        self.questions.retain(|question| question.agent != agent);
        let question = Question { agent: agent.into(), what: what.into(), key, at: clock::stamp(at) };
        self.questions.push(question);
        let surplus = self.questions.len().saturating_sub(HELPERS);
        self.questions.drain(..surplus);
    }

    /// A helper's tool call ended: if it asked for that call, it has its answer.
    pub fn helper_tool_ended(&mut self, agent: &str, key: &str) {
        self.questions.retain(|question| question.agent != agent || question.key.as_deref() != Some(key));
    }

    /// A tool call ended. Only the call that was waited for ends the waiting: calls run side by
    /// side, and their ends may be told late.
    pub fn tool_ended(&mut self, key: &str, at: Instant) {
        self.went_on(at);
        // A turn of whose prompt nobody told.
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

    /// A question was answered that had no tool call.
    pub fn answered(&mut self, at: Instant) {
        if self.state == Activity::Waiting {
            self.enter(Activity::Working, at);
        }
    }

    /// A request of the agent failed, which ends the turn unless the agent tries again.
    pub fn request_failed(&mut self, error: &str, at: Instant) {
        if self.is_in_turn() || self.error.is_some() {
            self.turn_ended(0, Some(error), at);
            self.request_failed = true;
        }
    }

    /// The agent went on after a request had failed.
    pub fn went_on(&mut self, at: Instant) {
        if self.request_failed {
            self.enter(Activity::Working, at);
            self.error = None;
            self.request_failed = false;
        }
    }

    /// The turn ended in order. A prompt that was typed meanwhile has its own turn now, unless the ended one took it in:
    /// nobody says which, but a client that says it is idle.
    pub fn stopped(&mut self, background: usize, at: Instant) {
        let is_next = self.queued && self.is_in_turn();
        self.turn_ended(background, None, at);
        self.queued = is_next;
    }

    /// A new process has the conversation: nothing of the old one goes on.
    pub fn began_again(&mut self, at: Instant) {
        self.goes_on = None;
        self.own_prompts.clear();
        self.questions.clear();
        self.turn_ended(0, None, at);
    }

    /// The turn ended, with so many background tasks going on and, if it failed, why.
    pub fn turn_ended(&mut self, background: usize, error: Option<&str>, at: Instant) {
        let goes_on = background > 0 || self.goes_on.is_some();
        self.enter(if goes_on { Activity::Background } else { Activity::Idle }, at);
        self.background_tasks = (background > 0).then_some(background);
        self.error = error.map(str::to_string);
        (self.queued, self.request_failed) = (false, false);
    }
}

/// A short name for a prompt, to know it again by although it is not stored. White space does not count.
pub fn fingerprint(text: &str) -> String {
    let words = text.split_whitespace().flat_map(|word| word.as_bytes().iter().chain(b" "));
    format!("{:016x}", fnv1a(words))
}
