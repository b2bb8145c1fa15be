//! Owns what a rollout has told already. The client writes most things twice: in the model's words (`response_item`) and
//! as an event or an item of its own; and not always both, nor always in the same order.
//! Must stay true: nothing is told twice, and nothing that is told once is lost. It is not part of the state that
//! counting stores.

use crate::entry::{Kind, Question, Via};
use cs_core::id::fnv1a;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

/// How many texts wait for their twin at most; they come within a few lines.
const TWINS: usize = 64;

/// Where a text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// An event or an item of the client.
    Client,
    /// The words of the model.
    Model,
}

/// A text whose other form may follow.
#[derive(Clone, Debug, PartialEq)]
struct Twin {
    id: Option<u64>,
    text: u64,
    from: From,
}

impl Twin {
    fn new(kind: &str, id: Option<&str>, text: &str, from: From) -> Self {
        let id = id.map(|id| hash(&format!("{kind} {id}")));
        Twin { id, text: hash(&format!("{kind} {}", text.trim())), from }
    }
}

/// Something that is held back until the next line shows what it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held {
    pub(super) id: Option<Cow<'static, str>>,
    pub(super) at: Option<i64>,
    /// The number of its line.
    pub(super) number: u64,
    pub(super) block: u32,
    pub(super) is_copy: bool,
    pub(super) kind: Kind<'static>,
}

/// What was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    calls: HashSet<u64>,
    /// Calls that run a script, in whose place the items stand that it runs.
    scripts: HashSet<u64>,
    agents: HashSet<u64>,
    twins: VecDeque<Twin>,
    /// Messages in the model's words whose event may follow.
    pub(super) held: Vec<Held>,
    /// Whether the client writes an event for each prompt here.
    pub(super) has_prompts: bool,
    /// Questions that wait for an answer, by their call.
    asked: HashMap<u64, Vec<Question<'static>>>,
    /// How prompts reach this client.
    pub(super) via: Via,
}

impl Told {
    /// Whether a call is told for the first time.
    pub(super) fn is_new_call(&mut self, id: &str) -> bool {
        self.calls.insert(hash(id))
    }

    /// Whether a call was told.
    pub(super) fn knows_call(&self, id: &str) -> bool {
        self.calls.contains(&hash(id))
    }

    /// Whether a subagent is told for the first time.
    pub(super) fn is_new_agent(&mut self, thread: &str) -> bool {
        self.agents.insert(hash(thread))
    }

    /// Notes a call that runs a script.
    pub(super) fn add_script(&mut self, id: &str) {
        self.scripts.insert(hash(id));
    }

    /// Whether a call runs a script.
    pub(super) fn is_script(&self, id: &str) -> bool {
        self.scripts.contains(&hash(id))
    }

    /// Whether scripts run here.
    pub(super) fn has_scripts(&self) -> bool {
        !self.scripts.is_empty()
    }

    /// Notes the questions of a call.
    pub(super) fn ask(&mut self, id: &str, questions: Vec<Question<'static>>) {
        self.asked.insert(hash(id), questions);
    }

    /// The questions of a call.
    pub(super) fn asked(&mut self, id: &str) -> Option<Vec<Question<'static>>> {
        self.asked.remove(&hash(id))
    }

    /// Whether the other form of a text was told, which is then done with. `kind` is a word that keeps kinds of texts apart.
    pub(super) fn take_twin(&mut self, kind: &str, id: Option<&str>, text: &str, from: From) -> bool {
        let Twin { id, text, .. } = Twin::new(kind, id, text, from);
        let is_it = |twin: &Twin| twin.from != from && (twin.text == text || (id.is_some() && twin.id == id));
        let place = self.twins.iter().position(is_it);
        place.and_then(|place| self.twins.remove(place)).is_some()
    }

    /// Notes a text that is told; its other form may follow.
    pub(super) fn add_twin(&mut self, kind: &str, id: Option<&str>, text: &str, from: From) {
        self.twins.push_back(Twin::new(kind, id, text, from));
        if self.twins.len() > TWINS {
            self.twins.pop_front();
        }
    }

    /// Whether a text is told for the first time; it is noted.
    pub(super) fn is_new_text(&mut self, kind: &str, id: Option<&str>, text: &str, from: From) -> bool {
        let is_new = !self.take_twin(kind, id, text, from);
        if is_new {
            self.add_twin(kind, id, text, from);
        }
        is_new
    }

    /// A new turn: what has no twin by now gets none.
    pub(super) fn begin_turn(&mut self) {
        self.twins.clear();
    }

    /// Removes a held prompt, since its event is told: the one with this text, else the only one. What is not told as a
    /// prompt stays.
    pub(super) fn drop_prompt(&mut self, text: &str) {
        let is_same = |held: &Held| match &held.kind {
            Kind::Prompt(of, _) | Kind::Injected(of, _) => of.trim() == text.trim(),
            _ => false,
        };
        let prompts: Vec<usize> = (0..).zip(&self.held).filter(|(_, held)| is_prompt(held)).map(|(at, _)| at).collect();
        let only = prompts.first().copied().filter(|_| prompts.len() == 1);
        let place = self.held.iter().position(is_same).or(only);
        place.map(|place| self.held.remove(place));
    }

    /// Removes held answers that the condition is true of.
    pub(super) fn drop_answers(&mut self, is_told: impl Fn(&Held, &str) -> bool) {
        self.held.retain(|held| !matches!(&held.kind, Kind::Answer(text) if is_told(held, text)));
    }
}

fn is_prompt(held: &Held) -> bool {
    matches!(held.kind, Kind::Prompt(..))
}

fn hash(text: &str) -> u64 {
    fnv1a(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_once_in_whichever_form_comes_first() {
        let mut told = Told::default();
        let mut new = |text: &str, id: Option<&str>, from| told.is_new_text("answer", id, text, from);
        assert!(new("ok", None, From::Client));
        assert!(!new("ok", Some("msg_1"), From::Model), "the same answer");
        assert!(new("ok", None, From::Client), "the agent says it once more");
        assert!(!new("ok", Some("msg_2"), From::Model));
        assert!(new("done", Some("msg_3"), From::Model));
        assert!(!new("done ", Some("msg_3"), From::Client));
        assert!(new("a", Some("msg_4"), From::Model));
        assert!(!new("a, shortened", Some("msg_4"), From::Client), "the id is enough");
    }

    #[test]
    fn what_is_no_prompt_is_not_dropped_for_one() {
        let held = |kind| Held { id: None, at: None, number: 1, block: 0, is_copy: false, kind };
        let prompt = |text: &'static str| held(Kind::Prompt(text.into(), Via::Unknown));
        let injected = held(Kind::Injected("environment".into(), crate::entry::Source::Client));
        let left = |all: &[&Held], text: &str| {
            let mut told = Told { held: all.iter().map(|one| (*one).clone()).collect(), ..Told::default() };
            told.drop_prompt(text);
            told.held.len()
        };
        assert_eq!(left(&[&injected], "fix it"), 1);
        assert_eq!(left(&[&injected, &prompt("fix  it")], "fix it"), 1, "the only prompt, in another form");
        assert_eq!(left(&[&prompt("a"), &prompt("b")], "fix it"), 2, "nobody knows which");
        assert_eq!(left(&[&prompt("a"), &prompt("fix it\n")], "fix it"), 1);
    }

    #[test]
    fn texts_of_different_kinds_are_no_twins() {
        let mut told = Told::default();
        assert!(told.is_new_text("answer", None, "ok", From::Client));
        assert!(told.is_new_text("reasoning", None, "ok", From::Model));
    }
}
